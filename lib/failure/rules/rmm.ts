/** RMM and cuDF. */

import { factsOfCudaString } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const rmm: readonly Rule[] = [
  {
    id: 'rmm.out-of-memory',
    origin:
      'rapidsai/rmm cpp/src/error.cpp, cpp/include/rmm/mr/pool_memory_resource.hpp; NVIDIA/thrust system_error',
    pattern:
      /RMM_ERROR_OUT_OF_MEMORY|Maximum pool size exceeded|(?:std::bad_alloc|rmm): out_of_memory|std::bad_alloc: (?:CUDA error at: [^\n]{1,200}: )?cudaErrorMemoryAllocation/,
    weight: Weight.conclusive + 1,
    category: 'out-of-memory',
    library: 'cudart',
    example:
      'std::bad_alloc: out_of_memory: CUDA error at: /include/rmm/mr/device/cuda_memory_resource.hpp:60: cudaErrorMemoryAllocation out of memory',
    nearMiss: 'std::bad_alloc',
  },
  {
    id: 'rmm.error',
    origin: 'rapidsai/rmm (older C interface): RMM_FREE, RMM_ALLOC',
    pattern: /RMM_ERROR_(?:CUDA_ERROR|NOT_INITIALIZED|UNKNOWN)/,
    weight: Weight.strong,
    category: 'unknown',
    library: 'cudart',
    example: 'RMM_ERROR_CUDA_ERROR',
  },
  {
    id: 'rmm.allocator',
    origin:
      'rapidsai/rmm thrust allocator: rmm_allocator::deallocate(): RMM_FREE: <cudaGetErrorString>',
    pattern: /RMM_(?:FREE|ALLOC): (?<why>[^\n]{1,120})/,
    weight: Weight.certain,
    category: 'kernel-fault',
    library: 'cudart',
    resolve: (match) => {
      const facts = factsOfCudaString(match.groups?.['why'] ?? '', true, false);
      return facts?.category === 'out-of-memory' ? facts : { name: facts?.name, code: facts?.code };
    },
    example: 'rmm_allocator::deallocate(): RMM_FREE: unspecified launch failure',
  },
];
