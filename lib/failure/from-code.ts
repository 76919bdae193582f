/** From structured codes on an error object to facts. */

import { factsFromCode } from './code-facts.js';
import type { ErrorView } from './error-view.js';
import { read } from './error-view.js';
import type { FailureFacts } from './facts.js';
import { dxgiFacts, graphicsFacts } from './graphics-codes.js';
import { libraryNamed } from './libraries.js';
import { factsOfVendorName } from './rules/vendor-names.js';
import type { GPULibrary } from './types.js';

/** Error classes of bindings, whose numbers are of one library. */
const CLASSES: ReadonlyMap<string, GPULibrary> = new Map<string, GPULibrary>([
  ['CUDAError', 'cudart'],
  ['CudaError', 'cudart'],
  ['CUDARuntimeError', 'cudart'],
  ['CudaRuntimeError', 'cudart'],
  ['AcceleratorError', 'cudart'],
  ['CUDADriverError', 'cuda'],
  ['CudaDriverError', 'cuda'],
  ['CudaAPIError', 'cuda'],
  ['DriverError', 'cuda'],
  ['NVMLError', 'nvml'],
  ['NvmlError', 'nvml'],
  ['CUDNNError', 'cudnn'],
  ['CudnnError', 'cudnn'],
  ['CUBLASError', 'cublas'],
  ['CublasError', 'cublas'],
  ['CUFFTError', 'cufft'],
  ['CURANDError', 'curand'],
  ['CUSOLVERError', 'cusolver'],
  ['CuSparseError', 'cusparse'],
  ['NcclError', 'nccl'],
  ['NCCLError', 'nccl'],
  ['NVRTCError', 'nvrtc'],
  ['HIPError', 'hip'],
  ['HipError', 'hip'],
]);

/** Classes that say what failed by their name alone. */
const TELLING_CLASSES: ReadonlyMap<string, FailureFacts> = new Map<string, FailureFacts>([
  ['GPUOutOfMemoryError', { category: 'out-of-memory', library: 'webgpu' }],
  ['GPUInternalError', { category: 'library', library: 'webgpu' }],
  ['GPUValidationError', { category: 'invalid-argument', library: 'webgpu' }],
  ['GPUPipelineError', { category: 'library', library: 'webgpu' }],
  ['torch.cuda.OutOfMemoryError', { category: 'out-of-memory', library: 'cudart' }],
  ['torch.OutOfMemoryError', { category: 'out-of-memory' }],
  ['cupy.cuda.memory.OutOfMemoryError', { category: 'out-of-memory', library: 'cudart' }],
  ['vk::OutOfDeviceMemoryError', { category: 'out-of-memory', library: 'vulkan' }],
  ['vk::DeviceLostError', { category: 'device-lost', library: 'vulkan' }],
  ['triton.runtime.errors.OutOfResources', { category: 'not-supported' }],
]);

/** Where bindings keep the native number, beside `code` and `errno`. */
const NUMBER_KEYS = ['errorCode', 'error_code', 'status', 'statusCode'] as const;
const LIBRARY_KEYS = ['library', 'api', 'backend'] as const;

/** What structured evidence says. */
export interface StructuredReading {
  facts: FailureFacts;
  /** What it was read from, for explanations. */
  from: string;
  /** A native code, as opposed to a class's name. */
  native: boolean;
}

/** What a status name can look like, before the tables are asked. */
const STATUS_NAME = /^(?:cudaError|nccl[A-Z]|hipError|[A-Z][A-Za-z0-9]{1,8}_|kIOGPU|0x|887[aA])/;

function fromNames(view: ErrorView): StructuredReading | null {
  for (const [key, value] of [
    ['code', view.code],
    ['name', view.name],
    ['errno', view.errno],
  ] as const) {
    if (typeof value !== 'string' || value.length > 80 || !STATUS_NAME.test(value)) continue;
    const facts = factsOfVendorName(value) ?? graphicsFacts(value);
    if (facts !== null) return { facts, from: `${key} ${value}`, native: true };
  }
  return null;
}

/** `torch.cuda.OutOfMemoryError` and `onnxruntime::Fail` by their last part. */
function lastPart(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('.'), name.lastIndexOf(':')) + 1);
}

function numberIn(view: ErrorView, error: object, more: boolean): [string, number] | null {
  if (Number.isInteger(view.code)) return ['code', view.code as number];
  if (Number.isInteger(view.errno)) return ['errno', view.errno as number];
  if (!more) return null;
  for (const key of NUMBER_KEYS) {
    const value = read(error, key);
    if (Number.isInteger(value)) return [key, value as number];
  }
  return null;
}

function libraryBeside(error: object): GPULibrary | null {
  for (const key of LIBRARY_KEYS) {
    const library = libraryNamed(read(error, key));
    if (library !== null) return library;
  }
  return null;
}

/** A number, where the class or a property beside it tells whose it is; or one of DXGI's. */
function fromNumbers(view: ErrorView): StructuredReading | null {
  if (typeof view.value !== 'object' || view.value === null) return null;
  const byClass = CLASSES.get(view.className) ?? CLASSES.get(lastPart(view.name)) ?? null;
  const number = numberIn(view, view.value, byClass !== null);
  if (number === null) return null;
  const [key, code] = number;
  const library = byClass ?? libraryBeside(view.value);
  const facts = library === null ? dxgiFacts(code) : factsFromCode(library, code);
  return facts === null ? null : { facts, from: `${key} ${String(code)}`, native: true };
}

/**
 * Codes and classes that name a GPU failure: vendor names, DXGI's numbers, numbers whose library the
 * object tells. A bare number says nothing. Never throws.
 */
export function fromCode(view: ErrorView): StructuredReading | null {
  const { name: given, className: made, code, errno } = view;
  // What most errors are: nothing but a message.
  if (made === 'Error' && given === 'Error' && code === undefined && errno === undefined)
    return null;
  const byCode = fromNames(view) ?? fromNumbers(view);
  if (byCode !== null) return byCode;
  const name = TELLING_CLASSES.has(view.name) ? view.name : view.className;
  const facts = TELLING_CLASSES.get(name);
  return facts === undefined ? null : { facts, from: `class ${name}`, native: false };
}
