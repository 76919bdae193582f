/** OpenCL: check macros, pyopencl, darktable. */

import type { FailureFacts } from '../facts.js';
import { graphicsFacts } from '../graphics-codes.js';
import { factsOfCudaString } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

/** OpenCL's numbers, by cl.h, as far as they fail at run time. */
const CL_NAMES: ReadonlyMap<number, string> = new Map([
  [-1, 'CL_DEVICE_NOT_FOUND'],
  [-2, 'CL_DEVICE_NOT_AVAILABLE'],
  [-3, 'CL_COMPILER_NOT_AVAILABLE'],
  [-4, 'CL_MEM_OBJECT_ALLOCATION_FAILURE'],
  [-5, 'CL_OUT_OF_RESOURCES'],
  [-6, 'CL_OUT_OF_HOST_MEMORY'],
  [-11, 'CL_BUILD_PROGRAM_FAILURE'],
  [-14, 'CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST'],
  [-30, 'CL_INVALID_VALUE'],
  [-32, 'CL_INVALID_PLATFORM'],
  [-33, 'CL_INVALID_DEVICE'],
  [-34, 'CL_INVALID_CONTEXT'],
  [-36, 'CL_INVALID_COMMAND_QUEUE'],
  [-38, 'CL_INVALID_MEM_OBJECT'],
  [-46, 'CL_INVALID_KERNEL_NAME'],
  [-48, 'CL_INVALID_KERNEL'],
  [-52, 'CL_INVALID_KERNEL_ARGS'],
  [-54, 'CL_INVALID_WORK_GROUP_SIZE'],
  [-55, 'CL_INVALID_WORK_ITEM_SIZE'],
  [-61, 'CL_INVALID_BUFFER_SIZE'],
  [-1001, 'CL_PLATFORM_NOT_FOUND_KHR'],
]);

export const opencl: readonly Rule[] = [
  {
    id: 'opencl.call',
    origin:
      'common form: <clCall> failed with error code <number>; openvinotoolkit/openvino src/plugins/intel_gpu/src/runtime/ocl',
    pattern:
      /\b(?<call>cl(?:Enqueue|Create|Build|Get|Wait|Finish|Flush|Set|Retain|Release|Compile|Link|SVM)[A-Za-z]{0,40})(?:\([^()\n]{0,80}\))?:? ?,?(?:failed|returned|error|Error)?[^\n]{0,24}?(?<code>-\d{1,4})(?!\d)/,
    weight: Weight.strong,
    category: 'library',
    library: 'opencl',
    resolve: ofNumber,
    example: '[GPU] clEnqueueNDRangeKernel, error code: -54 CL_INVALID_WORK_GROUP_SIZE',
    nearMiss: 'clearTimeout returned -1',
  },
  {
    id: 'opencl.futhark',
    origin:
      'diku-dk/futhark rts/c/backends/opencl.h, cuda.h, hip.h: <API> call, the expression on a line, its code on the next',
    hints: ['failed with error code '],
    pattern:
      /\b(?<api>OpenCL|CUDA|HIP) call\n {1,8}(?<call>[A-Za-z]{3,40})[^\n]{0,300}\nfailed with error code (?<code>-?\d{1,4}) \((?<why>[^)\n]{1,120})\)/,
    weight: Weight.strong,
    category: 'library',
    resolve: ofFuthark,
    example: 'a.c:9: OpenCL call\n  clFinish(queue)\nfailed with error code -5 (Out of resources)',
  },
  {
    id: 'opencl.pyopencl',
    origin: 'inducer/pyopencl src/wrap_helpers.hpp: <clCall> failed: <NAME>',
    pattern: /\bcl[A-Z][A-Za-z]{2,40} failed: (?<what>[A-Z]{2,20}(?:_[A-Z]{2,20}){1,6})\b/,
    weight: Weight.strong,
    category: 'library',
    library: 'opencl',
    resolve: (match) => graphicsFacts(`CL_${match.groups?.['what'] ?? ''}`),
    example: 'clEnqueueReadBuffer failed: MEM_OBJECT_ALLOCATION_FAILURE',
    nearMiss: 'clearCache failed: CACHE_IS_LOCKED',
  },
  {
    id: 'opencl.no-platform',
    origin: 'common wording of OpenCL programs, KhronosGroup/OpenCL-ICD-Loader',
    pattern:
      /(?:no|No|any|find) (?:usable |suitable |valid )?OpenCL(?:-compatible| compatible|[- ]capable)? (?:platforms?|devices?|GPUs?|runtime)|OpenCL (?:platform|device|runtime)s? (?:is |was |were )?not (?:found|available)|clGetPlatformIDs[^\n]{0,30}(?:failed|PLATFORM_NOT_FOUND|-1001)|No device of requested type available/,
    weight: Weight.strong,
    category: 'no-device',
    library: 'opencl',
    example: 'No OpenCL platforms found',
  },
  {
    id: 'opencl.error',
    origin: 'OpenCV cv::ocl, Vina-GPU, vanitygen and others: OpenCL errors by word',
    pattern: /OpenCL (?:error|API call|failure|kernel[^\n]{0,40}failed)[^\n]{0,80}|\(-220:OpenCL/i,
    weight: Weight.fair,
    category: 'library',
    library: 'opencl',
    example: 'OpenCL error: unknown',
  },
  {
    id: 'opencl.darktable',
    origin:
      'darktable-org/darktable src/common/opencl.c, src/common/dlopencl.c: [opencl_<what>] <text>',
    pattern:
      /\[(?:dt_)?(?:dl)?opencl\w{0,24}(?: \w{4,40})?\] [^\n]{0,60}(?:NOT AVAILABLE|(?<oom>could not allocate)|could not|couldn't|no suitable devices|[Ff]ailed|discarding device|error)/,
    weight: Weight.strong,
    category: 'no-device',
    library: 'opencl',
    resolve: (match) => (match.groups?.['oom'] === undefined ? {} : { category: 'out-of-memory' }),
    example: '[opencl_init] FINALLY: opencl is NOT AVAILABLE on this system.',
  },
];

/** Facts of a number behind a call; `null` where it is the host's memory. */
function ofNumber(match: RegExpExecArray): Partial<FailureFacts> | null {
  const code = Number(match.groups?.['code']);
  const name = CL_NAMES.get(code);
  if (name === 'CL_OUT_OF_HOST_MEMORY') return null;
  return {
    ...(name === undefined ? {} : graphicsFacts(name)),
    code,
    call: match.groups?.['call'],
  };
}

function ofFuthark(match: RegExpExecArray): Partial<FailureFacts> | null {
  const { api, call, why = '' } = match.groups ?? {};
  if (api === 'OpenCL') {
    const facts = ofNumber(match);
    return facts === null ? null : { library: 'opencl', ...facts };
  }
  return {
    library: api === 'HIP' ? 'hip' : 'cuda',
    ...factsOfCudaString(why, true, api === 'HIP'),
    call,
  };
}
