/** `catchGpuExceptions.wrap`: a function that is guarded whenever it is called. */

import { types } from 'node:util';
import { guardResult, markOf, raised, refused } from './calls.js';
import type { History } from './calls.js';
import type { Guard } from './guard.js';
import { latch } from './latch-state.js';

export type AnyFunction = (this: never, ...args: never[]) => unknown;
export type AnyClass = abstract new (...args: never[]) => unknown;

// Of this module's own: what another module exports is looked up anew at every call.
const state = latch;

type Target = (this: unknown, ...args: unknown[]) => unknown;

/** `fn` under the guard: same `this`, name, length, properties and prototypes; `new` works, too. */
export function wrapFunction(fn: AnyFunction | AnyClass, guard: Guard): Target {
  const target = fn as Target;
  const wrapped =
    types.isAsyncFunction(fn) && !types.isGeneratorFunction(fn)
      ? wrapAsyncFunction(target, guard)
      : wrapAny(target, guard);
  resemble(wrapped, fn);
  return wrapped;
}

/**
 * What an async function returns is always a promise, and it says no by rejecting. Apart from the
 * others, since V8 learns about a call site from all the functions that go through it.
 */
function wrapAsyncFunction(target: Target, guard: Guard): Target {
  const history: History = { promises: true, others: false };
  // A method, like an async function, is no constructor.
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it takes the `this` of each call
  const { wrapped } = {
    wrapped(this: unknown, ...args: unknown[]): unknown {
      if (state.words[0] !== 0) {
        const refusal = refused(guard);
        if (refusal !== null) return Promise.reject(refusal);
      }
      const mark = guard.log === null ? null : markOf(guard);
      let result: object;
      try {
        result = Reflect.apply(target, this, args) as object;
      } catch (error) {
        throw raised(error, guard, mark); // the stack is exhausted
      }
      return guardResult(result, guard, mark, history);
    },
  };
  return wrapped;
}

function wrapAny(target: Target, guard: Guard): Target {
  const isGenerator = types.isGeneratorFunction(target);
  const history: History = { promises: false, others: false };

  const wrapped = function (this: unknown, ...args: unknown[]): unknown {
    // Calling a generator function runs nothing of it: its generator refuses at next().
    if (state.words[0] !== 0 && !isGenerator) {
      const refusal = refused(guard);
      if (refusal !== null) {
        if (history.promises && new.target === undefined) return Promise.reject(refusal);
        throw refusal;
      }
    }
    const mark = guard.log === null ? null : markOf(guard);
    let result: unknown;
    try {
      if (new.target !== undefined) {
        const newTarget = new.target === (wrapped as unknown) ? target : new.target;
        const made: unknown = Reflect.construct(target, args, newTarget);
        if (state.streak !== 0) state.streak = 0;
        return made;
      }
      result = Reflect.apply(target, this, args);
    } catch (error) {
      throw raised(error, guard, mark);
    }
    if (typeof result === 'object' && result !== null) {
      return guardResult(result, guard, mark, history);
    }
    if (state.streak !== 0) state.streak = 0;
    return result;
  };
  return wrapped;
}

function resemble(wrapped: Target, fn: AnyFunction | AnyClass): void {
  try {
    Object.setPrototypeOf(wrapped, Object.getPrototypeOf(fn) as object | null);
    // An arrow function has no prototype; `function` has one that cannot be deleted.
    const lasting = Object.hasOwn(wrapped, 'prototype');
    if (lasting) wrapped.prototype = (fn as { prototype?: unknown }).prototype;
    for (const key of Reflect.ownKeys(fn)) {
      if ((key === 'prototype' && lasting) || key === 'arguments' || key === 'caller') continue;
      const descriptor = Object.getOwnPropertyDescriptor(fn, key);
      if (descriptor !== undefined) Reflect.defineProperty(wrapped, key, descriptor);
    }
  } catch {
    // A proxy whose traps throw: it is called all the same.
  }
}
