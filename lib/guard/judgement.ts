/** The guard's questions to `failure/`, which is the only judge. Loaded at the first failure. */

import { findCode } from '../codes/index.js';
import { linesSince } from '../failure/engine-log.js';
import { viewError } from '../failure/error-view.js';
import { isOpaque } from '../failure/judge-log.js';
import { judge } from '../failure/judge.js';
import type { JudgeContext, Judgement } from '../failure/judge.js';
import { makeFailure, withMemory } from '../failure/make.js';
import type { DeviceMemory, GPUFailure } from '../failure/types.js';
import { walkCauses } from '../failure/walk-causes.js';
import type { Guard, LogMark } from './guard.js';

/**
 * What `error` says about the GPU, with what this guard knows besides; `null` when it is not the GPU's.
 * Never throws.
 */
export function judgeError(error: unknown, guard: Guard, mark: LogMark): Judgement | null {
  try {
    const judgement = judge(error, contextOf(guard, mark));
    if (judgement === null || guard.device === null || judgement.failure.device !== null) {
      return judgement;
    }
    return { ...judgement, failure: { ...judgement.failure, device: guard.device } };
  } catch {
    return null; // the stack is exhausted: then the error is a RangeError, which is not the GPU's
  }
}

function contextOf({ log, rules }: Guard, mark: LogMark): JudgeContext | undefined {
  if (log === null && rules === null) return undefined;
  const context: JudgeContext = {};
  if (log !== null && mark !== null) context.logLines = linesSince(log, mark);
  if (rules !== null) context.rules = rules;
  return context;
}

/** Whether log lines that come late could still tell more about `error`. Never throws. */
export function logMayTell(error: unknown, judgement: Judgement | null): boolean {
  if (judgement !== null) {
    const { structured, passedThrough, rules, failure } = judgement;
    return !structured && !passedThrough && failure.evidence !== 'log' && rules.length < 2;
  }
  return walkCauses(error, () => true).some(({ value }) => {
    const view = viewError(value);
    return view !== null && isOpaque(view.message);
  });
}

/** A call that is still running when its time is up. */
export function timeoutFailure(guard: Guard): GPUFailure {
  return makeFailure({ category: 'timeout', device: guard.device }, 'probe');
}

/** The failure with a reading of its device's memory, unless there is none. */
export function withReading(failure: GPUFailure, memory: DeviceMemory | null): GPUFailure {
  return memory === null ? failure : withMemory(failure, memory);
}

/** Whether a driver status that a context answers with is documented as sticky. */
export function isStickyStatus(code: number): boolean {
  return findCode('cuda', code)?.sticky === true;
}
