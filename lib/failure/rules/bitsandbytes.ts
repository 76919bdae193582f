/** bitsandbytes. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const bitsandbytes: readonly Rule[] = [
  {
    id: 'bitsandbytes.setup',
    origin: 'bitsandbytes-foundation/bitsandbytes bitsandbytes/cextension.py, cuda_setup/main.py',
    pattern:
      /CUDA Setup failed|CUDA SETUP: (?:Required library version not found|CUDA runtime path found|Something unexpected|Error|Problem|Loading binary \S{1,200} failed)|libbitsandbytes_\w{1,20}\.(?:so|dll)[^\n]{0,40}not found|compiled without GPU support/i,
    weight: Weight.strong,
    category: 'library',
    restart: 'environment',
    example: 'CUDA Setup failed despite GPU being available.',
  },
  {
    id: 'bitsandbytes.binary',
    origin:
      'bitsandbytes-foundation/bitsandbytes bitsandbytes/cextension.py, bitsandbytes/diagnostics',
    pattern:
      /[Cc]ould not (?:find the bitsandbytes (?:CUDA|ROCm|XPU|GPU) binary|load bitsandbytes native library)|CUDA[_ ]SETUP: WARNING!|bitsandbytes library load error|Configured (?:CUDA|ROCm) binary not found/,
    weight: Weight.conclusive + 1,
    category: 'library',
    restart: 'environment',
    example: 'Could not find the bitsandbytes CUDA binary at /app/libbitsandbytes_cuda124.so',
    nearMiss: 'Could not find the bitsandbytes configuration',
  },
];
