/** Tags for errors that another binding made. */

import { setTag } from '../failure/tag.js';
import type { GPULibrary } from '../failure/types.js';
import { checkDevice, checkInteger, describe, readKeys } from '../guard/arguments.js';

/** What native code knows about a failed call; everything but the library may be left out. */
export interface TagFields {
  library: GPULibrary;
  /** The native status, e.g. `2`; an integer of 32 bits. */
  code?: number | null;
  /** The vendor call that answered it, e.g. `cudaMalloc`. */
  call?: string | null;
  /** CUDA ordinal. */
  device?: number | null;
  /** In bytes. */
  requestedBytes?: number | null;
  /** Where in the native source the call stands. */
  file?: string | null;
  line?: number | null;
}

const LIBRARIES: Readonly<Record<GPULibrary, true>> = {
  cudart: true,
  cuda: true,
  nvml: true,
  cudnn: true,
  cublas: true,
  cufft: true,
  curand: true,
  cusparse: true,
  cusolver: true,
  nccl: true,
  nvrtc: true,
  tensorrt: true,
  hip: true,
  'rocm-smi': true,
  vulkan: true,
  metal: true,
  d3d: true,
  webgpu: true,
  opencl: true,
  sycl: true,
  'level-zero': true,
  cann: true,
};

const FIELDS = ['library', 'code', 'call', 'device', 'requestedBytes', 'file', 'line'] as const;

/**
 * Puts a tag on an error that another binding made, so that the guard and `classifyGpuFailure` judge
 * it by its native code instead of its text. The tag is a non-enumerable own property under
 * `Symbol.for('gpu-exceptions.tag')`; an older one is replaced. Loads neither addon nor library.
 *
 * @returns the same error.
 * @throws {TypeError | RangeError} `error` cannot carry a tag (no object, frozen), or a field is not
 * what it must be.
 */
export function tag<E extends object>(error: E, fields: TagFields): E {
  if ((typeof error !== 'object' && typeof error !== 'function') || error === null) {
    throw new TypeError(`error must be an object; got ${describe(error)}`);
  }
  const given = readKeys(fields, 'fields', FIELDS);
  const complete = {
    v: 1,
    library: library(given['library']),
    code: integer(given['code'], 'fields.code', -(2 ** 31), 2 ** 31 - 1),
    call: text(given['call'], 'fields.call'),
    device: nothing(given['device']) ? null : checkDevice(given['device'], 'fields.device'),
    requestedBytes: integer(
      given['requestedBytes'],
      'fields.requestedBytes',
      0,
      Number.MAX_SAFE_INTEGER,
    ),
    file: text(given['file'], 'fields.file'),
    line: integer(given['line'], 'fields.line', 0, 2 ** 31 - 1),
  } as const;
  if (!setTag(error, complete)) {
    throw new TypeError('error must be extensible to carry a tag; it is frozen, sealed or a proxy');
  }
  return error;
}

function nothing(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function library(value: unknown): GPULibrary {
  if (typeof value === 'string' && Object.hasOwn(LIBRARIES, value)) return value as GPULibrary;
  throw new TypeError(
    `fields.library must be one of ${Object.keys(LIBRARIES).join(', ')}; got ${describe(value)}`,
  );
}

function integer(value: unknown, argument: string, least: number, most: number): number | null {
  return nothing(value) ? null : checkInteger(value, argument, least, most);
}

function text(value: unknown, argument: string): string | null {
  if (nothing(value)) return null;
  if (typeof value === 'string') return value;
  throw new TypeError(`${argument} must be a string; got ${describe(value)}`);
}
