/** Arguments of the stand-in as JSON text. */

import { inspect } from 'node:util';

const MAX_DEPTH = 64;

/**
 * `value` as JSON text. What JSON would drop or change without a word (functions, `NaN`, a `Map`) is
 * refused, because a scenario that was read otherwise than it was written tests something else.
 *
 * @throws {TypeError} naming the place, e.g. `scenario.devices[0].memoryBytes`.
 */
export function toJsonText(value: unknown, name: string): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refusal(name, 'must be an object', value);
  }
  check(value, name, 0);
  return JSON.stringify(value);
}

function check(value: unknown, place: string, depth: number): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return;
    case 'number':
      if (Number.isFinite(value)) return;
      break;
    case 'object':
      if (value === null) return;
      if (depth > MAX_DEPTH)
        throw refusal(place, `must not be nested deeper than ${MAX_DEPTH}`, value);
      if (Array.isArray(value)) {
        // Not forEach: it passes over holes, which JSON would fill with null.
        for (let i = 0; i < value.length; i++) check(value[i], `${place}[${i}]`, depth + 1);
        return;
      }
      if (isPlain(value)) {
        for (const [key, item] of Object.entries(value)) {
          // As for any options object, a key set to undefined is a key left out.
          if (item !== undefined) check(item, `${place}.${key}`, depth + 1);
        }
        return;
      }
      break;
    case 'bigint':
    case 'function':
    case 'symbol':
    case 'undefined':
      break;
  }
  throw refusal(place, 'must be plain data (as JSON has it)', value);
}

/** By its prototype's prototype: objects of other realms, as Jest's, are plain, too. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function refusal(place: string, rule: string, value: unknown): TypeError {
  const received = inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 60 });
  return Object.assign(new TypeError(`"${place}" ${rule}. Received ${received}`), {
    code: 'ERR_INVALID_ARG_TYPE',
  });
}
