/** Errors as engines and addons make them. */

import type { GPUTag } from '../../lib/failure/types.js';

const TAG = Symbol.for('gpu-exceptions.tag');

/** An error that native code has tagged. */
export function tagged(tag: Partial<GPUTag> = {}, message = 'CUDA call failed'): Error {
  const value = {
    v: 1,
    library: 'cudart',
    code: 2,
    call: 'cudaMalloc',
    device: null,
    requestedBytes: null,
    file: null,
    line: null,
    ...tag,
  };
  return Object.defineProperty(new Error(message), TAG, { value });
}

/** An error of a binding that keeps the runtime's number on it. */
export class CudaError extends Error {
  constructor(
    readonly code: number,
    message = `CUDA status ${code}`,
  ) {
    super(message);
  }
}

/** What PyTorch, TensorRT and llama.cpp say; text only. */
export const outOfMemoryText = (): Error => new Error('CUDA error: out of memory');
export const illegalAddressText = (): Error =>
  new Error('CUDA error: an illegal memory access was encountered');

/** What `call` throws, whatever it is; fails when it returns. */
export function thrownBy(call: () => unknown): unknown {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    return error;
  }
  throw new Error(`nothing was thrown; it returned ${typeof result}`);
}

/** What a promise rejects with; fails when it fulfils. */
export async function rejectionOf(promise: PromiseLike<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`it fulfilled with ${typeof value}`);
}
