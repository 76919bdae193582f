/** Numba. */

import { factsOfCudaNumber } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const numba: readonly Rule[] = [
  {
    id: 'numba.driver-call',
    origin:
      'numba/numba numba/cuda/cudadrv/driver.py: [<number>] Call to <function> results in <name>',
    pattern:
      /\[(?<code>\d{1,4})\] Call to (?<call>cu[A-Z]\w{2,40}) results in (?<why>\w{1,60})|CUDA driver library cannot be found|Error at driver init/,
    weight: Weight.certain,
    category: 'no-device',
    resolve: (match) =>
      match.groups?.['code'] === undefined
        ? {}
        : {
            ...factsOfCudaNumber(Number(match.groups['code']), false),
            library: 'cuda',
            call: match.groups['call'],
            name: match.groups['why'],
          },
    example: '[719] Call to cuMemAlloc results in CUDA_ERROR_LAUNCH_FAILED',
  },
  {
    id: 'numba.setup',
    origin: 'numba/numba numba/cuda/cudadrv/error.py (CudaSupportError, NvvmSupportError)',
    pattern:
      /\bCudaSupportError\b|\bNvvmSupportError\b|libNVVM cannot be found|Missing libdevice file|CUDA is disabled due to setting NUMBA_DISABLE_CUDA/,
    weight: Weight.conclusive + 1,
    category: 'library',
    restart: 'environment',
    example: 'libNVVM cannot be found. Do `conda install cudatoolkit`:',
  },
];
