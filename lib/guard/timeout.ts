/** `timeoutMs`: an answer in time, whatever the call does. */

import { types } from 'node:util';
import { rejectionHandler, silence, subscribe, then } from './calls.js';
import type { Guard, LogMark } from './guard.js';
import { latch } from './latch-state.js';

declare const require: (id: './raise.js') => typeof import('./raise.js');

type Settle = (value: unknown) => void;

const ignore = (): void => undefined;

/**
 * `promise`, or a rejection with category `timeout` once `guard.timeoutMs` have passed. What the
 * promise becomes later is judged all the same, and never an unhandled rejection.
 *
 * @param onTimeout called when the time is up, before the rejection.
 */
export function withTimeout(
  promise: Promise<unknown>,
  timeoutMs: number,
  guard: Guard,
  mark: LogMark,
  onTimeout: () => void = ignore,
): Promise<unknown> {
  const answer = promiseLike(promise);
  const judge = rejectionHandler(guard, mark);
  const onRejected = (error: unknown): void => {
    clearTimeout(timer);
    // After the deadline the answer stands; but what came late has been judged.
    const judged = then.call(Promise.reject(error), undefined, judge);
    void then.call(judged, answer.resolve, answer.reject);
  };
  const onFulfilled = (value: unknown): void => {
    clearTimeout(timer);
    latch.streak = 0;
    answer.resolve(value);
  };
  // Keeps the process alive: whoever sets a time limit wants to hear that it is over.
  const timer = setTimeout(() => {
    onTimeout();
    answer.reject(require('./raise.js').timedOut(guard));
  }, timeoutMs);
  try {
    silence(subscribe(promise, onFulfilled, onRejected));
  } catch (error) {
    clearTimeout(timer); // a class that will not be derived from
    throw error;
  }
  return answer.promise;
}

/** A promise of the same class, as `then` would make it; a plain one where that class will not. */
function promiseLike(promise: Promise<unknown>): {
  promise: Promise<unknown>;
  resolve: Settle;
  reject: Settle;
} {
  let resolve: Settle = ignore;
  let reject: Settle = ignore;
  const executor = (onResolve: Settle, onReject: Settle): void => {
    resolve = onResolve;
    reject = onReject;
  };
  if (Object.getPrototypeOf(promise) !== Promise.prototype) {
    try {
      const { constructor } = promise as { constructor: { [Symbol.species]?: unknown } };
      const species = constructor[Symbol.species] as new (run: typeof executor) => unknown;
      const made = new species(executor);
      if (types.isPromise(made) && resolve !== ignore) return { promise: made, resolve, reject };
    } catch {
      // A class with a constructor of its own mind.
    }
  }
  const made = new Promise(executor);
  return { promise: made, resolve, reject };
}
