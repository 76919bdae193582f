/** Julia's CUDA.jl and the packages before it. */

import { factsFromCode } from '../code-facts.js';
import type { GPULibrary } from '../types.js';
import { factsOfCudaNumber } from './cuda-strings.js';
import { ENVIRONMENT, Weight } from './rule.js';
import type { Rule } from './rule.js';

const LIBRARIES: Readonly<Record<string, GPULibrary>> = {
  BLAS: 'cublas',
  DNN: 'cudnn',
  FFT: 'cufft',
  RAND: 'curand',
  SOLVER: 'cusolver',
  SPARSE: 'cusparse',
};

export const julia: readonly Rule[] = [
  {
    id: 'julia.out-of-memory',
    origin: 'JuliaGPU/CUDA.jl src/pool.jl, src/memory.jl (OutOfGPUMemoryError)',
    pattern: /\bOut of GPU memory\b|\bOutOfGPUMemoryError\b/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'cuda',
    example: 'Out of GPU memory trying to allocate 1.000 GiB',
  },
  {
    id: 'julia.library-error',
    origin:
      'JuliaGPU/CUDA.jl lib/cublas, lib/cudnn, lib/cufft: CU<LIB>Error(code <number>, <text>)',
    pattern:
      /\bCU(?<what>BLAS|DNN|FFT|RAND|SOLVER|SPARSE)Error(?:\((?:code )?|: [^\n]{0,80}\(code )(?<code>\d{1,4})/,
    weight: Weight.certain,
    category: 'library',
    resolve: (match) => {
      const library = LIBRARIES[match.groups?.['what'] ?? ''] ?? null;
      const code = Number(match.groups?.['code']);
      return (library === null ? null : factsFromCode(library, code)) ?? { library, code };
    },
    example: 'CUFFTError(code 2, cuFFT failed to allocate GPU or CPU memory)',
  },
  {
    id: 'julia.driver-error',
    origin: 'JuliaGPU/CUDA.jl lib/cudadrv/error.jl: CUDA error: <string> (code <number>, <NAME>)',
    pattern:
      /CUDA error: [^\n]{1,120}\(code #?(?<code>\d{1,4}), ERROR_\w{2,60}\)|\bCuError\((?<code2>\d{1,4})/,
    weight: Weight.certain,
    category: 'unknown',
    resolve: (match) => ({
      ...factsOfCudaNumber(Number(match.groups?.['code'] ?? match.groups?.['code2']), false),
      library: 'cuda',
    }),
    example: 'CUDA error: out of memory (code 2, ERROR_OUT_OF_MEMORY)',
  },
  {
    id: 'julia.kernel-exception',
    origin: 'JuliaGPU/CUDA.jl src/compiler/exceptions.jl (KernelException)',
    pattern: /exception thrown during kernel execution on device/,
    weight: Weight.certain,
    category: 'kernel-fault',
    library: 'cuda',
    example: 'KernelException: exception thrown during kernel execution on device NVIDIA A100',
  },
  {
    id: 'julia.setup',
    origin: 'JuliaGPU/CUDA.jl src/initialization.jl',
    pattern:
      /CUDA\.jl did not (?:successfully initialize|find)|CUDA\.jl (?:could not|failed)|[Cc]ould not find (?:an? )?(?:appropriate|suitable) CUDA (?:runtime|toolkit)|CUDA driver not (?:found|functional)|CuArrays did not|\bAMDGPU\.jl (?:could not|is not functional)/,
    weight: Weight.strong,
    category: 'no-device',
    ...ENVIRONMENT,
    example: 'CUDA.jl did not successfully initialize, and is not usable.',
  },
];
