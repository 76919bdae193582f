/** The Triton compiler. */

import { factsOfCudaString } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const tritonCompiler: readonly Rule[] = [
  {
    id: 'triton-compiler.resources',
    origin: 'triton-lang/triton python/triton/runtime/errors.py (OutOfResources)',
    pattern:
      /out of resources?: (?<what>shared memory|threads|tensor memory|registers|cta_group)?,? ?Required: \d{1,12}/,
    weight: Weight.certain,
    category: 'not-supported',
    retryable: false,
    remedy:
      'Make the kernel’s blocks or its number of stages smaller: it asks for more on-chip memory than a multiprocessor has.',
    example:
      'out of resource: shared memory, Required: 131072, Hardware limit: 101376. Reducing block sizes or `num_stages` may help.',
  },
  {
    id: 'triton-compiler.driver',
    origin: 'triton-lang/triton third_party/nvidia/backend/driver.c: Triton Error [CUDA]: <string>',
    pattern: /Triton Error \[(?<what>CUDA|HIP)\]: (?<why>[^\n]{1,120})/,
    weight: Weight.certain,
    category: 'unknown',
    resolve: (match) =>
      factsOfCudaString(match.groups?.['why'] ?? '', true, match.groups?.['what'] === 'HIP') ?? {
        library: match.groups?.['what'] === 'HIP' ? 'hip' : 'cuda',
      },
    example: 'Triton Error [CUDA]: device kernel image is invalid',
  },
  {
    id: 'triton-compiler.compile',
    origin: 'triton-lang/triton python/triton/compiler',
    pattern:
      /PassManager::run failed|Internal Triton PTX codegen error|libcuda\.so cannot found|\d active drivers \(\[\]\)\. There should only be one/,
    weight: Weight.strong,
    category: 'library',
    example: 'PassManager::run failed',
  },
];
