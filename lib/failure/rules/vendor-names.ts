/** Vendor status names in text, judged by the one table of codes. */

import { findCodeByName } from '../../codes/index.js';
import { factsFromName } from '../code-facts.js';
import { telling } from '../facts.js';
import type { FailureFacts } from '../facts.js';
import { graphicsFacts } from '../graphics-codes.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

/** Letters of other scripts that look like Latin ones: a name that goes on with one is another. */
const NO_LOOKALIKE = '(?![\\u00c0-\\u052f\\u1e00-\\u1fff\\u2100-\\u214f\\uff21-\\uff5a])';

const NAMES_PATTERN =
  /\b(?:cudaError[A-Z][A-Za-z0-9]{2,60}|CUDA_ERROR_[A-Z0-9_]{3,60}|CU(?:DNN|BLAS|SPARSE|SOLVER|RAND)_STATUS_[A-Z0-9_]{3,70}|CUFFT_[A-Z][A-Z_]{4,40}|NVRTC_ERROR_[A-Z_]{4,60}|NVML_ERROR_[A-Z_]{4,60}|nccl[A-Z][a-z][A-Za-z]{4,30}|hipError[A-Z][A-Za-z0-9]{2,60}|HIP_ERROR_[A-Z][A-Za-z0-9_]{2,60}|RSMI_STATUS_[A-Z_]{4,50})\b/;
const NAMES = new RegExp(NAMES_PATTERN.source + NO_LOOKALIKE, 'g');

const MOST_NAMES = 16;

const OTHER_LIBRARIES: readonly [RegExp, FailureFacts['library']][] = [
  [/^cudaError/, 'cudart'],
  [/^CUDA_ERROR_/, 'cuda'],
  [/^CUDNN_/, 'cudnn'],
  [/^CUBLAS_/, 'cublas'],
  [/^CUSPARSE_/, 'cusparse'],
  [/^CUSOLVER_/, 'cusolver'],
  [/^CURAND_/, 'curand'],
  [/^NVRTC_/, 'nvrtc'],
  [/^NVML_/, 'nvml'],
  [/^hipError/, 'hip'],
  [/^RSMI_/, 'rocm-smi'],
];

/** TensorFlow writes `HIP_ERROR_OutOfMemory`; older HIP wrote `hipErrorMemoryAllocation`. */
function asWrittenByVendor(name: string): string {
  return name.startsWith('HIP_ERROR_') ? `hipError${name.slice('HIP_ERROR_'.length)}` : name;
}

/** Facts of one name, or `null` for a success, a mere status, or a word that is no status name. */
export function factsOfVendorName(written: string): FailureFacts | null {
  const name = asWrittenByVendor(written);
  const found = findCodeByName(name);
  if (found !== null) return factsFromName(found, name);
  for (const [prefix, library] of OTHER_LIBRARIES) {
    // A name newer than the table: its library is known, its meaning is not.
    if (prefix.test(name)) return { category: 'unknown', library, name };
  }
  return null;
}

/** Of several names in one text the most telling one, the first of equals. */
function mostTelling(_match: RegExpExecArray, text: string): FailureFacts | null {
  let best: FailureFacts | null = null;
  let count = 0;
  NAMES.lastIndex = 0;
  for (let match = NAMES.exec(text); match !== null; match = NAMES.exec(text)) {
    const facts = factsOfVendorName(match[0]);
    // What is "unhandled" stands in the lines around it or nowhere.
    if (facts?.name === 'ncclUnhandledCudaError') facts.category = 'library';
    if (facts !== null && (best === null || telling(facts.category) > telling(best.category))) {
      best = facts;
    }
    count += 1;
    if (count >= MOST_NAMES) break;
  }
  return best;
}

const GRAPHICS_PATTERN =
  /\b(?:VK_ERROR_[A-Z_]{4,60}|DXGI_ERROR_[A-Z_]{4,60}|D3DDDIERR_DEVICEREMOVED|0x887[aA]00[0-3][0-9a-fA-F]|887A00[0-3][0-9A-F]|CL_(?:OUT_OF|MEM_OBJECT|DEVICE|INVALID|BUILD|COMPILER|EXEC|PLATFORM)_[A-Z_]{4,60}|(?:UR|PI|ZE|SYCL)_(?:RESULT_)?ERROR_[A-Z_]{4,60}|kIOGPUCommandBufferCallbackError[A-Za-z]{3,40}|HSA_STATUS_ERROR_?[A-Z_]{0,60})\b/;
const GRAPHICS = new RegExp(GRAPHICS_PATTERN.source + NO_LOOKALIKE);

export const vendorNames: readonly Rule[] = [
  {
    id: 'vendor.status-name',
    origin: 'status names of the CUDA, ROCm and NVML headers, as in native/errors/codes/*.def',
    // Without the global flag of NAMES, which `exec` would keep state in.
    pattern: new RegExp(NAMES.source),
    weight: Weight.strong,
    category: 'unknown',
    resolve: mostTelling,
    example: 'cuDNN error: CUDNN_STATUS_EXECUTION_FAILED',
    nearMiss: 'cudnn status page is down',
  },
  {
    id: 'graphics.status-name',
    origin: 'status names of the Vulkan, DXGI, OpenCL, SYCL, Level Zero, Metal and HSA headers',
    pattern: GRAPHICS,
    weight: Weight.strong,
    category: 'unknown',
    resolve: (match) => graphicsFacts(match[0]),
    example: 'vkQueueSubmit returned VK_ERROR_DEVICE_LOST',
    nearMiss: 'vk_error_handler.c: file not found',
  },
];
