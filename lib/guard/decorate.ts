/** The guard as a decorator: TC39's and TypeScript's older kind are told apart by what they pass. */

import type { AnyFunction } from './wrap.js';

type Wrap = (fn: AnyFunction) => unknown;

/** Whether the arguments after the first are those of a TC39 decorator. */
export function isDecoratorContext(value: unknown): value is DecoratorContext {
  if (typeof value !== 'object' || value === null) return false;
  try {
    const { kind, addInitializer } = value as { kind?: unknown; addInitializer?: unknown };
    return typeof kind === 'string' && typeof addInitializer === 'function';
  } catch {
    return false; // a proxy whose traps throw
  }
}

/**
 * Decorates a method, static or not, with `wrap`.
 *
 * @throws TypeError if something else than a method is decorated.
 */
export function decorate(wrap: Wrap, args: readonly unknown[]): unknown {
  const [target, context, descriptor] = args;
  if (isDecoratorContext(context)) {
    if (context.kind !== 'method' || typeof target !== 'function') throw notAMethod(context.kind);
    return wrap(target as AnyFunction);
  }
  if (isDescriptor(descriptor)) {
    if (typeof descriptor.value !== 'function') throw notAMethod('accessor');
    return { ...descriptor, value: wrap(descriptor.value as AnyFunction) };
  }
  throw notAMethod(typeof context === 'string' || typeof context === 'symbol' ? 'field' : 'class');
}

function isDescriptor(value: unknown): value is PropertyDescriptor {
  return typeof value === 'object' && value !== null;
}

function notAMethod(kind: string): TypeError {
  return new TypeError(
    `@catchGpuExceptions decorates methods, static or not; got a ${kind}. ` +
      'For a function in a field or variable use catchGpuExceptions.wrap.',
  );
}
