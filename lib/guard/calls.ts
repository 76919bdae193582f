/**
 * One guarded call, from the latch to what becomes of its result. This is the hot path: what a success
 * does not need loads when it is first needed.
 */

import { performance } from 'node:perf_hooks';
import { types } from 'node:util';
import type { GPUException } from '../exceptions/gpu.js';
import type * as fatalLatch from './fatal-latch.js';
import type { Guard, LogMark } from './guard.js';
import type * as iterate from './iterate.js';
import { latch } from './latch-state.js';
import type * as raise from './raise.js';
import type * as settle from './settle.js';
import type * as timeout from './timeout.js';

// A plain `require`, because that is what bundlers follow.
declare const require: {
  (id: './fatal-latch.js'): typeof fatalLatch;
  (id: './iterate.js'): typeof iterate;
  (id: './raise.js'): typeof raise;
  (id: './settle.js'): typeof settle;
  (id: './timeout.js'): typeof timeout;
};

type Then = (
  this: Promise<unknown>,
  onFulfilled: ((value: unknown) => unknown) | undefined,
  onRejected: (error: unknown) => unknown,
) => Promise<unknown>;

/** The `then` that tests for a native promise before it touches anything else of the value. */
const intrinsicThen = Reflect.get(Promise.prototype, 'then') as Then;
export const then = intrinsicThen;
// Of this module's own: what another module exports, or this one, is looked up anew at every call.
const state = latch;

/**
 * The `then` to call: the intrinsic one, unless the promise's own class has overridden it – e.g. to
 * start its work at the first `then`. One that was replaced for all promises is passed over.
 */
function thenOf(promise: Promise<unknown>): Then {
  const own: unknown = Reflect.get(promise, 'then');
  if (own === then || own === Reflect.get(Promise.prototype, 'then')) return then;
  return typeof own === 'function' ? (own as Then) : then;
}

/** Subscribes to a promise as it wants to be subscribed to. Throws what its class throws. */
export function subscribe(
  promise: Promise<unknown>,
  onFulfilled: ((value: unknown) => unknown) | undefined,
  onRejected: (error: unknown) => unknown,
): Promise<unknown> {
  const chained: unknown = thenOf(promise).call(promise, onFulfilled, onRejected);
  return types.isPromise(chained) ? chained : promise;
}

/** Makes sure that a promise to which nobody listens any more is no unhandled rejection. */
export function silence(promise: Promise<unknown>): void {
  void then.call(promise, undefined, () => undefined);
}

/**
 * What a function has returned so far. `types.isPromise` costs more than all else that a guard does;
 * for what has only ever returned promises, `then` itself makes that test.
 */
export interface History {
  promises: boolean;
  others: boolean;
}

let failing: typeof raise | undefined;
let closing: typeof fatalLatch | undefined;

/** What to throw in the place of `error`. Never throws. */
export function raised(error: unknown, guard: Guard, mark: LogMark): unknown {
  try {
    failing ??= require('./raise.js');
    return failing.raise(error, guard, mark);
  } catch (reason) {
    return unjudged(error, reason);
  }
}

/** The error itself, if even the judge cannot be asked: the stack is exhausted, or a file is missing. */
function unjudged(error: unknown, reason: unknown): unknown {
  if (reason instanceof RangeError) return error;
  try {
    process.emitWarning(`an error could not be judged: ${String(reason)}`, {
      type: 'GpuExceptionsWarning',
      code: 'GPU_EXCEPTIONS_NO_JUDGE',
    });
  } catch {
    // Not even that: the error goes first.
  }
  return error;
}

/** The exception that refuses the call, or `null` when it may run. For when the latch's word is not 0. */
export function refused(guard: Guard): GPUException | null {
  // Also the first call of all comes here; it must not load what only failures need.
  closing ??= require('./fatal-latch.js');
  if (closing.firstFatal(guard.device) === null) return null;
  return require('./raise.js').refusal(guard);
}

/** The present, for a guard that reads a log. */
export function markOf(guard: Guard): LogMark {
  return guard.log === null ? null : performance.now();
}

/** The rejection handler of a guard; see {@link Guard.onRejected}. */
export function rejectionHandler(guard: Guard, mark: LogMark): (error: unknown) => unknown {
  return (error) => {
    let settleRejection: (typeof settle)['settleRejection'];
    try {
      ({ settleRejection } = require('./settle.js'));
    } catch (reason) {
      throw unjudged(error, reason);
    }
    return settleRejection(error, guard, mark);
  };
}

/** A result under the guard if it is a native promise or generator, else the result itself. */
export function guardResult(
  result: object,
  guard: Guard,
  mark: LogMark,
  history: History,
): unknown {
  if (history.promises && !history.others && mark === null && guard.timeoutMs === null) {
    try {
      if ((result as { then?: unknown }).then === intrinsicThen) {
        // By name, and with a literal `undefined`: so V8 puts `then` in place instead of calling it. A
        // getter that answers another one the second time is taken at its word.
        if (state.streak === 0) {
          return (result as Promise<unknown>).then(undefined, guard.onRejected);
        }
        return (result as Promise<unknown>).then(succeeded, guard.onRejected);
      }
    } catch {
      // No promise after all, or one of a class that will not be derived from.
    }
  }
  if (types.isPromise(result)) {
    history.promises = true;
    return guardPromise(result, guard, mark);
  }
  history.others = true;
  if (types.isGeneratorObject(result)) return guardedGenerator(result, guard);
  if (latch.streak !== 0) latch.streak = 0;
  return result;
}

function guardedGenerator(generator: object, guard: Guard): object {
  try {
    return require('./iterate.js').guardGenerator(generator, guard);
  } catch {
    return generator; // its prototypes refuse to be looked at
  }
}

/**
 * A promise of the same class that rejects with what the guard makes of a rejection. A promise whose
 * class refuses to make another comes back as it is.
 *
 * @param onTimeout called when `timeoutMs` are over.
 */
export function guardPromise(
  promise: Promise<unknown>,
  guard: Guard,
  mark: LogMark,
  onTimeout?: () => void,
): Promise<unknown> {
  const onRejected = mark === null ? guard.onRejected : rejectionHandler(guard, mark);
  try {
    if (guard.timeoutMs === null) return subscribe(promise, onSuccess(), onRejected);
    return require('./timeout.js').withTimeout(promise, guard.timeoutMs, guard, mark, onTimeout);
  } catch {
    return promise;
  }
}

/**
 * What a promise is to call when it succeeds: nothing, while no sticky text has been seen. Only a call
 * that begins after a failure shows that the device still works, and no handler costs least.
 */
function onSuccess(): ((value: unknown) => unknown) | undefined {
  return state.streak === 0 ? undefined : succeeded;
}

function succeeded(value: unknown): unknown {
  latch.streak = 0;
  return value;
}
