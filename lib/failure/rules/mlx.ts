/** MLX. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const mlx: readonly Rule[] = [
  {
    id: 'mlx.allocation',
    origin: 'ml-explore/mlx mlx/backend/metal/allocator.cpp, mlx/backend/cuda/allocator.cpp',
    pattern:
      /\[(?:metal::malloc|malloc_or_wait|malloc)\] (?:Attempting to allocate (?<requested>\d{1,19}) bytes which is greater|Unable to allocate (?<requested2>\d{1,19}) bytes|Resource limit \(\d{1,12}\) exceeded)|\[METAL\] Command buffer execution failed: Insufficient Memory/,
    weight: Weight.conclusive + 1,
    category: 'out-of-memory',
    library: 'metal',
    resolve: (match) =>
      match.groups?.['requested2'] === undefined
        ? {}
        : { requestedBytes: Number(match.groups['requested2']) },
    example:
      '[metal::malloc] Attempting to allocate 77309411328 bytes which is greater than the maximum allowed buffer size of 22613000192 bytes.',
  },
];
