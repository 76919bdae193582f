/**
 * The tag: the record that native code leaves on a JavaScript error. An ABI between addons, so
 * reading is tolerant of what others wrote, and nothing here ever throws.
 */

import type { GPUTag } from './types.js';

/** Key of the tag. From the global registry, so that copies of this package and realms share it. */
export const TAG: unique symbol = Symbol.for('gpu-exceptions.tag');

const LONGEST_TEXT = 4096;

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value.slice(0, LONGEST_TEXT) : null;
}

function integerOrNull(value: unknown): number | null {
  return Number.isSafeInteger(value) ? (value as number) : null;
}

function countOrNull(value: unknown): number | null {
  const integer = integerOrNull(value);
  return integer !== null && integer >= 0 ? integer : null;
}

/**
 * The tag of `value`, or `null` when it has none that makes sense. Looks at an own data property
 * only: a getter is never run and a tag on a prototype belongs to nobody. Fields of a wrong type
 * read as `null`; a tag without a library, or of another version, is no tag. Never throws.
 */
export function readTag(value: unknown): GPUTag | null {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return null;
  try {
    if (!Object.hasOwn(value, TAG)) return null;
    const raw: unknown = Object.getOwnPropertyDescriptor(value, TAG)?.value;
    if (typeof raw !== 'object' || raw === null) return null;
    const fields = raw as Record<string, unknown>;
    const library = textOrNull(fields['library']);
    if (fields['v'] !== 1 || library === null || library === '') return null;
    return {
      v: 1,
      library,
      code: integerOrNull(fields['code']),
      call: textOrNull(fields['call']),
      device: countOrNull(fields['device']),
      requestedBytes: countOrNull(fields['requestedBytes']),
      file: textOrNull(fields['file']),
      line: countOrNull(fields['line']),
    };
  } catch {
    return null; // a proxy whose traps throw
  }
}

/**
 * Puts a tag on an error as a non-enumerable own property, replacing an older one. Answers whether
 * it is there now: `false` for primitives and for frozen, sealed or otherwise unwilling objects.
 * Never throws.
 */
export function setTag(error: unknown, tag: GPUTag): boolean {
  if ((typeof error !== 'object' && typeof error !== 'function') || error === null) return false;
  try {
    return Reflect.defineProperty(error, TAG, {
      value: { ...tag },
      enumerable: false,
      configurable: true,
      writable: true,
    });
  } catch {
    return false;
  }
}
