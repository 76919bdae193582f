/** SYCL, Level Zero and PyTorch’s XPU. */

import { graphicsFacts } from '../graphics-codes.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const sycl: readonly Rule[] = [
  {
    id: 'sycl.native-api',
    origin:
      'intel/llvm sycl/source/detail: Native API failed. Native API returns: <number> (<name>)',
    pattern: /Native API failed\. Native API returns: (?<code>-?\d{1,6}) ?\((?<why>\w{1,60})/,
    weight: Weight.certain,
    category: 'library',
    library: 'sycl',
    resolve: (match) => ({
      ...(graphicsFacts(match.groups?.['why'] ?? '') ?? {}),
      code: Number(match.groups?.['code']),
    }),
    example: 'Native API failed. Native API returns: 20 (UR_RESULT_ERROR_DEVICE_LOST)',
  },
  {
    id: 'sycl.unified-runtime',
    origin:
      'oneapi-src/unified-runtime, intel/llvm sycl/source/detail/plugin.hpp: UR error, UR backend failed',
    pattern:
      /\bUR (?:error|backend failed)\b|\b(?:level_zero|opencl|cuda|hip|native_cpu|UR) backend failed with error\b/,
    weight: Weight.fair,
    category: 'library',
    library: 'sycl',
    example: 'UR error',
    nearMiss: 'YOUR error',
  },
  {
    id: 'xpu.device',
    origin: 'pytorch/pytorch c10/xpu, intel/intel-extension-for-pytorch',
    pattern:
      /[Nn]o XPU devices? (?:are |is )?(?:available|found)|not linked with support for xpu devices|XPU (?:device|backend) (?:is )?not (?:available|found|supported)|The device \([^)\n]{1,40}(?:\([^)\n]{1,10}\)[^)\n]{0,40}){0,3}\) doesn't support|(?:PyTorch|Torch) (?:was |is )?not (?:compiled|built) with XPU/,
    weight: Weight.strong,
    category: 'no-device',
    library: 'sycl',
    example: 'No XPU devices are available.',
  },
];
