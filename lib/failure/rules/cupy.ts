/** CuPy. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const cupy: readonly Rule[] = [
  {
    id: 'cupy.out-of-memory',
    origin: 'cupy/cupy cupy/cuda/memory.pyx (OutOfMemoryError)',
    pattern:
      /Out of memory allocating (?<requested>\d{1,3}(?:,\d{3}){0,6}) bytes|out of memory to allocate (?<requested2>\d{1,19}) bytes \(total (?<total2>\d{1,19}) bytes/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'cudart',
    // In this old wording "total" is what the pool holds, not what the device has.
    resolve: (match) =>
      match.groups?.['requested2'] === undefined
        ? {}
        : { requestedBytes: Number(match.groups['requested2']) },
    example: 'Out of memory allocating 25,600,000 bytes (allocated so far: 3,635,267,072 bytes).',
  },
];
