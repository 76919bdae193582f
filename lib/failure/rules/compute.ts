/** OpenCL, SYCL and Level Zero, OpenVINO's GPU plugin, ROCm and its libraries, Ascend CANN. */

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

export const compute: readonly Rule[] = [
  {
    id: 'opencl.call',
    origin:
      'common form: <clCall> failed with error code <number>; openvinotoolkit/openvino src/plugins/intel_gpu/src/runtime/ocl',
    pattern:
      /\b(?<call>cl(?:Enqueue|Create|Build|Get|Wait|Finish|Flush|Set|Retain|Release|Compile|Link|SVM)[A-Za-z]{0,40})(?:\([^()\n]{0,80}\))?:? ?,?(?:failed|returned|error|Error)?[^\n]{0,24}?(?<code>-\d{1,4})(?!\d)/,
    weight: Weight.strong,
    category: 'library',
    library: 'opencl',
    resolve: (match) => {
      const code = Number(match.groups?.['code']);
      const name = CL_NAMES.get(code);
      if (name === 'CL_OUT_OF_HOST_MEMORY') return null;
      return {
        ...(name === undefined ? {} : graphicsFacts(name)),
        code,
        call: match.groups?.['call'],
      };
    },
    example: '[GPU] clEnqueueNDRangeKernel, error code: -54 CL_INVALID_WORK_GROUP_SIZE',
    nearMiss: 'clearTimeout returned -1',
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
    example:
      'OpenCV(4.5.1) error: (-220:OpenCL API call) OpenCL error CL_INVALID_VALUE (-30) during call',
  },
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
    id: 'rocm.memory-fault',
    origin: 'ROCm/ROCR-Runtime runtime/hsa-runtime/core/runtime/runtime.cpp',
    pattern:
      /Memory access fault by GPU(?: node-(?<node>\d{1,3}))?|Memory critical error by agent node-|HW Exception by GPU|Page not present or supervisor privilege/,
    weight: Weight.certain,
    category: 'kernel-fault',
    library: 'hip',
    example:
      'Memory access fault by GPU node-1 (Agent handle: 0x55d) on address 0x7f0. Reason: Page not present or supervisor privilege.',
  },
  {
    id: 'rocm.no-binary',
    origin: 'ROCm/clr hipamd/src/hip_code_object.cpp, ROCm/rocBLAS library/src/tensile_host.cpp',
    pattern:
      /Unable to find code object for all current devices|(?:rocBLAS|rocblaslt?) error[: ][^\n]{0,160}|Cannot read [^\n]{0,160}TensileLibrary|MIOpen(?: Error|\(HIP\): Error|Error)|miopenStatus\w{4,40}/i,
    weight: Weight.certain,
    category: 'library',
    library: 'hip',
    resolve: (match) =>
      /code object|TensileLibrary/.test(match[0])
        ? { category: 'not-supported', restart: 'environment' }
        : /AllocFailed/.test(match[0])
          ? { category: 'out-of-memory' }
          : {},
    example:
      'rocBLAS error: Cannot read /opt/rocm/lib/rocblas/library/TensileLibrary.dat: No such file or directory for GPU arch : gfx1031',
  },
  {
    id: 'rocm.setup',
    origin: 'ROCm/rocm_smi_lib, ROCm/rocminfo, ROCm/ROCR-Runtime',
    pattern:
      /(?:Unable to open|Could not open|cannot open|no access to) \/dev\/kfd|hsa_init failed|ROCk module is NOT loaded|[Nn]o (?:ROCm|HIP|AMD)(?:-capable)? (?:GPUs?|devices?)|ROCm is not (?:available|installed|supported)/,
    weight: Weight.certain,
    category: 'no-device',
    library: 'hip',
    example: 'Unable to open /dev/kfd read-write: Permission denied',
  },
  {
    id: 'xpu.device',
    origin: 'pytorch/pytorch c10/xpu, intel/intel-extension-for-pytorch',
    pattern:
      /[Nn]o XPU devices? (?:are |is )?(?:available|found)|not linked with support for xpu devices|XPU (?:device|backend) (?:is )?not (?:available|found|supported)|(?:PyTorch|Torch) (?:was |is )?not (?:compiled|built) with XPU/,
    weight: Weight.strong,
    category: 'no-device',
    library: 'sycl',
    example: 'No XPU devices are available.',
  },
  {
    id: 'cann.error',
    origin: 'Ascend CANN error codes as printed by torch_npu and ggml-cann',
    pattern:
      /NPU out of memory|\bCANN error\b|ACL_ERROR_\w{4,60}|\baclrt[A-Z]\w{3,40}[^\n]{0,60}(?:failed|error code)/,
    weight: Weight.strong,
    category: 'library',
    library: 'cann',
    resolve: (match, text) =>
      /out of memory|MEMORY_ALLOC|207001/.test(`${match[0]} ${text.slice(0, 400)}`)
        ? { category: 'out-of-memory' }
        : {},
    example: 'NPU out of memory. Tried to allocate 20.00 MiB (NPU 0; 29.50 GiB total capacity)',
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
  {
    id: 'hashcat.call',
    origin: 'hashcat/hashcat src/ext_cuda.c, ext_hip.c, ext_nvml.c, ext_OpenCL.c: <call>(): <text>',
    pattern:
      /\b(?<call>(?:nvml|nvapi|hip|hiprtc|nvrtc|cuda)[A-Z]\w{3,40}|cu[A-Z][a-z]\w{2,40}|cl[A-Z][a-z]\w{3,40})\(\): (?<why>[A-Za-z][^\n]{2,80})/,
    weight: Weight.fair,
    category: 'library',
    resolve: (match) =>
      graphicsFacts(match.groups?.['why'] ?? '') ??
      factsOfCudaString(match.groups?.['why'] ?? '', true, match[0].startsWith('hip')) ??
      {},
    example: 'nvmlDeviceGetFanSpeed(): Not Supported',
    nearMiss: 'clearCache(): done',
  },
];
