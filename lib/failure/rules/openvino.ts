/** OpenVINO’s GPU plugin. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const openvino: readonly Rule[] = [
  {
    id: 'openvino.gpu',
    origin: 'openvinotoolkit/openvino src/plugins/intel_gpu: [GPU] <what>',
    pattern:
      /\[GPU\] (?:Exceeded max size of memory object allocation|out of (?:GPU )?(?:memory|resources)|[A-Z][^\n]{0,80}(?:fail|error|could not|cannot|No device))|[Ee]xceeded max size of memory object allocation/,
    weight: Weight.strong,
    category: 'library',
    library: 'opencl',
    resolve: (match) =>
      /max size of memory|out of (?:GPU )?memory/i.test(
        match.input.slice(match.index, match.index + 240),
      )
        ? { category: 'out-of-memory' }
        : {},
    example:
      '[GPU] Exceeded max size of memory object allocation: Requested 6442450944 bytes but max alloc size is 4294959104 bytes',
  },
  {
    id: 'openvino.no-device',
    origin: 'openvinotoolkit/openvino src/inference/src/dev/core_impl.cpp',
    pattern:
      /Device with "GPU(?:\.\d{1,2})?" name is not registered|\[GPU\] Can't get (?:PERFORMANCE_HINT|OPTIMIZATION_CAPABILITIES|\w{3,40}) property as no supported devices found/,
    weight: Weight.strong,
    category: 'no-device',
    library: 'opencl',
    example: 'Device with "GPU" name is not registered in the OpenVINO Runtime',
  },
];
