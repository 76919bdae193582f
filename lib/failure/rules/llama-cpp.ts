/** llama.cpp and llamafile. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const llamaCpp: readonly Rule[] = [
  {
    id: 'llama.fit-params-veto',
    origin: 'ggml-org/llama.cpp common/fit.cpp: a failed trial load says nothing of the device',
    pattern: /trying to fit params to free device memory/,
    weight: Weight.fair,
    veto: true,
    example:
      'common_fit_params: encountered an error while trying to fit params to free device memory: failed to load model',
  },
  {
    id: 'llama.gpu-symbols',
    origin: 'dynamic loader: undefined symbol of a ggml GPU backend',
    pattern:
      /undefined symbol: (?:ggml_(?:backend_)?(?:cuda|vk|vulkan|metal|sycl|cl|hip)\w{0,60}|cu(?:da|blas|dnn|Mem|Ctx|Device)\w{1,60}|__nv\w{1,60})/,
    weight: Weight.strong,
    category: 'library',
    restart: 'environment',
    example: 'libllama.so: undefined symbol: ggml_backend_cuda_init',
    nearMiss: 'addon.node: undefined symbol: napi_create_error',
  },
  {
    id: 'llamafile.gpu-library',
    origin: 'mozilla-ai/llamafile llamafile/cuda.c, llamafile/metal.c',
    pattern:
      /(?:extract_cuda_dso|import_cuda_impl|link_cuda_dso)[^\n]{0,80}(?:not found|fail|can't|error|warning)|ggml-(?:cuda|rocm)\.(?:so|dll|dylib)[^\n]{0,60}(?:not found|failed|cannot)/,
    weight: Weight.fair,
    category: 'library',
    restart: 'environment',
    soft: true,
    example: 'link_cuda_dso: warning: symbol table not found',
  },
];
