/** LAMMPS. */

import { factsOfCudaNumber } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const lammps: readonly Rule[] = [
  {
    id: 'lammps.accelerator',
    origin: 'lammps/lammps lib/gpu/lal_device.cpp, src/GPU/gpu_extra.h',
    pattern:
      /(?<oom>[Ii]nsufficient memory on accelerator)|Unable to initialize accelerator|GPU library not compiled for this accelerator|Could not find\/initialize a specified accelerator|Invalid OpenCL platform ID|Accelerator sharing is not currently supported|Double precision is not supported on (?:this )?(?:accelerator|card)|could not (?:set up|find) accelerator/,
    weight: Weight.certain,
    category: 'no-device',
    resolve: (match) =>
      match.groups?.['oom'] === undefined
        ? { restart: 'environment' }
        : { category: 'out-of-memory' },
    example: 'ERROR: Insufficient memory on accelerator',
  },
  {
    id: 'lammps.driver-error',
    origin: 'lammps/lammps lib/gpu/geryon/nvd_macros.h: Cuda driver error <number> in call at file',
    pattern: /Cuda (?:driver|runtime) error (?<code>\d{1,4}) in call at file/,
    weight: Weight.certain,
    category: 'unknown',
    library: 'cuda',
    resolve: (match) => factsOfCudaNumber(Number(match.groups?.['code']), false) ?? {},
    example: "Cuda driver error 700 in call at file 'geryon/nvd_timer.h' in line 76.",
  },
];
