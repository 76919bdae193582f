/** What a guarded promise rejects with: judged at once, thrown when log and probe have spoken. */

import { performance } from 'node:perf_hooks';
import { hasBrand } from '../exceptions/brand.js';
import type { GPUException } from '../exceptions/gpu.js';
import type { Judgement } from '../failure/judge.js';
import type { GPUFailure } from '../failure/types.js';
import type { Guard, LogMark } from './guard.js';
import { judgeError, logMayTell, withReading } from './judgement.js';
import { probe } from './probe.js';
import { answered, weighForLatch } from './qualify.js';
import { exceptionFor, notify, publish } from './raise.js';

/** Longest wait for an engine's log lines that arrive after the rejection, in milliseconds. */
export const LOG_WAIT_MS = 50;
const LOG_POLL_MS = 5;

/**
 * Throws, or answers a promise that rejects with, what a guarded promise that rejected with `error`
 * is to reject with. An error that is not the GPU's is thrown at once, unless there is a log to wait for.
 */
export function settleRejection(error: unknown, guard: Guard, mark: LogMark): Promise<never> {
  if (hasBrand(error, 'GPUException')) {
    notify(error as GPUException, guard);
    throw error;
  }
  const judgement = judgeError(error, guard, mark);
  if (guard.log !== null && logMayTell(error, judgement)) return afterLog(error, guard, mark);
  if (judgement === null) throw error;
  return finish(error, judgement, guard);
}

/**
 * llama.cpp's lines reach JavaScript after the promise has rejected: judge again as they come in,
 * until they tell or the time is up.
 */
async function afterLog(error: unknown, guard: Guard, mark: LogMark): Promise<never> {
  const end = performance.now() + LOG_WAIT_MS;
  let judgement: Judgement | null;
  do {
    await new Promise((resume) => setTimeout(resume, LOG_POLL_MS));
    judgement = judgeError(error, guard, mark);
  } while (logMayTell(error, judgement) && performance.now() < end);
  if (judgement === null) throw error;
  return finish(error, judgement, guard);
}

function finish(error: unknown, judgement: Judgement, guard: Guard): Promise<never> {
  const { failure } = judgement;
  const exception = exceptionFor(failure, error);
  const suspicion = weighForLatch(exception, failure, judgement);
  const leave = (complete: GPUFailure): void => {
    publish(exception, complete);
    notify(exception, guard);
  };
  if (!guard.probe) {
    if (suspicion !== null) answered(suspicion, 'unknown');
    leave(failure);
    throw exception;
  }
  return new Promise((_, reject) => {
    probe(failure, suspicion !== null, ({ memory, health }) => {
      const complete = withReading(failure, memory);
      // The stack was captured at the rejection; only now is the reading there.
      (exception as { failure: GPUFailure }).failure = complete;
      if (suspicion !== null) answered(suspicion, health);
      leave(complete);
      reject(exception);
    });
  });
}
