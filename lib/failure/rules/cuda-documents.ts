/** Bindings that print what CUDA's reference says of a code, such as ManagedCuda for .NET. */

import { findCodeByName } from '../../codes/index.js';
import { factsFromName } from '../code-facts.js';
import type { FailureFacts } from '../facts.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

/** Sentences of the driver API reference (CUresult), as they stand in cuda.h. */
const SENTENCES: readonly (readonly [RegExp, string])[] = [
  [/unable to allocate enough memory/, 'CUDA_ERROR_OUT_OF_MEMORY'],
  [/load or store instruction on an invalid memory address/, 'CUDA_ERROR_ILLEGAL_ADDRESS'],
  [/exception occurred on the device while executing a kernel/, 'CUDA_ERROR_LAUNCH_FAILED'],
  [/no CUDA-capable devices were detected/, 'CUDA_ERROR_NO_DEVICE'],
  [/device kernel took too long to execute/, 'CUDA_ERROR_LAUNCH_TIMEOUT'],
  [/did not have appropriate resources/, 'CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES'],
  [
    /driver has not been initialized with cuInit|CUDA driver could not be initialized/,
    'CUDA_ERROR_NOT_INITIALIZED',
  ],
  [/device ordinal supplied by the user does not correspond/, 'CUDA_ERROR_INVALID_DEVICE'],
  [/no kernel image available that is suitable for the device/, 'CUDA_ERROR_NO_BINARY_FOR_GPU'],
  [/uncorrectable ECC error was detected during execution/, 'CUDA_ERROR_ECC_UNCORRECTABLE'],
  [/most frequently indicates that there is no context bound/, 'CUDA_ERROR_INVALID_CONTEXT'],
];

export const cudaDocuments: readonly Rule[] = [
  {
    id: 'cuda.reference-sentence',
    origin:
      'NVIDIA CUDA Driver API reference, CUresult; printed by kunzmi/managedCuda CudaException',
    pattern:
      /API call failed because it was unable to allocate enough memory|load or store instruction on an invalid memory address|exception occurred on the device while executing a kernel|no CUDA-capable devices were detected|device kernel took too long to execute|launch did not occur because it did not have appropriate resources|driver has not been initialized with cuInit|CUDA driver could not be initialized|device ordinal supplied by the user does not correspond|no kernel image available that is suitable for the device|uncorrectable ECC error was detected during execution|most frequently indicates that there is no context bound/,
    weight: Weight.certain,
    category: 'unknown',
    library: 'cuda',
    resolve: (match): Partial<FailureFacts> => {
      const name = SENTENCES.find(([sentence]) => sentence.test(match[0]))?.[1];
      const found = name === undefined ? null : findCodeByName(name);
      return found === null || name === undefined ? {} : (factsFromName(found, name) ?? {});
    },
    example:
      'ErrorOutOfMemory: The API call failed because it was unable to allocate enough memory to perform the requested operation.',
  },
];
