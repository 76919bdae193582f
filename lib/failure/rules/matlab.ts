/** MATLAB. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const matlab: readonly Rule[] = [
  {
    id: 'matlab.gpu',
    origin: 'MATLAB Parallel Computing Toolbox: gpuArray and gpuDevice',
    pattern:
      /(?<oom>Out of memory on device)|error occurred during CUDA execution|problem with the CUDA driver or with this GPU|Unable to find a supported GPU device|GPU device[^\n]{0,40}is not supported|CUDA error was: (?<why>\w{4,60})/,
    weight: Weight.strong,
    category: 'no-device',
    resolve: (match) => {
      if (match.groups?.['oom'] !== undefined) return { category: 'out-of-memory' };
      return /CUDA e/.test(match[0]) ? { category: 'library', library: 'cuda' } : {};
    },
    example:
      "Out of memory on device. To view more detail about available memory on the GPU, use 'gpuDevice()'.",
  },
];
