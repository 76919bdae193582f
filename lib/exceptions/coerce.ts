/** How constructors read their arguments: nothing here throws, whatever it is given. */

import { types } from 'node:util';

const asString: (value: unknown) => string = String;

/**
 * Any value as the text that `new Error(value)` would have; a value that refuses to be text becomes
 * its type in brackets.
 */
export function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined) return '';
  try {
    return asString(value);
  } catch {
    return `[${typeof value}]`;
  }
}

/** An error status that every HTTP framework accepts: an integer from 400 to 599. */
export function isErrorStatus(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 400 && (value as number) <= 599;
}

/** A status from a number, a bigint or a numeric string; `fallback` for everything else. */
export function toStatus(value: unknown, fallback: number): number {
  if (isErrorStatus(value)) return value;
  if (typeof value !== 'string' && typeof value !== 'bigint') return fallback;
  const status = Number(value);
  return isErrorStatus(status) ? status : fallback;
}

/**
 * Whether an argument is an options object. An error is not, nor a `DOMException` (`signal.reason`),
 * which is no native error: given as a message they become text.
 */
export function isOptions(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !types.isNativeError(value) &&
    !isDOMException(value)
  );
}

function isDOMException(value: object): boolean {
  try {
    return (value as Record<symbol, unknown>)[Symbol.toStringTag] === 'DOMException';
  } catch {
    return false;
  }
}

/** A text argument that has a default: `undefined` when absent or when options stand in its place. */
export function givenText(value: unknown): string | undefined {
  return value === undefined || isOptions(value) ? undefined : toText(value);
}

/** The options object, wherever it stands among the arguments that have a default. */
export function optionsAmong<Options extends object>(
  first: unknown,
  second?: unknown,
  third?: unknown,
): Options | undefined {
  // The guard makes an exception per failure: no array is built here.
  if (isOptions(first)) return first as Options;
  if (isOptions(second)) return second as Options;
  return isOptions(third) ? (third as Options) : undefined;
}

/** One option; `undefined` when it is absent or its getter throws. */
export function readOption(options: object | undefined, key: string): unknown {
  if (options === undefined) return undefined;
  try {
    return (options as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

/** The part of the options that `Error` reads; a fresh object, so that no trap of theirs can throw. */
export function errorOptions(options: unknown): ErrorOptions | undefined {
  if (!isOptions(options)) return undefined;
  try {
    return 'cause' in options ? { cause: options.cause } : undefined;
  } catch {
    return undefined;
  }
}
