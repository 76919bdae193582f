/** COLMAP. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const colmap: readonly Rule[] = [
  {
    id: 'colmap.gpu',
    origin: 'colmap/colmap src/colmap/feature/sift.cc, src/colmap/util/opengl_utils.cc',
    pattern:
      /(?<oom>Not enough GPU memory to match)|SiftGPU not fully supported|Check failed: context_\.create\(\)|(?:requires|without) CUDA, which is not available/,
    weight: Weight.certain,
    category: 'no-device',
    resolve: (match) =>
      match.groups?.['oom'] === undefined
        ? { restart: 'environment' }
        : { category: 'out-of-memory' },
    example: 'ERROR: Not enough GPU memory to match 8192 features.',
  },
];
