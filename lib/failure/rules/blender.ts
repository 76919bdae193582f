/** Blender Cycles. */

import type { FailureFacts } from '../facts.js';
import { factsOfCudaString } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

const CYCLES_FAULTS: Readonly<Record<string, number>> = {
  'illegal address': 700,
  'launch timeout': 702,
  'launch exceeded timeout': 702,
  'illegal instruction': 715,
  'misaligned address': 716,
  'launch failed': 719,
};

export const blender: readonly Rule[] = [
  {
    id: 'blender.cycles',
    origin: 'blender/cycles src/device/cuda, src/device/optix',
    pattern: / in (?:CUDA|HIP|OptiX) queue|OPTIX_ERROR_\w{3,60}/,
    weight: Weight.strong,
    category: 'unknown',
    library: 'cuda',
    resolve: (match, text) =>
      factsOfCudaString(text.slice(Math.max(0, match.index - 60), match.index), true, false) ??
      (/OUT_OF_MEMORY/.test(match[0]) ? { category: 'out-of-memory' } : {}),
    example: 'OPTIX_ERROR_INVALID_VALUE in optixDeviceContextCreate',
  },
  {
    id: 'cuda.string-in-call',
    origin:
      'blender/cycles src/device/cuda (cuewErrorString): <string> in <call>(…) or in CUDA queue <what>',
    pattern:
      /\b(?<why>Out of memory|Illegal address|Illegal instruction|Misaligned address|Launch failed|Launch exceeded timeout|Invalid (?:value|context|handle|device|kernel image)|Map failed|Unmap failed|Not (?:initialized|ready)) in (?:(?<call>(?:cu|hip)[A-Z]\w{2,40})\(|(?:CUDA|HIP) queue )|\bCUDA error at \w{4,40}: (?<also>Illegal address|Out of memory|Launch failed|Misaligned address)|\b(?<upper>ILLEGAL_ADDRESS|OUT_OF_MEMORY|LAUNCH_FAILED|LAUNCH_TIMEOUT) in cu[A-Z]\w{2,40}\(/,
    weight: Weight.certain,
    category: 'library',
    resolve: (match) => {
      const { why, also, upper } = match.groups ?? {};
      return factsOfCycles((why ?? also ?? upper ?? '').toLowerCase().replaceAll('_', ' '));
    },
    example:
      'Out of memory in cuStreamCreate(&cuda_stream_, CU_STREAM_NON_BLOCKING) (queue.cpp:21)',
    nearMiss: 'Out of memory in customer(42)',
  },
];

/** Cycles has words of its own for CUDA's codes. */
function factsOfCycles(why: string): Partial<FailureFacts> {
  if (why === 'out of memory') return { category: 'out-of-memory', library: 'cuda', code: 2 };
  const code = CYCLES_FAULTS[why];
  return code === undefined
    ? { library: 'cuda' }
    : { category: 'kernel-fault', library: 'cuda', code };
}
