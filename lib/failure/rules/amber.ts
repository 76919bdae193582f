/** Amber. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const amber: readonly Rule[] = [
  {
    id: 'amber.buffer',
    origin: 'Amber pmemd.cuda gpuBuffer.h: <call> GpuBuffer::<method> failed <string>',
    pattern: /GpuBuffer::\w{3,20}(?:\(\))? failed (?<why>[^\n]{1,80})/,
    weight: Weight.certain,
    category: 'library',
    library: 'cudart',
    resolve: (match) =>
      /out of memory/.test(match.groups?.['why'] ?? '')
        ? { category: 'out-of-memory' }
        : /illegal|launch failure/.test(match.groups?.['why'] ?? '')
          ? { category: 'kernel-fault' }
          : {},
    example: 'cudaMalloc GpuBuffer::Allocate failed out of memory',
  },
];
