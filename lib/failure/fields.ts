/** Reading what callers pass as an object of named fields: checked before anything else happens. */

import { types } from 'node:util';

function shown(value: unknown): string {
  if (value === null) return 'null';
  if (types.isProxy(value)) return 'a Proxy';
  return Array.isArray(value) ? 'an array' : typeof value;
}

/**
 * The fields of an object that has none but the `allowed`; absent ones are `undefined`. Every field is
 * read once. Objects whose traps throw, such as revoked proxies, are refused like other wrong values.
 * @throws TypeError naming `argument`, what was given and what is allowed
 */
export function fieldsOf(
  value: unknown,
  argument: string,
  allowed: readonly string[],
): Record<string, unknown> {
  const fields = `an object with none but ${allowed.join(', ')}`;
  let keys: readonly (string | symbol)[];
  const read: Record<string, unknown> = {};
  try {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError();
    keys = Reflect.ownKeys(value);
    for (const key of allowed) read[key] = (value as Record<string, unknown>)[key];
  } catch {
    throw new TypeError(`${argument} must be ${fields}; got ${shown(value)}`);
  }
  const unknown = keys.find((key) => typeof key !== 'string' || !allowed.includes(key));
  if (unknown === undefined) return read;
  throw new TypeError(
    `${argument}.${String(unknown)} is not an option; allowed: ${allowed.join(', ')}`,
  );
}
