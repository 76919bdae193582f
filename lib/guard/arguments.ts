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
  // Words cost more than the checks: they are made when there is something to say.
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) {
    return value as number;
  }
  throw noInteger(value, argument, least, most);
}

function noInteger(value: unknown, argument: string, least: number, most: number): Error {
  const Wrong = typeof value === 'number' ? RangeError : TypeError;
  return new Wrong(
    `${argument} must be an integer from ${String(least)} to ${String(most)}; got ${describe(value)}`,
  );
}

/**
 * The options in `value`, copied: each is read once.
 *
 * @throws TypeError naming `argument` if it is no object, has other keys than `allowed`, or cannot be read.
 */
export function readKeys(
  value: unknown,
  argument: string,
  allowed: readonly string[],
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || isArray(value)) {
    throw new TypeError(`${argument} must be an object; got ${describe(value)}`);
  }
  let unknown: string | symbol | undefined;
  const copy: Record<string, unknown> = {};
  try {
    unknown = Reflect.ownKeys(value).find((key) => !(allowed as readonly unknown[]).includes(key));
    for (const key of allowed) copy[key] = (value as Record<string, unknown>)[key];
  } catch (cause) {
    throw unreadable(value, argument, cause);
  }
  if (unknown !== undefined) {
    const name = String(unknown);
    const shown = name.length > 40 ? `${name.slice(0, 40)}…` : name;
    throw new TypeError(`${argument}.${shown} is not an option; allowed: ${allowed.join(', ')}`);
  }
  return copy;
}

/**
 * What `read` answers.
 *
 * @throws TypeError naming `argument`: reading `value` ran something of its own, which threw.
 */
export function readAs<T>(value: unknown, argument: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw unreadable(value, argument, cause);
  }
}

/** What {@link readAs} throws, for what is called too often to be handed a function. */
export function unreadable(value: unknown, argument: string, cause: unknown): TypeError {
  return new TypeError(`${argument} could not be read; got ${describe(value)}`, { cause });
}

/**
 * By its prototype's prototype: objects of other realms, as Jest's, are plain, too. May throw what a
 * Proxy throws.
 */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function isArray(value: object): boolean {
  return !types.isProxy(value) && Array.isArray(value);
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
      // Millions of digits would take seconds to print.
      return BigInt.asIntN(64, value) === value ? `${String(value)}n` : 'a bigint beyond 64 bits';
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
