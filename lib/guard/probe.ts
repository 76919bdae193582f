/** A look at the device after an asynchronous failure: off the event loop, and never for long. */

import type { DeviceMemory, GPUFailure } from '../failure/types.js';
import type { ContextHealthCallback } from '../native/binding.js';
import { addon } from './addon.js';
import { isStickyStatus } from './judgement.js';
import { readMemory } from './raise-native.js';

/** Longest delay of a rejection by its probe, in milliseconds. */
export const PROBE_DEADLINE_MS = 250;

export interface ProbeAnswer {
  memory: DeviceMemory | null;
  /** Whether the context answers with a sticky status. */
  poisoned: boolean;
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
  const found: ProbeAnswer = { memory: null, poisoned: false };
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
      const confirmed: ContextHealthCallback = (status, active, code) => {
        found.poisoned = status === 0 && active === 1 && code !== 0 && isStickyStatus(code);
        answered();
      };
      // Loads no driver: text may be about a GPU that this process never used.
      binding.contextHealth(failure.device ?? 0, confirmed, true);
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
