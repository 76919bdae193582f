/** PyCUDA, and Python packages that are of use on a GPU only. */

import { factsOfCudaString } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const pythonPackages: readonly Rule[] = [
  {
    id: 'pycuda.context',
    origin: 'inducer/pycuda src/cpp/cuda.hpp: <routine> failed: <string>',
    pattern:
      /explicit_context_dependent failed: (?<why>[^\n]{1,80})|\bpycuda\._driver\.\w{4,20}: (?<why2>[^\n]{1,120})/,
    weight: Weight.certain,
    category: 'library',
    library: 'cuda',
    resolve: (match) =>
      factsOfCudaString(match.groups?.['why'] ?? match.groups?.['why2'] ?? '', true, false) ?? {},
    example:
      'explicit_context_dependent failed: invalid device context - no currently active context?',
  },
  {
    id: 'python.gpu-package',
    origin: 'python/cpython Lib/importlib: packages that are of use on a GPU only',
    pattern:
      /No module named ['"]?(?:cuda|cupy\w{0,12}|pycuda|tensorrt\w{0,12}|torch_tensorrt|pynvml|cudf|cuml|cugraph|cuspatial|rmm|cucim|pyopencl|flash_attn_\w{1,20}|\w{1,30}_cuda\w{0,10}|nvidia(?:\.\w{1,20}){1,3})(?:\.[\w.]{1,40})?['"]?(?![\w-])|Failed to import CuPy|CuPy failed to load|['"](?:cupy[\w-]{0,16}|nvidia-[\w-]{1,30}|\w{2,30}-(?:gpu|cuda\w{0,6}|rocm|directml))['"] distribution was not found/,
    weight: Weight.conclusive + 1,
    category: 'library',
    restart: 'environment',
    remedy:
      'Install the GPU package that is named, in the build for the CUDA or ROCm that is there.',
    example: "No module named 'cupy'",
    nearMiss: "No module named 'cudaless'",
  },
];
