/** DeepStream, Jetson Multimedia and DALI. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const deepstream: readonly Rule[] = [
  {
    id: 'deepstream.surface',
    origin:
      'NVIDIA DeepStream and Jetson Multimedia: nvbufsurface, nvbuf_utils, nvstreammux, nvinfer',
    pattern:
      /\bnvbuf(?:surf(?:ace|transform))?(?:_utils)?: ?(?:[Cc]ould not|[Ee]rror|[Ff]ailed|[Ii]nvalid|mapping|dmabuf)[^\n]{0,120}|\bNvBufSurf\w{3,40}[^\n]{0,40}(?:[Ff]ailed|[Ee]rror)|\bNvRm\w{3,30}[^\n]{0,40}(?:failed|error)|\bNvMap\w{3,30}[^\n]{0,20}(?:failed|error)|NvDsInfer[^\n]{0,60}[Ee]rror|Error\(-?\d{1,4}\) in (?:buffer|nvbuf)[^\n]{0,40}|\/dev\/nvhost-\w{2,20}[^\n]{0,20}failed|NVMEDIA: [^\n]{0,80}(?:[Cc]ould not|[Ff]ailed)|\bNvMM\w{3,40} ?[Ff]ailed|nvinfer error:? ?NVDSINFER_\w{4,40}/i,
    weight: Weight.strong,
    category: 'library',
    library: 'cudart',
    resolve: (match) =>
      /NvMapMem(?:Alloc|HandleAlloc)[^\n]{0,40}error 12|out of memory/i.test(match[0])
        ? { category: 'out-of-memory' }
        : {},
    example: 'nvbuf_utils: Could not get EGL display connection',
  },
  {
    id: 'dali.error',
    origin: 'NVIDIA/DALI include/dali/core/cuda_error.h, dali/operators/decoder/nvjpeg',
    pattern:
      /(?<oom>CUDA allocation failed)|\bnv(?:jpeg|JPEG|cuvid|CUVID|imgcodec) error \(?\d{1,4}|nvJPEG error|Requested video decoding is not supported on this GPU/,
    weight: Weight.certain,
    category: 'library',
    resolve: (match) =>
      match.groups?.['oom'] === undefined ? {} : { category: 'out-of-memory', library: 'cudart' },
    example: 'nvjpeg error (6): The error during trying to launch the kernel.',
  },
];
