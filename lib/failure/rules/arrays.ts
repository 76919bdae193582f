/** Array and data-frame libraries: CuPy, RMM and cuDF, Numba, MXNet, Paddle, CTranslate2, MLX, Faiss. */

import { factsOfCudaNumber, factsOfCudaString } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const arrays: readonly Rule[] = [
  {
    id: 'cupy.out-of-memory',
    origin: 'cupy/cupy cupy/cuda/memory.pyx (OutOfMemoryError)',
    pattern:
      /Out of memory allocating (?<requested>\d{1,3}(?:,\d{3}){0,6}) bytes|out of memory to allocate (?<requested2>\d{1,19}) bytes \(total (?<total2>\d{1,19}) bytes/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'cudart',
    // In this old wording "total" is what the pool holds, not what the device has.
    resolve: (match) =>
      match.groups?.['requested2'] === undefined
        ? {}
        : { requestedBytes: Number(match.groups['requested2']) },
    example: 'Out of memory allocating 25,600,000 bytes (allocated so far: 3,635,267,072 bytes).',
  },
  {
    id: 'rmm.out-of-memory',
    origin: 'rapidsai/rmm cpp/src/error.cpp, cpp/include/rmm/mr/pool_memory_resource.hpp',
    pattern:
      /RMM_ERROR_OUT_OF_MEMORY|Maximum pool size exceeded|(?:std::bad_alloc|rmm): out_of_memory/,
    weight: Weight.conclusive + 1,
    category: 'out-of-memory',
    library: 'cudart',
    example:
      'std::bad_alloc: out_of_memory: CUDA error at: /include/rmm/mr/device/cuda_memory_resource.hpp:60: cudaErrorMemoryAllocation out of memory',
    nearMiss: 'std::bad_alloc',
  },
  {
    id: 'rmm.error',
    origin: 'rapidsai/rmm (older C interface): RMM_FREE, RMM_ALLOC',
    pattern: /RMM_ERROR_(?:CUDA_ERROR|NOT_INITIALIZED|UNKNOWN)/,
    weight: Weight.strong,
    category: 'unknown',
    library: 'cudart',
    example: 'RMM_ERROR_CUDA_ERROR',
  },
  {
    id: 'rmm.allocator',
    origin:
      'rapidsai/rmm thrust allocator: rmm_allocator::deallocate(): RMM_FREE: <cudaGetErrorString>',
    pattern: /RMM_(?:FREE|ALLOC): (?<why>[^\n]{1,120})/,
    weight: Weight.certain,
    category: 'kernel-fault',
    library: 'cudart',
    resolve: (match) => {
      const facts = factsOfCudaString(match.groups?.['why'] ?? '', true, false);
      return facts?.category === 'out-of-memory' ? facts : { name: facts?.name, code: facts?.code };
    },
    example: 'rmm_allocator::deallocate(): RMM_FREE: unspecified launch failure',
  },
  {
    id: 'numba.driver-call',
    origin:
      'numba/numba numba/cuda/cudadrv/driver.py: [<number>] Call to <function> results in <name>',
    pattern:
      /\[(?<code>\d{1,4})\] Call to (?<call>cu[A-Z]\w{2,40}) results in (?<why>\w{1,60})|CUDA driver library cannot be found|Error at driver init/,
    weight: Weight.certain,
    category: 'no-device',
    resolve: (match) =>
      match.groups?.['code'] === undefined
        ? {}
        : {
            ...factsOfCudaNumber(Number(match.groups['code']), false),
            library: 'cuda',
            call: match.groups['call'],
            name: match.groups['why'],
          },
    example: '[719] Call to cuMemAlloc results in CUDA_ERROR_LAUNCH_FAILED',
  },
  {
    id: 'ctranslate2.failed-with',
    origin: 'OpenNMT/CTranslate2 src/cuda/utils.h',
    pattern:
      /\b(?:CUDA|NCCL) failed with error (?<why>[^\n]{1,160})|cu(?:BLAS|DNN) failed with status (?<status>\w{3,60})/,
    weight: Weight.strong,
    category: 'library',
    resolve: (match) => factsOfCudaString(match.groups?.['why'] ?? '', true, false) ?? {},
    example: 'CUDA failed with error out of memory',
  },
  {
    id: 'shared.library-missing',
    origin: 'dynamic loaders of Linux, Windows and CTranslate2: a vendor library that is not there',
    pattern:
      /\b(?:lib\w{0,30}(?:_cuda|_hip|_rocm|_gpu|_nvidia)\w{0,12}\.so[.\d]{0,16}|lib(?:cuda|cudart|cublas(?:Lt)?|cudnn\w{0,30}|cufft|curand|cusparse|cusolver|nvrtc|nvinfer\w{0,20}|nvidia-\w{1,20}|nccl|amdhip64|hip\w{1,12}|roc\w{1,12}|MIOpen|vulkan|OpenCL)\.so[.\d]{0,16}|(?:nvcuda|cudart64|cublas(?:Lt)?64|cudnn\w{0,30}|cufft64|nvinfer\w{0,12}|amdhip64|vulkan-1|opencl)[\w.]{0,12}\.dll)['"}\]]?:? ?(?:is |was |could |can )?(?:cannot open shared object|cannot be (?:loaded|found|opened)|not (?:found|be loaded|be found|be opened)|cannot be|No such file|file too short|undefined symbol|[^\n]{0,24}Error code 12[67])/i,
    weight: Weight.conclusive + 1,
    category: 'library',
    restart: 'environment',
    remedy:
      'Install the vendor library that is named, in the major version asked for, where the loader finds it.',
    example: 'libcudnn_ops.so.9: cannot open shared object file: No such file or directory',
    nearMiss: 'libnss3.so: cannot open shared object file: No such file or directory',
  },
  {
    id: 'shared.library-not-loadable',
    origin:
      'OpenNMT/CTranslate2 src/cuda, SYSTRAN/faster-whisper, pytorch/pytorch: could not load <vendor library>',
    pattern:
      /(?:Could not (?:load library|locate)|Unable to load any of|Cannot load symbol|Failed loading|Cannot load|cannot load library|failed to load|could not load) ?\{?['"]?(?:lib)?(?:cu(?:da|dnn|blas|fft|rand|sparse|solver|vid)|nvrtc|nv(?:cuda|rtc|infer|encode|cuvid|idia-encode)|nvEncodeAPI|amfrt|amdhip|hip|rocblas)\w{0,40}/i,
    weight: Weight.strong,
    category: 'library',
    restart: 'environment',
    example:
      'Could not load library libcudnn_ops_infer.so.8. Error: libcudnn_ops_infer.so.8: cannot open shared object file',
    nearMiss: 'Could not load library libicu.so',
  },
  {
    id: 'nvrtc.error',
    origin: 'NVIDIA NVRTC: program log and loader',
    pattern: /\bnvrtc: error: (?<why>[^\n]{1,120})/,
    weight: Weight.strong,
    category: 'library',
    library: 'nvrtc',
    resolve: (match) =>
      /failed to (?:open|load)/.test(match[0])
        ? { restart: 'environment' }
        : /gpu-architecture/.test(match[0])
          ? { category: 'not-supported', restart: 'environment' }
          : {},
    example: 'nvrtc: error: invalid value for --gpu-architecture (-arch)',
  },
  {
    id: 'paddle.error',
    origin: 'PaddlePaddle/Paddle paddle/phi/core/enforce.h, paddle/phi/core/memory/allocation',
    pattern:
      /Out of memory error on GPU (?<device>\d{1,3})|Cannot allocate (?<requested>[\d.]{1,20} ?[KMGT]?i?B) memory on GPU \d{1,3}/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'cudart',
    example:
      'Out of memory error on GPU 0. Cannot allocate 2.000000GB memory on GPU 0, 3.9GB memory has been allocated',
  },
  {
    id: 'paddle.external',
    origin:
      'PaddlePaddle/Paddle paddle/phi/core/enforce.h: (External) CUDA error(<number>), <string>',
    pattern:
      /\b(?:CUDA|CUDNN|CUBLAS|Cublas|Cudnn|CUSOLVER|Cusolver|CURAND|CUFFT) error(?:\((?<code>\d{1,4})\))?,/,
    weight: Weight.fair,
    category: 'library',
    resolve: (match) =>
      match[0].startsWith('CUDA') && match.groups?.['code'] !== undefined
        ? factsOfCudaNumber(Number(match.groups['code']), false)
        : {},
    example: '(External) CUDA error(719), unspecified launch failure.',
  },
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
  {
    id: 'mlx.allocation',
    origin: 'ml-explore/mlx mlx/backend/metal/allocator.cpp, mlx/backend/cuda/allocator.cpp',
    pattern:
      /\[(?:metal::malloc|malloc_or_wait|malloc)\] (?:Attempting to allocate (?<requested>\d{1,19}) bytes which is greater|Unable to allocate (?<requested2>\d{1,19}) bytes)|\[METAL\] Command buffer execution failed: Insufficient Memory/,
    weight: Weight.conclusive + 1,
    category: 'out-of-memory',
    library: 'metal',
    resolve: (match) =>
      match.groups?.['requested2'] === undefined
        ? {}
        : { requestedBytes: Number(match.groups['requested2']) },
    example:
      '[metal::malloc] Attempting to allocate 77309411328 bytes which is greater than the maximum allowed buffer size of 22613000192 bytes.',
  },
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
    example: 'Illegal address in CUDA queue copy_from_device (integrator_shade_surface)',
  },
  {
    id: 'miner.memory',
    origin: 'ethereum-mining/ethminer libethash-cuda, hashcat/hashcat src/backend.c',
    pattern:
      /Not enough allocatable device memory|Insufficient GPU memory|(?:GPU|CUDA device)[^\n]{0,40}(?:insufficient|not enough) memory/i,
    weight: Weight.strong,
    category: 'out-of-memory',
    example: '* Device #1: Not enough allocatable device memory for this attack.',
  },
  {
    id: 'numba.setup',
    origin: 'numba/numba numba/cuda/cudadrv/error.py (CudaSupportError, NvvmSupportError)',
    pattern:
      /\bCudaSupportError\b|\bNvvmSupportError\b|libNVVM cannot be found|Missing libdevice file|CUDA is disabled due to setting NUMBA_DISABLE_CUDA/,
    weight: Weight.conclusive + 1,
    category: 'library',
    restart: 'environment',
    example: 'libNVVM cannot be found. Do `conda install cudatoolkit`:',
  },
  {
    id: 'pycuda.context',
    origin: 'inducer/pycuda src/cpp/cuda.hpp: <routine> failed: <string>',
    pattern:
      /explicit_context_dependent failed: (?<why>[^\n]{1,80})|\bpycuda\._driver\.\w{4,20}: (?<why2>[^\n]{1,120})/,
    weight: Weight.certain,
    category: 'library',
    library: 'cuda',
    resolve: (match) =>
      factsOfCudaString(match.groups?.['why'] ?? match.groups?.['why2'] ?? '', true, false) ?? {},
    example:
      'explicit_context_dependent failed: invalid device context - no currently active context?',
  },
  {
    id: 'python.gpu-package',
    origin: 'python/cpython Lib/importlib: packages that are of use on a GPU only',
    pattern:
      /No module named ['"]?(?:cuda|cupy\w{0,12}|pycuda|tensorrt\w{0,12}|torch_tensorrt|pynvml|cudf|cuml|cugraph|cuspatial|rmm|cucim|pyopencl|flash_attn_\w{1,20}|\w{1,30}_cuda\w{0,10}|nvidia(?:\.\w{1,20}){1,3})(?:\.[\w.]{1,40})?['"]?(?![\w-])|Failed to import CuPy|CuPy failed to load/,
    weight: Weight.conclusive + 1,
    category: 'library',
    restart: 'environment',
    remedy:
      'Install the GPU package that is named, in the build for the CUDA or ROCm that is there.',
    example: "No module named 'cupy'",
    nearMiss: "No module named 'cudaless'",
  },
];
