/** ROCm: the runtime, its libraries, its set-up. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const rocm: readonly Rule[] = [
  {
    id: 'rocm.memory-fault',
    origin: 'ROCm/ROCR-Runtime runtime/hsa-runtime/core/runtime/runtime.cpp',
    pattern:
      /Memory access fault by GPU(?: node-(?<node>\d{1,3}))?|Memory critical error by agent node-|HW Exception by GPU|Page not present or supervisor privilege/,
    weight: Weight.certain,
    category: 'kernel-fault',
    library: 'hip',
    example:
      'Memory access fault by GPU node-1 (Agent handle: 0x55d) on address 0x7f0. Reason: Page not present or supervisor privilege.',
  },
  {
    id: 'rocm.no-binary',
    origin: 'ROCm/clr hipamd/src/hip_code_object.cpp, ROCm/rocBLAS library/src/tensile_host.cpp',
    pattern:
      /Unable to find code object for all current devices|(?:rocBLAS|rocblaslt?) error[: ][^\n]{0,160}|Cannot read [^\n]{0,160}TensileLibrary|MIOpen(?: Error|\(HIP\): Error|Error)|miopenStatus\w{4,40}/i,
    weight: Weight.certain,
    category: 'library',
    library: 'hip',
    resolve: (match) =>
      /code object|TensileLibrary/.test(match[0])
        ? { category: 'not-supported', restart: 'environment' }
        : /AllocFailed/.test(match[0])
          ? { category: 'out-of-memory' }
          : {},
    example:
      'rocBLAS error: Cannot read /opt/rocm/lib/rocblas/library/TensileLibrary.dat: No such file or directory for GPU arch : gfx1031',
  },
  {
    id: 'rocm.setup',
    origin: 'ROCm/rocm_smi_lib, ROCm/rocminfo, ROCm/ROCR-Runtime',
    pattern:
      /(?:Unable to open|Could not open|cannot open|no access to) \/dev\/kfd|hsa_init failed|ROCk module is NOT loaded|[Nn]o (?:ROCm|HIP|AMD)(?:-capable)? (?:GPUs?|devices?)|ROCm is not (?:available|installed|supported)/,
    weight: Weight.certain,
    category: 'no-device',
    library: 'hip',
    example: 'ROCk module is NOT loaded, possibly no GPU devices',
  },
  {
    id: 'rocm.status-name',
    origin: 'ROCm/rocBLAS, hipBLAS, rocSPARSE, hipFFT, MIOpen headers: names of statuses',
    pattern:
      /\b(?:rocblas|rocsparse|rocsolver|rocfft|hipblas|miopen)_?[sS]tatus_?(?!_?[sS]uccess)\w{4,50}|\b(?:HIPBLAS|HIPSPARSE|HIPSOLVER|HIPFFT|HIPRAND|ROCRAND)_(?:STATUS_)?(?!STATUS_|SUCCESS)[A-Z_]{4,50}/,
    weight: Weight.strong,
    category: 'library',
    library: 'hip',
    resolve: (match) =>
      /alloc_failed|ALLOC_FAILED|memory_error|AllocFailed/.test(match[0])
        ? { category: 'out-of-memory' }
        : {},
    example: 'hipBLAS error: HIPBLAS_STATUS_INTERNAL_ERROR',
    nearMiss: 'hipblas version 2.1',
  },
];
