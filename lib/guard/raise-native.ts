/**
 * Failed vendor calls of our own addon on their way up: native failure -> tag -> failure -> exception.
 * `lib/native/load.ts` hands {@link raiseNative} to the addon as its error factory.
 */

import { findCode } from '../codes/index.js';
import type { GPUException } from '../exceptions/gpu.js';
import { refineNative } from '../failure/from-native.js';
import { judge } from '../failure/judge.js';
import { makeFailure } from '../failure/make.js';
import { setTag } from '../failure/tag.js';
import type { DeviceMemory, GPUFailure } from '../failure/types.js';
import type { NativeFailure } from '../native/answers.js';
import { Reading, ReadingSource } from '../native/binding.js';
import { withReading } from './judgement.js';
import { weighForLatch } from './qualify.js';
import { exceptionFor, publish } from './raise.js';

/** Makes the exception that a failure is thrown as. */
export type ExceptionMaker = (failure: GPUFailure, cause: unknown) => GPUException;

/**
 * What was put to work before, by device (`null`: on all), that of the stream (its id, `null`: not known)
 * first; nothing is known here.
 */
type EarlierWork = (device: number | null, stream: number | null) => readonly object[];
let earlierWork: EarlierWork | undefined;

/** Has causes of failures that may belong to earlier work name that work. */
export function setEarlierWork(work: EarlierWork): void {
  earlierWork = work;
}

/**
 * The exception for a failed vendor call: judged by its tag, published, and – if the code is
 * documented as sticky – with the latch closed. `cause` is an `Error` that says which call answered
 * what, and carries the tag. Never throws. `make`: for a class of the caller's own.
 */
export function raiseNative(
  native: NativeFailure,
  make: ExceptionMaker = exceptionFor,
): GPUException {
  const cause = nativeError(native);
  const judged = refineNative(judge(cause)?.failure ?? unknownFailure(native), native);
  const failure = withReading(judged, native.memory === null ? null : readMemory(native.memory));
  const stream = native.stream ?? null;
  if (stream !== null) Object.assign(cause, { stream });
  if (failure.mayBeEarlier && earlierWork !== undefined) {
    const recentLaunches = earlierWork(failure.device, stream);
    if (recentLaunches.length > 0) Object.assign(cause, { recentLaunches });
  }
  const exception = make(failure, cause);
  weighForLatch(exception, failure, { structured: true });
  publish(exception, failure);
  return exception;
}

function nativeError(native: NativeFailure): Error {
  const { library, code, call, device, requestedBytes } = native;
  const error = new Error(describe(native));
  setTag(error, { v: 1, library, code, call, device, requestedBytes, file: null, line: null });
  return error;
}

/** A status that is no failure by the table (not ready), and yet made a call of ours fail. */
function unknownFailure({
  library,
  code,
  call,
  device,
  requestedBytes,
}: NativeFailure): GPUFailure {
  const name = code === null ? null : (findCode(library, code)?.name ?? null);
  const facts = { library, code, name, call, device, requestedBytes };
  return makeFailure({ category: 'unknown', ...facts }, 'tag');
}

/** E.g. `cudaMalloc (1073741824 bytes) on device 0 answered cudaErrorMemoryAllocation (2)`. */
function describe(native: NativeFailure): string {
  const { library, code, call, device, requestedBytes, detail } = native;
  const bytes = requestedBytes === null ? '' : ` (${String(requestedBytes)} bytes)`;
  const place = device === null ? '' : ` on device ${String(device)}`;
  const more = detail === null || detail === '' ? '' : `: ${detail}`;
  return `${call ?? library}${bytes}${place} ${status(library, code)}${more}`;
}

function status(library: NativeFailure['library'], code: number | null): string {
  if (code === null) return 'could not be called';
  const name = findCode(library, code)?.name;
  return `answered ${name === undefined ? `${library} status ${String(code)}` : `${name} (${String(code)})`}`;
}

/** `readings` as {@link DeviceMemory}; `null` when nothing in it is known. */
export function readMemory(readings: Float64Array): DeviceMemory | null {
  const free = known(readings[Reading.free]);
  const used = known(readings[Reading.used]);
  const reserved = known(readings[Reading.reserved]);
  const total = known(readings[Reading.total]);
  if (free === null && used === null && total === null) return null;
  const source = readings[Reading.source] === ReadingSource.cuda ? 'cuda' : 'nvml';
  return { free, used, reserved, total, source };
}

function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
