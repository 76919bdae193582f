/** Arguments of the stand-in as JSON text. */

import { inspect, types } from 'node:util';
import { describe, isPlain } from '../guard/arguments.js';

const MAX_DEPTH = 64;

/**
 * `value` as JSON text. What JSON would drop or change without a word (functions, `NaN`, a `Map`) is
 * refused, because a scenario that was read otherwise than it was written tests something else.
 *
 * @throws {TypeError} naming the place, e.g. `scenario.devices[0].memoryBytes`.
 */
export function toJsonText(value: unknown, name: string): string {
  if (typeof value !== 'object' || value === null || isArray(value)) {
    throw refusal(name, 'must be an object', value);
  }
  try {
    check(value, name, 0);
    return JSON.stringify(value);
  } catch (error) {
    if (isOurs(error)) throw error;
    const refused = refusal(name, 'could not be read', value);
    throw Object.assign(refused, { cause: error });
  }
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

/** Longest place in a message: keys may be of any length. */
const LONGEST_PLACE = 200;

const refusals = new WeakSet();

function isOurs(error: unknown): boolean {
  return typeof error === 'object' && error !== null && refusals.has(error);
}

function refusal(place: string, rule: string, value: unknown): TypeError {
  const where = place.length > LONGEST_PLACE ? `${place.slice(0, LONGEST_PLACE)}…` : place;
  const refused = new TypeError(`"${where}" ${rule}. Received ${show(value)}`);
  refusals.add(refused);
  return Object.assign(refused, { code: 'ERR_INVALID_ARG_TYPE' });
}

/** Nothing of the value's own runs. */
function show(value: unknown): string {
  if (types.isProxy(value) || typeof value === 'bigint') return describe(value);
  try {
    const options = { depth: 0, breakLength: Infinity, maxStringLength: 60, customInspect: false };
    return inspect(value, { ...options, maxArrayLength: 3 });
  } catch {
    return describe(value); // its prototype's getters throw
  }
}

function isArray(value: object): boolean {
  return !types.isProxy(value) && Array.isArray(value);
}
