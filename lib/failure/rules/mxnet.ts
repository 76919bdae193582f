/** MXNet, Caffe, and checks in the manner of glog. */

import { factsOfCudaNumber, factsOfCudaString } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const mxnet: readonly Rule[] = [
  {
    id: 'mxnet.memory',
    origin: 'apache/mxnet src/storage: Check failed: … (2 vs. 0) : Name: … ErrStr:out of memory',
    pattern: /ErrStr: ?(?<why>[^\n]{1,120})/,
    weight: Weight.strong,
    category: 'library',
    library: 'cudart',
    resolve: (match) => factsOfCudaString(match.groups?.['why'] ?? '', true, false),
    example: 'Check failed: e == cudaSuccess (2 vs. 0) : Name: MapPlanKernel ErrStr:out of memory',
  },
  {
    id: 'caffe.check',
    origin: 'glog checks, e.g. BVLC/caffe: Check failed: error == cudaSuccess (<n> vs. 0) <string>',
    pattern:
      /(?:==|!=) ?(?<what>cudaSuccess|CUDA_SUCCESS|hipSuccess|CUDNN_STATUS_SUCCESS|CUBLAS_STATUS_SUCCESS|CURAND_STATUS_SUCCESS)\b ?(?:\((?<code>\d{1,4}) vs\. \d\))?|(?:cudaSuccess|CUDA_SUCCESS) (?:==|!=)/,
    weight: Weight.fair,
    category: 'unknown',
    resolve: (match, text) => {
      const rest = text.slice(match.index, match.index + 240);
      const code = match.groups?.['code'];
      const what = match.groups?.['what'] ?? '';
      if (!/^(?:cuda|hip|CUDA)/.test(what)) return { category: 'library' };
      return (
        factsOfCudaString(rest, true, what === 'hipSuccess') ??
        (code === undefined ? null : factsOfCudaNumber(Number(code), what === 'hipSuccess')) ??
        {}
      );
    },
    example: 'Check failed: error == cudaSuccess (2 vs. 0)  out of memory',
  },
];
