/** Checks of what callers pass to this entry: done before anything else happens. */

import { checkDevice, checkInteger, describe, readKeys } from '../guard/arguments.js';

/** Longest time that a Node timer can wait, in milliseconds. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** An options object with none but the `allowed` keys. @throws TypeError */
export function checkOptions(
  options: unknown,
  allowed: readonly string[],
): Record<string, unknown> {
  return readKeys(options, 'options', allowed);
}

/** The CUDA ordinal in `options.device`; 0 when absent. @throws TypeError, RangeError */
export function deviceOption(device: unknown): number {
  return device === undefined ? 0 : checkDevice(device, 'options.device');
}

/** `options.timeoutMs` in milliseconds. @throws TypeError, RangeError */
export function timeoutOption(value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  return checkInteger(value, 'options.timeoutMs', 1, MAX_TIMEOUT_MS);
}

/** An optional boolean. @throws TypeError naming `argument`. */
export function flagOption(value: unknown, argument: string, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  throw noBoolean(value, argument);
}

function noBoolean(value: unknown, argument: string): TypeError {
  return new TypeError(`${argument} must be a boolean; got ${describe(value)}`);
}
