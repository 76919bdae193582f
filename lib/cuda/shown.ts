/** What `util.inspect`, and with it `console.log`, shows of objects that keep their state to themselves. */

import { inspect } from 'node:util';

/**
 * Has getters shown as if they were properties.
 *
 * @param isOwn whether it is an object of that class.
 */
export function showGetters<T extends object>(
  Class: { readonly prototype: T },
  isOwn: (value: unknown) => value is T,
  names: readonly (keyof T)[],
): void {
  Object.defineProperty(Class.prototype, inspect.custom, {
    configurable: true, // as methods are
    writable: true,
    value(this: unknown): unknown {
      if (!isOwn(this)) return this; // as it is: what this made below, a proxy, the prototype
      const shown = names.map((name) => [name, { value: this[name], enumerable: true }]);
      return Object.create(Class.prototype, Object.fromEntries(shown) as PropertyDescriptorMap);
    },
  });
}
