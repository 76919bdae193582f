/** A look at the device after an asynchronous failure: off the event loop, and never for long. */

import type { DeviceMemory, GPUFailure, GPULibrary } from '../failure/types.js';
import type { ContextHealthCallback } from '../native/answers.js';
import { addon } from './addon.js';
import { isStickyStatus } from './judgement.js';
import { readMemory } from './raise-native.js';

/** Longest delay of a rejection by its probe, in milliseconds. */
export const PROBE_DEADLINE_MS = 250;

export interface ProbeAnswer {
  memory: DeviceMemory | null;
  health: Health;
}

/**
 * What the context on a device says. `healthy`: it works, or this process has none there (no CUDA
 * driver is loaded, or it never used the device). `unknown`: it could not be asked, or not in time.
 */
export type Health = 'poisoned' | 'healthy' | 'unknown';

const healthOf = (status: number, active: number, code: number): Health => {
  if (status !== 0 || active === -1) return 'unknown';
  if (active === 0 || code === 0) return 'healthy';
  return isStickyStatus(code) ? 'poisoned' : 'unknown';
};

/** Libraries of which the CUDA driver knows nothing. */
const NOT_CUDA: ReadonlySet<GPULibrary | null> = new Set<GPULibrary | null>([
  'hip',
  'rocm-smi',
  'vulkan',
  'metal',
  'd3d',
  'webgpu',
  'opencl',
  'sycl',
  'level-zero',
  'cann',
]);

/**
 * Asks for the health of the context that `failure` is about, on a thread of our own, and loads no
 * driver for it. `answer` is called exactly once: synchronously where nobody can be asked, else with
 * the answer or after {@link PROBE_DEADLINE_MS}. Does not keep the process alive.
 */
export function askHealth(failure: GPUFailure, answer: (health: Health) => void): void {
  const binding = NOT_CUDA.has(failure.library) ? null : addon();
  if (binding === null) {
    answer('unknown');
    return;
  }
  let pending = true;
  const once = (health: Health): void => {
    if (!pending) return;
    pending = false;
    clearTimeout(timer);
    answer(health);
  };
  const timer = setTimeout(once, PROBE_DEADLINE_MS, 'unknown');
  timer.unref();
  try {
    // Loads no driver: text may be about a GPU that this process never used.
    const heard: ContextHealthCallback = (status, active, code) => {
      once(healthOf(status, active, code));
    };
    binding.contextHealth(failure.device ?? 0, heard, true);
  } catch {
    once('unknown');
  }
}

/**
 * Asks for the device's memory and, if `confirm`, for the health of its context. `answer` is called
 * exactly once: synchronously when there is nothing to ask or nobody who could, else when both have
 * answered or after {@link PROBE_DEADLINE_MS}.
 */
export function probe(
  failure: GPUFailure,
  confirm: boolean,
  answer: (answer: ProbeAnswer) => void,
): void {
  const found: ProbeAnswer = { memory: null, health: 'unknown' };
  const binding = failure.memory === null || confirm ? addon() : null;
  if (binding === null) {
    answer(found);
    return;
  }
  let open = 1;
  let timer: NodeJS.Timeout | null = null;
  const done = (): void => {
    open -= 1;
    if (open !== 0) return;
    if (timer !== null) clearTimeout(timer);
    answer(found);
  };
  /** Counts a question as open until its first answer; one that cannot be asked is answered. */
  const ask = (question: (answered: () => void) => void): void => {
    open += 1;
    let pending = true;
    const answered = (): void => {
      if (!pending) return;
      pending = false;
      done();
    };
    try {
      question(answered);
    } catch {
      answered();
    }
  };
  if (failure.memory === null) {
    ask((answered) => {
      binding.probeMemory(failure.device, (filled, readings) => {
        if (filled && open > 0) found.memory = readMemory(readings);
        answered();
      });
    });
  }
  if (confirm) {
    ask((answered) => {
      askHealth(failure, (health) => {
        found.health = health;
        answered();
      });
    });
  }
  if (open > 1) {
    // Keeps the process alive: somebody may be waiting for the rejection and nothing else.
    timer = setTimeout(() => {
      open = 1;
      done();
    }, PROBE_DEADLINE_MS);
  }
  done();
}
