/** The CUDA runtime's last error on the calling thread. */

import type { GPUTag } from '../failure/types.js';
import { loadBinding } from '../native/load.js';

/**
 * The last error of the CUDA runtime on the calling thread, which is thereby cleared
 * (`cudaGetLastError`; CUDA Runtime API, "Error Handling"); `null` when there is none.
 *
 * Limits: the error belongs to one thread, and to one copy of the runtime – an engine that links the
 * runtime statically has its own, which nobody else can ask. Asking initialises the runtime. Sticky
 * errors are not cleared, and without a driver the start-up error (35) is answered for ever: never
 * call this in a loop "until null".
 *
 * @throws {GPUException} the runtime cannot be opened.
 */
export function lastError(): GPUTag | null {
  return tagOf(loadBinding().lastError(), 'cudaGetLastError');
}

/**
 * The same, but leaves the error in place (`cudaPeekAtLastError`). Initialises the runtime, too.
 *
 * @throws {GPUException} the runtime cannot be opened.
 */
export function peekLastError(): GPUTag | null {
  return tagOf(loadBinding().peekLastError(), 'cudaPeekAtLastError');
}

function tagOf(code: number, call: string): GPUTag | null {
  if (code === 0) return null;
  return {
    v: 1,
    library: 'cudart',
    code,
    call,
    device: null,
    requestedBytes: null,
    file: null,
    line: null,
  };
}
