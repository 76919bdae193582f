/** What a guard was told, checked and read once. */

import type { GPUException } from '../exceptions/gpu.js';
import type { EngineLog } from '../failure/engine-log.js';
import type { UserRule } from '../failure/user-rules.js';

/** When a guarded call with a log began, by `performance.now()`; `null` without a log. */
export type LogMark = number | null;

export interface Guard {
  readonly device: number | null;
  readonly probe: boolean;
  /** `null`: no limit. */
  readonly timeoutMs: number | null;
  readonly log: EngineLog | null;
  readonly onFailure: ((exception: GPUException) => unknown) | null;
  readonly rules: readonly UserRule[] | null;
  /** Rejection handler for calls that need no log mark: made once per guard, not once per call. */
  readonly onRejected: (error: unknown) => unknown;
}

/** Options of every form of the guard. */
export interface GuardOptions {
  /**
   * CUDA ordinal (0 to 2147483647) that the guarded code works on. It stands in the failure where the
   * error names no device, and the guard also refuses when that device was lost.
   */
  device?: number | undefined;
  /**
   * After the failure of a promise, read the device's memory into `failure.memory`, off the event loop
   * and for at most 250 ms. Default true. Never touches an error that is not the GPU's; without the
   * addon nothing is read and nothing delayed. With `false` the context is not asked either whether it
   * confirms a text that would close the latch.
   */
  probe?: boolean | undefined;
  /**
   * Asynchronous work only: milliseconds (1 to 2147483647) after which a promise rejects with category
   * `timeout`, although the call is still stuck. Per `next()` for async iterators. What the call
   * becomes later is judged, published and latched all the same. No limit by default.
   */
  timeoutMs?: number | undefined;
  /**
   * An engine's log, made by `engineLog()`: read for errors that do not say why they failed. Such a
   * rejection waits up to 50 ms for lines that come late.
   */
  log?: EngineLog | undefined;
  /**
   * Called with every `GPUException` that leaves this guard, before it does: also with one that only
   * passes through, and with what a call becomes after `timeoutMs`. What it throws, or rejects with,
   * becomes a process warning, once (`GPU_EXCEPTIONS_ON_FAILURE`). What it guards itself, before its
   * first `await`, is not told to it again.
   */
  onFailure?: ((exception: GPUException) => unknown) | undefined;
  /** Asked before our own rules about text: what else is a GPU failure, or is none. */
  rules?: readonly UserRule[] | undefined;
}
