/**
 * The part of the fatal latch that every guarded call reads: one word. What closes the latch, and how
 * threads tell each other, is `fatal-latch.ts`, which loads when that word is not 0.
 */

import { types } from 'node:util';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type { GPUFailure } from '../failure/types.js';

/** Versioned: a copy of the package with another layout keeps a latch of its own. */
const KEY = 'gpu-exceptions/fatal-latch/1';

/** Words of the shared buffer; the last reset's time (64 bits) stands at {@link RESET_TIME_BYTE}. */
export const Word = { closed: 0, generation: 1, resets: 2 } as const;
export const RESET_TIME_BYTE = 16;

/** The process's slot is number 0; one for each device that was lost follows. */
export const SLOTS = 17;
export const HEADER_BYTES = 64;
/** Per slot: state, device, length of the text; then the text. */
export const SLOT_BYTES = 12 * 1024;
const TOTAL_BYTES = HEADER_BYTES + SLOTS * SLOT_BYTES;

interface LatchState {
  /** What guarded calls look at: `words[0]` is 0 as long as there is nothing to do but run. */
  words: Int32Array;
  /**
   * How often in a row the same text of a sticky failure was met on this thread; guarded calls that
   * succeed set it back to 0.
   */
  streak: number;
  readonly buffer: SharedArrayBuffer;
  /** Whether another thread (or an earlier copy on this one) made the buffer. */
  readonly inherited: boolean;
}

function attach(): { buffer: SharedArrayBuffer; inherited: boolean } {
  // Threads started from here on inherit it; a second copy of the package on this thread finds it.
  const found = getEnvironmentData(KEY);
  if (types.isSharedArrayBuffer(found) && found.byteLength >= TOTAL_BYTES) {
    return { buffer: found, inherited: true };
  }
  const buffer = new SharedArrayBuffer(TOTAL_BYTES);
  setEnvironmentData(KEY, buffer);
  return { buffer, inherited: false };
}

// Until the first guarded call a private word that is not 0 stands in for the shared one, so that
// joining the other threads costs later calls no second test.
export const latch: LatchState = { words: Int32Array.of(1), streak: 0, ...attach() };

declare const require: (id: './fatal-latch.js') => typeof import('./fatal-latch.js');

/**
 * The failure that closed the fatal latch, or `null` while it is open. Makes no GPU call.
 *
 * Without an argument: of the whole process. With `device`: also of that device alone, which only
 * guards with that `device` option refuse.
 *
 * The latch holds for all threads of the process: at once for those that inherited it (as threads do
 * that were started after this package was imported in their parent), for others when their event loop
 * next turns. A thread that comes after the closing one has gone learns of it from the addon: on Linux
 * whenever the process has loaded it, elsewhere in workers. Without the addon such a thread, unless it
 * inherited the latch, does not learn of it.
 *
 * The answer is a copy. At most 16 devices are kept apart; more are not latched.
 *
 * @param device CUDA ordinal.
 * @throws TypeError, RangeError if `device` is given and no integer from 0 to 2147483647.
 */
export function fatalState(device?: number): GPUFailure | null {
  return require('./fatal-latch.js').fatalState(device);
}

/**
 * Opens the fatal latch on all threads. For tests: a real sticky failure stays with the process.
 * Other threads which do not share the latch's memory follow when their event loop next turns.
 */
export function resetFatalState(): void {
  require('./fatal-latch.js').reset();
}
