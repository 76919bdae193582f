/** OpenCV’s CUDA modules. */

import { factsOfCudaString } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const opencv: readonly Rule[] = [
  {
    id: 'opencv.gpu-api-call',
    origin:
      'opencv/opencv modules/core/include/opencv2/core/private.cuda.hpp: (-217:Gpu API call) <string> in function <name>',
    pattern:
      /\(-217(?::Gpu API call)?\) (?<why>[^\n]{1,160}?)(?: in function|$)|OpenCV Error: Gpu API call \((?<older>[^)\n]{1,120})\)/im,
    weight: Weight.certain,
    category: 'library',
    library: 'cudart',
    resolve: (match) =>
      factsOfCudaString(match.groups?.['why'] ?? match.groups?.['older'] ?? '', true, false) ?? {},
    example:
      "error: (-217:Gpu API call) an illegal memory access was encountered in function 'copy'",
  },
  {
    id: 'opencv.no-cuda',
    origin:
      'opencv/opencv modules/core/include/opencv2/core/private.cuda.hpp: (-216:No CUDA support)',
    pattern:
      /No CUDA support\)|compiled without (?:CUDA|GPU) support|DNN module was not built with (?:CUDA|GPU) backend|(?:built|compiled) without (?:CUDA|cuDNN|GPU)/i,
    weight: Weight.strong,
    category: 'not-supported',
    restart: 'environment',
    example:
      'error: (-216:No CUDA support) The library is compiled without CUDA support in function throw_no_cuda',
  },
];
