/** CTranslate2 and faster-whisper. */

import { factsOfCudaString } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const ctranslate2: readonly Rule[] = [
  {
    id: 'ctranslate2.failed-with',
    origin: 'OpenNMT/CTranslate2 src/cuda/utils.h',
    pattern:
      /\b(?:CUDA|NCCL) failed with error (?<why>[^\n]{1,160})|cu(?:BLAS|DNN) failed with status (?<status>\w{3,60})/,
    weight: Weight.strong,
    category: 'library',
    resolve: (match) => factsOfCudaString(match.groups?.['why'] ?? '', true, false) ?? {},
    example: 'CUDA failed with error out of memory',
  },
];
