/** The exceptions, and how they travel between processes. */

import type { FalServerlessException } from './base.js';
import type * as json from './json.js';
import type * as revive from './revive.js';
import type {
  Serialized,
  SerializedError,
  SerializedException,
  SerializedValue,
} from './serialized.js';

export {
  AppException,
  AppFileUploadException,
  FalServerlessException,
  FieldException,
  FileTooLargeError,
  RequestCancelledException,
} from './base.js';
export type { ExceptionJSON, ExceptionOptions, PydanticErrorBody } from './base.js';
export { UnauthenticatedException } from './auth.js';
export { CUDAOutOfMemoryException, GPUException, GPUOutOfMemoryException } from './gpu.js';
export type { GPUExceptionOptions } from './gpu.js';
export type {
  Plain,
  Serialized,
  SerializedError,
  SerializedException,
  SerializedValue,
} from './serialized.js';

// Most processes never serialise: these two files load at the first call. A plain `require`, because
// that is what bundlers follow.
declare const require: {
  (id: './json.js'): typeof json;
  (id: './revive.js'): typeof revive;
};

/**
 * Writes an exception as plain data that survives `JSON.stringify`, `structuredClone`,
 * `process.send`, `worker_threads` and queues, where a bare exception would arrive as an `Error`
 * with its message and cause only.
 *
 * It carries class, name, code, message, status, stack, `failure`, what the class holds (`field`,
 * `billableUnits`, …), the causes with their native tags, and what of other errors is read when they
 * are judged and answered (`errno`, `status`, wrapped errors, …). It is meant for another process of
 * yours, not for a client: stack and causes hold paths and engine text.
 *
 * Any value is accepted and nothing is thrown. Limits: 32 levels of causes, 64 members of an
 * `AggregateError`, 256 errors in all; what lies beyond, and cycles, is cut. Texts are kept whole.
 * Symbols and functions arrive as text.
 */
export function serializeException(exception: FalServerlessException): SerializedException;
export function serializeException(error: Error): SerializedException | SerializedError;
export function serializeException(value: unknown): Serialized;
export function serializeException(value: unknown): Serialized {
  return require('./json.js').serialize(value);
}

/**
 * Rebuilds what {@link serializeException} wrote: the same class, name, code, status, stack,
 * `failure` and causes. A subclass that is not part of this package comes back as its nearest parent
 * that is, under its own name. What a later version added is ignored.
 *
 * Bounded as the writer is, whatever it is given: 32 levels, 64 members, 256 errors.
 *
 * What it rebuilds never closes the fatal latch: it happened in another process.
 *
 * @throws TypeError if `serialized` is not an object that `serializeException` made.
 */
export function deserializeException(serialized: SerializedException): FalServerlessException;
export function deserializeException(serialized: SerializedException | SerializedError): Error;
export function deserializeException(serialized: Serialized | SerializedValue): unknown;
export function deserializeException(serialized: Serialized): unknown {
  return require('./revive.js').deserialize(serialized);
}
