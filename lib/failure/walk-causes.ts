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
  'suppressed', // SuppressedError
  'error', // SuppressedError, ErrorEvent, many wrappers
  'originalError',
  'inner',
  'innerError',
  'reason', // PromiseRejectionEvent, settled results
] as const;

interface Child extends Found {
  /**
   * What a disposal threw while another error was on its way: it came later, and often of that one,
   * however deep a `SuppressedError` for each disposal buries the first.
   */
  late: boolean;
}

interface Step extends Child {
  depth: number;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function elementsOf(list: unknown, path: string): Child[] {
  let length = 0;
  try {
    if (!Array.isArray(list)) return [];
    length = Math.min(list.length, MOST_ERRORS);
  } catch {
    return []; // a revoked proxy
  }
  const found: Child[] = [];
  for (let i = 0; i < length; i += 1) {
    found.push({ value: read(list, i), path: `${path}[${String(i)}]`, late: false });
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

function childrenOf({ value, path }: Found): Child[] {
  if (!isObject(value) || isLeaf(value)) return [];
  const children = elementsOf(value, path); // results of Promise.allSettled
  let hides = false;
  for (const key of SINGLE) {
    const child = read(value, key);
    if (isObject(child) || (typeof child === 'string' && key !== 'error')) {
      hides ||= key === 'suppressed';
      children.push({ value: child, path: join(path, key), late: hides && key === 'error' });
    }
  }
  const errors = read(value, 'errors'); // AggregateError
  return isObject(errors) ? children.concat(elementsOf(errors, join(path, 'errors'))) : children;
}

/**
 * The value itself and every error inside it, nearest first, but what disposals threw behind all that
 * they suppressed; each object once. `enter` says whether to look inside a value.
 */
export function walkCauses(root: unknown, enter: (value: unknown) => boolean): Found[] {
  if (!isObject(root) || isLeaf(root)) return [{ value: root, path: '' }];
  const found: Found[] = [];
  const seen = new Set<unknown>();
  const queue: Step[] = [{ value: root, path: '', late: false, depth: 0 }];
  const late: Step[] = []; // the innermost is the earliest
  for (let head = 0; found.length < MOST_ERRORS;) {
    const step = head < queue.length ? queue[head++] : late.pop();
    if (step === undefined) break;
    if (isObject(step.value)) {
      if (seen.has(step.value)) continue;
      seen.add(step.value);
    }
    found.push({ value: step.value, path: step.path });
    if (step.depth >= DEEPEST || !enter(step.value)) continue;
    for (const child of childrenOf(step)) {
      (child.late ? late : queue).push({ ...child, depth: step.depth + 1 });
    }
  }
  return found;
}
