/** PaddlePaddle. */

import { factsOfCudaNumber } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const paddle: readonly Rule[] = [
  {
    id: 'paddle.error',
    origin: 'PaddlePaddle/Paddle paddle/phi/core/enforce.h, paddle/phi/core/memory/allocation',
    pattern:
      /Out of memory error on GPU (?<device>\d{1,3})|Cannot allocate (?<requested>[\d.]{1,20} ?[KMGT]?i?B) memory on GPU \d{1,3}/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'cudart',
    example:
      'Out of memory error on GPU 0. Cannot allocate 2.000000GB memory on GPU 0, 3.9GB memory has been allocated',
  },
  {
    id: 'paddle.external',
    origin:
      'PaddlePaddle/Paddle paddle/phi/core/enforce.h: (External) CUDA error(<number>), <string>',
    pattern:
      /\b(?:CUDA|CUDNN|CUBLAS|Cublas|Cudnn|CUSOLVER|Cusolver|CURAND|CUFFT) error(?:\((?<code>\d{1,4})\))?,/,
    weight: Weight.fair,
    category: 'library',
    resolve: (match) =>
      match[0].startsWith('CUDA') && match.groups?.['code'] !== undefined
        ? factsOfCudaNumber(Number(match.groups['code']), false)
        : {},
    example: '(External) CUDNN error(8), execution failed.',
  },
];
