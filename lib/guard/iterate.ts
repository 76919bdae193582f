/** Generators and other iterables under the guard: every step is a guarded call. */

import { types } from 'node:util';
import { guardPromise, markOf, raised, refused, silence } from './calls.js';
import type { Guard, LogMark } from './guard.js';
import { latch } from './latch-state.js';
import { describe } from './arguments.js';

type Method = 'next' | 'return' | 'throw';
type Args = readonly unknown[];

/** What is common to sync and async iterators, as seen from outside. */
type AnyIterator = Partial<Record<Method, (...args: unknown[]) => unknown>>;

const SyncIteratorPrototype = prototypeAbove(function* () {
  // Only its prototype is of interest.
});
const AsyncIteratorPrototype = prototypeAbove(async function* () {
  // Only its prototype is of interest.
});

function prototypeAbove(generatorFunction: { prototype: object }): object {
  const generatorPrototype = Object.getPrototypeOf(generatorFunction.prototype) as object;
  return Object.getPrototypeOf(generatorPrototype) as object;
}

/**
 * A generator object under the guard. It keeps its prototypes (and with them its tag, its iterator
 * helpers and `instanceof` its function); the three methods are its own and delegate.
 */
export function guardGenerator(generator: object, guard: Guard): object {
  const isAsync = Symbol.asyncIterator in generator;
  const steps = new Steps(() => generator, isAsync, guard, false);
  return withSteps(Object.getPrototypeOf(generator) as object, steps);
}

/**
 * Any iterable under the guard, as an iterator that opens it at the first step.
 *
 * @throws TypeError if `iterable` is none.
 */
export function guardIterable(iterable: unknown, guard: Guard): object {
  const { open, isAsync } = openerOf(iterable);
  const steps = new Steps(open, isAsync, guard, true);
  return withSteps(isAsync ? AsyncIteratorPrototype : SyncIteratorPrototype, steps);
}

function openerOf(iterable: unknown): { open: () => AnyIterator; isAsync: boolean } {
  if (iterable !== null && ['object', 'function', 'string'].includes(typeof iterable)) {
    for (const symbol of [Symbol.asyncIterator, Symbol.iterator]) {
      const method = methodOf(iterable as object, symbol);
      if (typeof method !== 'function') continue;
      const open = (): AnyIterator => Reflect.apply(method, iterable, []) as AnyIterator;
      return { open, isAsync: symbol === Symbol.asyncIterator };
    }
  }
  throw new TypeError(
    `catchGpuExceptions.iterate: iterable must have [Symbol.asyncIterator] or [Symbol.iterator]; ` +
      `got ${describe(iterable)}`,
  );
}

function methodOf(iterable: object, symbol: symbol): unknown {
  try {
    return (iterable as Record<symbol, unknown>)[symbol];
  } catch {
    return undefined; // a proxy whose traps throw
  }
}

function withSteps(prototype: object, steps: Steps): object {
  const method = (value: (...args: unknown[]) => unknown): PropertyDescriptor => ({
    value,
    writable: true,
    configurable: true,
    enumerable: false,
  });
  return Object.create(prototype, {
    next: method((...args) => steps.next(args)),
    return: method((...args) => steps.return(args)),
    throw: method((...args) => steps.throw(args)),
  }) as object;
}

class Steps {
  readonly #open: () => AnyIterator;
  readonly #isAsync: boolean;
  readonly #guard: Guard;
  /** Not a generator: opened here, and what it yields may be promises for `for await` to wait for. */
  readonly #isIterable: boolean;
  #inner: AnyIterator | null = null;
  /** The guard ended the iteration by itself: the inner iterator is not asked any more. */
  #finished = false;

  constructor(open: () => AnyIterator, isAsync: boolean, guard: Guard, isIterable: boolean) {
    this.#isIterable = isIterable;
    this.#open = open;
    this.#isAsync = isAsync;
    this.#guard = guard;
  }

  next(args: Args): unknown {
    if (this.#finished) return this.#done(undefined);
    if (latch.words[0] !== 0) {
      const refusal = refused(this.#guard);
      if (refusal !== null) {
        // As after any throw the iteration is over; what it holds is given back.
        this.#abandon();
        if (this.#isAsync) return Promise.reject(refusal);
        throw refusal;
      }
    }
    return this.#delegate((inner) => (inner.next as (...args: Args) => unknown)(...args));
  }

  return(args: Args): unknown {
    if (!this.#finished && this.#inner === null && this.#isIterable) this.#finished = true; // never opened
    if (this.#finished) return this.#done(args[0]);
    return this.#delegate((inner) => {
      if (typeof inner.return === 'function') return inner.return(...args);
      this.#finished = true;
      return this.#done(args[0]);
    });
  }

  throw(args: Args): unknown {
    if (this.#finished) {
      if (this.#isAsync) return Promise.reject(args[0]);
      throw args[0];
    }
    return this.#delegate((inner) => {
      if (typeof inner.throw === 'function') return inner.throw(...args);
      // As `yield*` has it: an iterator that cannot be thrown at is closed.
      this.#abandon();
      throw args[0];
    });
  }

  #delegate(step: (inner: AnyIterator) => unknown): unknown {
    const mark = markOf(this.#guard);
    let result: unknown;
    try {
      result = step((this.#inner ??= this.#open()));
      if (this.#isAsync) result = Promise.resolve(result);
    } catch (error) {
      if (this.#isAsync) return this.#settled(Promise.reject(error), mark);
      throw raised(error, this.#guard, mark);
    }
    if (this.#isAsync) return this.#settled(result as Promise<unknown>, mark);
    latch.streak = 0;
    return this.#isIterable ? this.#withGuardedValue(result, mark) : result;
  }

  #withGuardedValue(result: unknown, mark: LogMark): unknown {
    if (typeof result !== 'object' || result === null) return result;
    try {
      const { value, done } = result as { value?: unknown; done?: unknown };
      return types.isPromise(value)
        ? { value: guardPromise(value, this.#guard, mark), done }
        : result;
    } catch {
      return result; // its getters throw: to whoever reads them
    }
  }

  #settled(result: Promise<unknown>, mark: LogMark): unknown {
    return guardPromise(result, this.#guard, mark, () => {
      this.#abandon();
    });
  }

  #done(value: unknown): unknown {
    const result = { value, done: true };
    return this.#isAsync ? Promise.resolve(result) : result;
  }

  /** Closes the inner iterator; what it says to that has no listener any more. */
  #abandon(): void {
    this.#finished = true;
    try {
      const closed = this.#inner?.return?.();
      if (types.isPromise(closed)) silence(closed);
    } catch {
      // The reason for closing goes first.
    }
  }
}
