/** The guard in all its forms. */

import { guardResult, markOf, raised, refused, rejectionHandler } from './calls.js';
import type { History } from './calls.js';
import type { Guard, GuardOptions } from './guard.js';
import { latch } from './latch-state.js';
import type { AnyClass, AnyFunction } from './wrap.js';

declare const require: {
  (id: './arguments.js'): typeof import('./arguments.js');
  (id: './decorate.js'): typeof import('./decorate.js');
  (id: './iterate.js'): typeof import('./iterate.js');
  (id: './options.js'): typeof import('./options.js');
  (id: './wrap.js'): typeof import('./wrap.js');
  (id: 'node:util'): typeof import('node:util');
};

/** A method decorator, for TC39's decorators and for TypeScript's `experimentalDecorators`. */
export interface GuardDecorator {
  <Method extends AnyFunction>(method: Method, context: ClassMethodDecoratorContext): Method;
  <Method extends AnyFunction>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): TypedPropertyDescriptor<Method>;
}

/** See {@link catchGpuExceptions}. */
export interface CatchGpuExceptions extends GuardDecorator {
  /** Runs `block` now, under the guard, and answers what it answers. */
  <T>(block: () => T, options?: GuardOptions): T;
  /** A decorator for methods. */
  (options?: GuardOptions): GuardDecorator;

  /**
   * `fn` under the guard: same type, name, length, `this`, properties; works with `new`.
   *
   * While the latch is closed an async function, or one that has returned promises only, refuses by
   * rejecting; any other function by throwing; a generator at its first `next()`.
   *
   * @throws TypeError if `fn` is no function; TypeError, RangeError for bad options.
   */
  wrap<F extends AnyFunction | AnyClass>(fn: F, options?: GuardOptions): F;

  /**
   * Any iterable under the guard, as an iterator that opens `iterable` at the first step. An iterable
   * that is both is taken as asynchronous. Each step is a guarded call: `timeoutMs` counts per `next()`.
   *
   * @throws TypeError if `iterable` is none; TypeError, RangeError for bad options.
   */
  iterate<T>(iterable: AsyncIterable<T>, options?: GuardOptions): AsyncIterableIterator<T>;
  iterate<T>(iterable: Iterable<T>, options?: GuardOptions): IterableIterator<T>;
}

const DEFAULT = guardFrom({
  device: null,
  probe: true,
  timeoutMs: null,
  log: null,
  onFailure: null,
  rules: null,
});

/** What blocks have returned: they share one history, because each is a function of its own. */
const blocks: History = { promises: false, others: false };

function guardFrom(checked: Omit<Guard, 'onRejected'>): Guard {
  const guard: Guard = { ...checked, onRejected: (error) => onRejected(error) };
  const onRejected = rejectionHandler(guard, null);
  return guard;
}

function guardOf(options: unknown): Guard {
  return options === undefined ? DEFAULT : guardFrom(require('./options.js').readOptions(options));
}

function parametersOf(block: () => unknown): number {
  try {
    return block.length;
  } catch (error) {
    const { describe } = require('./arguments.js');
    throw new TypeError(`block could not be read; got ${describe(block)}, a Proxy`, {
      cause: error,
    });
  }
}

function run(block: () => unknown, guard: Guard): unknown {
  if (parametersOf(block) !== 0) {
    throw new TypeError(
      `catchGpuExceptions runs its block now and without arguments; got a function with ` +
        `${String(parametersOf(block))} parameter(s) - did you mean catchGpuExceptions.wrap?`,
    );
  }
  if (latch.words[0] !== 0) {
    const { types } = require('node:util');
    const refusal = types.isGeneratorFunction(block) ? null : refused(guard);
    if (refusal !== null) {
      if (types.isAsyncFunction(block)) return Promise.reject(refusal);
      throw refusal;
    }
  }
  const mark = guard.log === null ? null : markOf(guard);
  let result: unknown;
  try {
    result = block();
  } catch (error) {
    throw raised(error, guard, mark);
  }
  if (typeof result === 'object' && result !== null) {
    return guardResult(result, guard, mark, blocks);
  }
  if (latch.streak !== 0) latch.streak = 0;
  return result;
}

function guardOrDecorate(first?: unknown, second?: unknown, third?: unknown): unknown {
  if (typeof first === 'function') {
    if (second === undefined) return run(first as () => unknown, DEFAULT);
    // A key comes with a third argument; alone it is a mistake in the options' place.
    const isKey = typeof second === 'string' || typeof second === 'symbol';
    if (isKey ? arguments.length > 2 : isDecoration(second)) {
      return decorator(DEFAULT)(first, second, third);
    }
    return run(first as () => unknown, guardOf(second));
  }
  if (isDecoration(second)) return decorator(DEFAULT)(first, second, third);
  if (arguments.length === 0) return decorator(DEFAULT);
  if (typeof first === 'object' && first !== null && second === undefined) {
    return decorator(guardOf(first));
  }
  const { describe } = require('./arguments.js');
  throw new TypeError(`block must be a function without parameters; got ${describe(first)}`);
}

/** Whether a second argument is that of a decorator (a key or a context) and not options. */
function isDecoration(value: unknown): boolean {
  if (typeof value === 'string' || typeof value === 'symbol') return true;
  return require('./decorate.js').isDecoratorContext(value);
}

function decorator(guard: Guard): (...args: unknown[]) => unknown {
  return (...args) => {
    const { wrapFunction } = require('./wrap.js');
    return require('./decorate.js').decorate((fn) => wrapFunction(fn, guard), args);
  };
}

function wrap(fn: unknown, options?: unknown): unknown {
  if (typeof fn !== 'function') {
    const { describe } = require('./arguments.js');
    throw new TypeError(`fn must be a function; got ${describe(fn)}`);
  }
  return require('./wrap.js').wrapFunction(fn as AnyFunction, guardOf(options));
}

function iterate(iterable: unknown, options?: unknown): unknown {
  return require('./iterate.js').guardIterable(iterable, guardOf(options));
}

/**
 * Guards GPU work: a GPU failure leaves as {@link GPUException} (or its subclasses for exhausted
 * memory) with the original as `cause`; everything else, and every `GPUException`, leaves as the same
 * value. A thrown string is judged like a message.
 *
 * - `catchGpuExceptions(() => session.run(feeds), options?)` runs a block now. What is synchronous stays
 *   so. A native promise, generator or async generator that it returns is guarded, too (with the
 *   `then` of its own class, if that has one); any other thenable comes back as it is.
 * - `catchGpuExceptions.wrap(fn, options?)` guards every call of a function.
 * - `@catchGpuExceptions()`, `@catchGpuExceptions(options)` or `@catchGpuExceptions` guards a method.
 * - `catchGpuExceptions.iterate(iterable, options?)` guards any other (async) iterable.
 *
 * Once a failure has shown that the process is beyond repair ({@link fatalState}), guarded calls refuse
 * at once: with a fresh exception whose `cause` is the first. They throw it, or reject with it where
 * the block is an async function, or throw it at `next()` where it is a generator function.
 *
 * Each new exception is published on `node:diagnostics_channel` as `gpu-exceptions:failure` with
 * `{ exception, failure }`.
 *
 * @throws TypeError if the block is no function or declares parameters (such a function wants
 *   {@link CatchGpuExceptions.wrap | wrap}); TypeError, RangeError for bad options.
 */
export const catchGpuExceptions = Object.assign(guardOrDecorate, {
  wrap,
  iterate,
}) as unknown as CatchGpuExceptions;
