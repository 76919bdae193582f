/** Molecular dynamics and imaging: GROMACS, OpenMM, LAMMPS, NAMD, Amber, RELION, COLMAP. */

import { factsOfCudaNumber } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const simulation: readonly Rule[] = [
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
  {
    id: 'relion.gpu',
    origin: '3dem/relion src/acc/cuda/custom_allocator.cuh, src/acc/cuda/cuda_settings.h',
    pattern:
      /out of memory in [^\n]{0,160}\/acc\/cuda|ran out of memory on the GPU|CudaCustomAllocator out of memory|Not enough memory on GPU|(?<fault>\bKERNEL_ERROR\b|\/acc\/cuda\/[^\n]{0,60}error-code \d{1,4})/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'cudart',
    resolve: (match, text) =>
      match.groups?.['fault'] !== undefined && !/out of memory/.test(text)
        ? { category: 'library' }
        : {},
    example:
      'ERROR: out of memory in /relion/src/acc/cuda/custom_allocator.cuh at line 435 (error-code 2)',
  },
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
