/** RELION. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const relion: readonly Rule[] = [
  {
    id: 'relion.gpu',
    origin: '3dem/relion src/acc/cuda/custom_allocator.cuh, src/acc/cuda/cuda_settings.h',
    pattern:
      /out of memory in [^\n]{0,160}\/acc\/cuda|ran out of memory on the GPU|CudaCustomAllocator out of memory|Not enough memory on GPU|(?<fault>\bKERNEL_ERROR\b|\/acc\/cuda\/[^\n]{0,60}error-code \d{1,4})/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'cudart',
    resolve: (match, text) =>
      match.groups?.['fault'] !== undefined && !/out of memory/.test(text)
        ? { category: 'library' }
        : {},
    example:
      'ERROR: out of memory in /relion/src/acc/cuda/custom_allocator.cuh at line 435 (error-code 2)',
  },
];
