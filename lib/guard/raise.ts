/** The one place that turns a judgement into an exception, and tells everyone who asked. */

import { channel } from 'node:diagnostics_channel';
import { types } from 'node:util';
import { hasBrand } from '../exceptions/brand.js';
import { markRefusal } from '../exceptions/refusal.js';
import {
  CUDAOutOfMemoryException,
  GPUException,
  GPUOutOfMemoryException,
} from '../exceptions/gpu.js';
import type { GPUFailure, GPULibrary } from '../failure/types.js';
import { then } from './calls.js';
import { copyOf, firstFatal } from './fatal-latch.js';
import type { Guard, LogMark } from './guard.js';
import { judgeError, timeoutFailure } from './judgement.js';
import { answered, weighForLatch } from './qualify.js';
import type { Suspicion } from './qualify.js';

declare const require: (id: './probe.js') => typeof import('./probe.js');

const failures = channel('gpu-exceptions:failure');

/** Libraries whose memory is CUDA's. */
const CUDA: ReadonlySet<GPULibrary> = new Set<GPULibrary>([
  'cudart',
  'cuda',
  'nvml',
  'cudnn',
  'cublas',
  'cufft',
  'curand',
  'cusparse',
  'cusolver',
  'nccl',
  'nvrtc',
  'tensorrt',
]);

const REFUSED = 'Refused without touching the GPU, because of an earlier failure (see the cause). ';

/** What a guarded call is to throw in the place of `error`. Never throws. */
export function raise(error: unknown, guard: Guard, mark: LogMark): unknown {
  if (hasBrand(error, 'GPUException')) {
    notify(error as GPUException, guard);
    return error;
  }
  const judgement = judgeError(error, guard, mark);
  if (judgement === null) return error;
  try {
    const { failure } = judgement;
    const exception = exceptionFor(failure, error);
    const suspicion = weighForLatch(exception, failure, judgement);
    if (suspicion !== null) lookLater(failure, suspicion, guard);
    publish(exception, failure);
    notify(exception, guard);
    return exception;
  } catch {
    return error; // the stack is exhausted
  }
}

/** What is thrown cannot wait for the context's answer: it is asked, and heard when it comes. */
function lookLater(failure: GPUFailure, suspicion: Suspicion, guard: Guard): void {
  if (!guard.probe) answered(suspicion, 'unknown');
  else {
    require('./probe.js').askHealth(failure, (health) => {
      answered(suspicion, health);
    });
  }
}

/** A new exception of the class that fits the failure, with the original as its cause. */
export function exceptionFor(failure: GPUFailure, cause: unknown): GPUException {
  const options = { cause, failure };
  if (failure.category !== 'out-of-memory') return new GPUException(options);
  return failure.library !== null && CUDA.has(failure.library)
    ? new CUDAOutOfMemoryException(options)
    : new GPUOutOfMemoryException(options);
}

/** The exception for a call that is still running when its time is up. */
export function timedOut(guard: Guard): GPUException {
  const failure = timeoutFailure(guard);
  const exception = new GPUException({ failure });
  publish(exception, failure);
  notify(exception, guard);
  return exception;
}

/**
 * A fresh exception if the latch keeps this guard from running, else `null`. Its stack is this
 * caller's; the exception that closed the latch is its cause.
 */
export function refusal(guard: Guard): GPUException | null {
  const first = firstFatal(guard.device);
  if (first === null) return null;
  const refused = copyOf(first.failure);
  if (refused !== null) {
    refused.retryable = false;
    refused.mayBeEarlier = true;
    refused.remedy = REFUSED + refused.remedy;
  }
  const exception = new GPUException({ cause: first.exception, failure: refused });
  markRefusal(exception);
  if (refused !== null) publish(exception, refused);
  notify(exception, guard);
  return exception;
}

/** Tells the subscribers of `gpu-exceptions:failure` about a new exception. */
export function publish(exception: GPUException, failure: GPUFailure): void {
  if (failures.hasSubscribers) failures.publish({ exception, failure });
}

type OnFailure = NonNullable<Guard['onFailure']>;

/** Those that are being called right now: what they guard themselves is not told to them again. */
const notifying = new Set<OnFailure>();
/** One that fails once fails at every request. */
const warned = new WeakSet<OnFailure>();

/** Calls `onFailure`. What it throws or rejects with becomes a warning: the failure goes first. */
export function notify(exception: GPUException, { onFailure }: Guard): void {
  if (onFailure === null || notifying.has(onFailure)) return;
  const failed = (error: unknown): void => {
    warn(error, onFailure);
  };
  notifying.add(onFailure);
  try {
    const answer = onFailure(exception);
    if (types.isPromise(answer)) void then.call(answer, undefined, failed);
  } catch (error) {
    failed(error);
  } finally {
    notifying.delete(onFailure);
  }
}

function warn(error: unknown, onFailure: OnFailure): void {
  if (warned.has(onFailure)) return;
  warned.add(onFailure);
  let text = 'onFailure threw';
  try {
    text += `: ${String(error)}`;
  } catch {
    // What it threw cannot be shown.
  }
  process.emitWarning(text, { type: 'GpuExceptionsWarning', code: 'GPU_EXCEPTIONS_ON_FAILURE' });
}
