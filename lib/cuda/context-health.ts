/** Whether this process's CUDA context on a device still works. */

import type { GPUFailure } from '../failure/types.js';
import { checkDevice } from '../guard/arguments.js';
import { raiseNative } from '../guard/raise-native.js';
import { loadBinding } from '../native/load.js';
import { checkOptions, timeoutOption } from './arguments.js';
import { failureOfProbe } from './probe-failure.js';
import { Questions, within } from './questions.js';

export interface ContextHealth {
  /** CUDA ordinal. */
  device: number;
  /** Whether this process has a primary context there; `null`: not known, because time was up. */
  active: boolean | null;
  /** What the context answers with when it no longer works; `null`: it works, or there is none. */
  poisoned: GPUFailure | null;
  /** The driver has not answered in time. The question stays with it; the event loop does not wait. */
  timedOut: boolean;
}

export interface ContextHealthOptions {
  /** Longest wait in milliseconds, an integer from 1 to 2147483647. Default 1000. */
  timeoutMs?: number;
}

const questions = new Questions<ContextHealth>();

/**
 * Asks the driver whether this process has an active primary context on `device` and, if so, whether
 * it still works. A poisoned context answers every call with the same sticky code until the process
 * ends.
 *
 * Runs on a thread of its own, by the driver API alone (CUDA Driver API, "Primary Context
 * Management"): the context's state, and only if it is active retain, push, `cuMemGetInfo`, pop,
 * release, with the thread's capture mode relaxed. Creates no context, never synchronises, never
 * touches the default stream. Initialises the driver. Calls for the same device share one answer.
 * Keeps the process alive until it is settled. Not verified on hardware.
 *
 * @param device CUDA ordinal, an integer from 0 to 2147483647.
 * @returns rejects with TypeError or RangeError for wrong arguments, and with GPUException when
 * there is no driver or no such device, and when the driver refuses the question for a reason that
 * will not stay, e.g. for want of memory: that says nothing about the context.
 */
export async function contextHealth(
  device = 0,
  options: ContextHealthOptions = {},
): Promise<ContextHealth> {
  checkDevice(device, 'device');
  const { timeoutMs } = checkOptions(options, ['timeoutMs']);
  const limit = timeoutOption(timeoutMs, 1000);

  const late = { device, active: null, poisoned: null, timedOut: true };
  return await within(
    questions.ask(device, () => ask(device)),
    limit,
    late,
  );
}

function ask(device: number): Promise<ContextHealth> {
  return new Promise((resolve, reject) => {
    loadBinding().contextHealth(device, (status, active, code, call, error) => {
      if (error !== undefined) {
        reject(error);
        return;
      }
      if (status === 0) {
        resolve({
          device,
          active: active === -1 ? null : active === 1,
          poisoned: code === 0 ? null : poison(code, call, device),
          timedOut: false,
        });
        return;
      }
      reject(
        raiseNative({
          library: 'cuda',
          code: status,
          call,
          device,
          requestedBytes: null,
          detail: null,
          memory: null,
        }),
      );
    });
  });
}

function poison(code: number, call: string | null, device: number): GPUFailure {
  return failureOfProbe({ library: 'cuda', code, call }, device);
}
