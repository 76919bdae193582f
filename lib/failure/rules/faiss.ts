/** Faiss. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const faiss: readonly Rule[] = [
  {
    id: 'faiss.memory',
    origin: 'facebookresearch/faiss faiss/gpu/StandardGpuResources.cpp (allocMemory)',
    pattern:
      /StandardGpuResources: alloc fail|Failed to cudaMalloc (?<requested>\d{1,19}) bytes on GPU (?<device>\d{1,3})/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'cudart',
    example:
      "Error: 'err == cudaSuccess' failed: Failed to cudaMalloc 8192000000 bytes on GPU 0 (error 2 out of memory",
  },
];
