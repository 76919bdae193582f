/** Checks of arguments, and how error messages show them. */

import { types } from 'node:util';

const MAX_DEVICE = 2 ** 31 - 1;

/** Checks that `value` is a CUDA ordinal. @throws TypeError, RangeError naming `argument`. */
export function checkDevice(value: unknown, argument: string): number {
  return checkInteger(value, argument, 0, MAX_DEVICE);
}

/** Checks a number. @throws TypeError, RangeError naming `argument`. */
export function checkInteger(
  value: unknown,
  argument: string,
  least: number,
  most: number,
): number {
  const allowed = `must be an integer from ${String(least)} to ${String(most)}`;
  if (typeof value !== 'number') {
    throw new TypeError(`${argument} ${allowed}; got ${describe(value)}`);
  }
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${argument} ${allowed}; got ${describe(value)}`);
  }
  return value;
}

/** A value for an error message: short, and without running anything of the value's own. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length > 40 ? `${JSON.stringify(value.slice(0, 40))}…` : JSON.stringify(value);
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'bigint':
      return `${String(value)}n`;
    case 'symbol':
      return 'a Symbol';
    case 'function':
      return 'a function';
    case 'object':
      if (value === null) return 'null';
      if (types.isProxy(value)) return 'a Proxy';
      return Array.isArray(value) ? 'an array' : 'an object';
  }
}
