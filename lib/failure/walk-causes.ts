/** All errors inside an error: causes, aggregates, wrappers of every habit. Bounded, never throws. */

import { read } from './error-view.js';

/** One error found, and how it was reached: `''`, `cause`, `errors[1].originalError` … */
export interface Found {
  value: unknown;
  path: string;
}

/** Enough for every honest error; a bound for hostile ones. */
const MOST_ERRORS = 64;
const DEEPEST = 16;

const SINGLE = [
  'cause',
  'error', // SuppressedError, ErrorEvent, many wrappers
  'suppressed', // SuppressedError
  'originalError',
  'inner',
  'innerError',
  'reason', // PromiseRejectionEvent, settled results
] as const;

interface Step extends Found {
  depth: number;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function elementsOf(list: unknown, path: string): Found[] {
  let length = 0;
  try {
    if (!Array.isArray(list)) return [];
    length = Math.min(list.length, MOST_ERRORS);
  } catch {
    return []; // a revoked proxy
  }
  const found: Found[] = [];
  for (let i = 0; i < length; i += 1) {
    found.push({ value: read(list, i), path: `${path}[${String(i)}]` });
  }
  return found;
}

/** Whether any of the keys below could lead further; the usual answer is no. */
function isLeaf(value: object): boolean {
  try {
    if (Array.isArray(value)) return false;
    const error = value as Record<(typeof SINGLE)[number] | 'errors', unknown>;
    return (
      error.cause === undefined &&
      error.error === undefined &&
      error.suppressed === undefined &&
      error.originalError === undefined &&
      error.inner === undefined &&
      error.innerError === undefined &&
      error.reason === undefined &&
      error.errors === undefined
    );
  } catch {
    return false;
  }
}

function childrenOf({ value, path }: Found): Found[] {
  if (!isObject(value) || isLeaf(value)) return [];
  const children = elementsOf(value, path); // results of Promise.allSettled
  for (const key of SINGLE) {
    const child = read(value, key);
    if (isObject(child) || (typeof child === 'string' && key !== 'error')) {
      children.push({ value: child, path: join(path, key) });
    }
  }
  const errors = read(value, 'errors'); // AggregateError
  return isObject(errors) ? children.concat(elementsOf(errors, join(path, 'errors'))) : children;
}

/**
 * The value itself and every error inside it, nearest first; each object once. `enter` says whether
 * to look inside a value.
 */
export function walkCauses(root: unknown, enter: (value: unknown) => boolean): Found[] {
  if (!isObject(root) || isLeaf(root)) return [{ value: root, path: '' }];
  const found: Found[] = [];
  const seen = new Set<unknown>();
  const queue: Step[] = [{ value: root, path: '', depth: 0 }];
  for (let head = 0; head < queue.length && found.length < MOST_ERRORS; head += 1) {
    const step = queue[head] as Step;
    if (isObject(step.value)) {
      if (seen.has(step.value)) continue;
      seen.add(step.value);
    }
    found.push({ value: step.value, path: step.path });
    if (step.depth >= DEEPEST || !enter(step.value)) continue;
    for (const child of childrenOf(step)) queue.push({ ...child, depth: step.depth + 1 });
  }
  return found;
}
