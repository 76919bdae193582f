/** OpenMM. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const openmm: readonly Rule[] = [
  {
    id: 'openmm.platform',
    origin: 'openmm/openmm olla/src/Platform.cpp, platforms/cuda/src/CudaContext.cpp',
    pattern:
      /There is no registered Platform called "?(?:CUDA|OpenCL|HIP|Metal)|No compatible (?:CUDA|OpenCL|HIP) device is available|Error (?:initializing|launching) (?:CUDA|OpenCL|HIP|CUDA compiler)|Error creating context: [^\n]{0,60}\(-?\d{1,4}\)/,
    weight: Weight.strong,
    category: 'no-device',
    restart: 'environment',
    example: 'There is no registered Platform called "CUDA"',
    nearMiss: 'There is no registered Platform called "Quantum"',
  },
];
