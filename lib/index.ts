/** What `gpu-exceptions` exports, and nothing else. Loading it loads no addon, no rules, no tables. */

import { join } from 'node:path';

import type {
  ChildExit,
  EngineLog,
  EngineLogOptions,
  Explanation,
  GPUFailure,
} from './failure/index.js';
import type * as failure from './failure/index.js';

export {
  AppException,
  AppFileUploadException,
  CUDAOutOfMemoryException,
  deserializeException,
  FalServerlessException,
  FieldException,
  FileTooLargeError,
  GPUException,
  GPUOutOfMemoryException,
  RequestCancelledException,
  serializeException,
  UnauthenticatedException,
} from './exceptions/index.js';
export type {
  ExceptionJSON,
  ExceptionOptions,
  GPUExceptionOptions,
  PydanticErrorBody,
  Serialized,
  SerializedError,
  SerializedException,
  SerializedValue,
} from './exceptions/index.js';
export { catchGpuExceptions } from './guard/catch-gpu-exceptions.js';
export type { CatchGpuExceptions, GuardDecorator } from './guard/catch-gpu-exceptions.js';
export type { GuardOptions } from './guard/guard.js';
export { fatalState, resetFatalState } from './guard/latch-state.js';
export type {
  ChildExit,
  DeviceMemory,
  EngineLog,
  EngineLogLine,
  EngineLogOptions,
  Explanation,
  GPUEvidence,
  GPUFailure,
  GPUFailureCategory,
  GPULibrary,
  GPUTag,
  RestartScope,
  Spoken,
  UserMatch,
  UserRule,
} from './failure/index.js';

/**
 * The directory of `gpu_exceptions.h`, for authors of other addons; absolute. See
 * docs/your-own-addon.md.
 */
export const include: string = join(__dirname, '..', 'native', 'include');

// The judge loads at the first failure. A plain `require`, because that is what bundlers follow.
declare const require: (id: './failure/index.js') => typeof failure;

/**
 * The GPU failure that `error` is, or `null`: the guard's judgement without throwing. Walks causes,
 * aggregates and wrappers, stops at cycles, accepts anything, and never throws.
 */
export function classifyGpuFailure(error: unknown): GPUFailure | null {
  return require('./failure/index.js').classifyGpuFailure(error);
}

/**
 * The same judgement with every rule that spoke, for and against, and what it matched. For logs and
 * bug reports; never throws.
 */
export function explainGpuFailure(error: unknown): Explanation {
  return require('./failure/index.js').explainGpuFailure(error);
}

/**
 * Judges a child process that ended: by exit code, signal and the end of its standard error. `null`
 * when nothing about it is the GPU's.
 *
 * @throws TypeError if `exit` or one of its fields has a wrong type.
 */
export function classifyExit(exit: ChildExit): GPUFailure | null {
  return require('./failure/index.js').classifyExit(exit);
}

/**
 * A bounded memory of what an engine logs, for the guard's `log` option:
 * `const log = engineLog(); getLlama({ logger: log.logger })`.
 *
 * @throws TypeError, RangeError if `options.capacity` is no integer from 1 to 65536.
 */
export function engineLog(options?: EngineLogOptions): EngineLog {
  return require('./failure/index.js').engineLog(options);
}
