/** What methods say that are called on something else than an object of theirs: `const { free } = buffer`. */

import { types } from 'node:util';
import { describe } from '../guard/arguments.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;

interface Class {
  readonly name: string;
  readonly prototype: object;
}

/**
 * Has every method and getter of a class look at what it is called on before it does anything, and say
 * what it should have been, where V8 would speak of private members.
 *
 * @param isOwn whether it is an object of that class.
 * @param but names of methods that see to it themselves.
 */
export function checkReceivers(
  Class: Class,
  isOwn: (receiver: unknown) => boolean,
  but: readonly string[] = [],
): void {
  const { prototype } = Class;
  for (const key of Reflect.ownKeys(prototype)) {
    if (key === 'constructor' || but.includes(String(key))) continue;
    const { value, get } = Object.getOwnPropertyDescriptor(prototype, key) as {
      value?: Method;
      get?: Method;
    };
    const checked =
      get === undefined
        ? { value: checking(value as Method, `${String(key)}()`, Class, isOwn) }
        : { get: checking(get, String(key), Class, isOwn) };
    Object.defineProperty(prototype, key, checked);
  }
}

function checking(
  method: Method,
  what: string,
  Class: Class,
  isOwn: (receiver: unknown) => boolean,
): Method {
  const isAsync = types.isAsyncFunction(method);
  // A method, so that it is no constructor.
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it takes the `this` of each call
  const { checked } = {
    checked(this: unknown, ...args: unknown[]): unknown {
      if (isOwn(this)) return Reflect.apply(method, this, args);
      const wrong = wrongReceiver(what, Class, this);
      if (isAsync) return Promise.reject(wrong);
      throw wrong;
    },
  };
  const { name, length } = method;
  return Object.defineProperties(checked, { name: { value: name }, length: { value: length } });
}

/** `what` is a method of that class, or a getter. */
export function wrongReceiver(what: string, Class: Class, receiver: unknown): TypeError {
  return new TypeError(`${what} must be called on a ${Class.name}; got ${describe(receiver)}`);
}
