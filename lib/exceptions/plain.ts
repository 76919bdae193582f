/** Copies of arbitrary values that survive JSON, bounded, whatever getters and proxies do. */

import { types } from 'node:util';
import { toText } from './coerce.js';
import type { Plain } from './serialized.js';

const MAX_DEPTH = 6;
const MAX_ENTRIES = 100;
const MAX_VALUES = 1000;

/** `object[key]`; `undefined` where reading throws. */
export function read(object: object, key: PropertyKey): unknown {
  try {
    return (object as Record<PropertyKey, unknown>)[key];
  } catch {
    return undefined;
  }
}

/** `key in object`; false where asking throws. */
export function has(object: object, key: PropertyKey): boolean {
  try {
    return key in object;
  } catch {
    return false;
  }
}

/**
 * A copy of a data object: at most 6 levels, 100 entries of each and 1000 values in all; beyond that,
 * and for cycles, `null`. Bigints, symbols and functions become text, non-finite numbers `null`,
 * binary data its type and size.
 */
export function toPlain(value: object): Plain {
  return copy(value, [], { left: MAX_VALUES });
}

function copy(value: unknown, above: object[], budget: { left: number }): Plain {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'object') return toText(value);
  if (above.length >= MAX_DEPTH || above.includes(value) || budget.left <= 0) return null;
  try {
    return copyObject(value, above, budget);
  } catch {
    return null; // a proxy that does not let itself be listed
  }
}

function copyObject(value: object, above: object[], budget: { left: number }): Plain {
  if (types.isDate(value) || types.isBoxedPrimitive(value)) return toText(value);
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) {
    return `[${Object.prototype.toString.call(value).slice(8, -1)} of ${value.byteLength} bytes]`;
  }
  above.push(value);
  const isArray = Array.isArray(value);
  const entries: [string, Plain][] = [];
  for (const key of isArray ? listIndices(value) : Object.keys(value)) {
    if (entries.length >= MAX_ENTRIES || budget.left <= 0) break;
    const item = read(value, key);
    if (item === undefined && !isArray) continue;
    budget.left -= 1;
    entries.push([key, copy(item, above, budget)]);
  }
  above.pop();
  // fromEntries defines properties, so a key `__proto__` stays data.
  return isArray ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}

function listIndices(array: unknown[]): string[] {
  return Array.from({ length: Math.min(array.length, MAX_ENTRIES) }, (_, index) => String(index));
}
