/** Loaders that do not find a vendor’s library, whoever asked for it. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const vendorLibraries: readonly Rule[] = [
  {
    id: 'shared.library-missing',
    origin: 'dynamic loaders of Linux, Windows and CTranslate2: a vendor library that is not there',
    pattern:
      /\b(?:lib[\w-]{0,30}[_-](?:cuda|hip|rocm|gpu|nvidia|tensorrt|migraphx|vulkan|opencl|sycl|providers_shared)\w{0,12}\.so[.\d]{0,16}|lib(?:cuda|cudart|cublas(?:Lt)?|cudnn\w{0,30}|cufft|curand|cusparse|cusolver|nvrtc|nvinfer\w{0,20}|nvidia-\w{1,20}|nccl|amdhip64|hip\w{1,12}|roc\w{1,12}|MIOpen|vulkan|OpenCL)\.so[.\d]{0,16}|(?:nvcuda|cudart64|cublas(?:Lt)?64|cudnn\w{0,30}|cufft64|nvinfer\w{0,12}|amdhip64|vulkan-1|opencl)[\w.]{0,12}\.dll)['"}\]]?:? ?(?:is |was |could |can )?(?:cannot open shared object|cannot be (?:loaded|found|opened)|not (?:found|be loaded|be found|be opened)|cannot be|No such file|file too short|undefined symbol|[^\n]{0,24}Error code 12[67])/i,
    weight: Weight.conclusive + 1,
    category: 'library',
    restart: 'environment',
    remedy:
      'Install the vendor library that is named, in the major version asked for, where the loader finds it.',
    example: 'libcudnn_ops.so.9: cannot open shared object file: No such file or directory',
    nearMiss: 'libnss3.so: cannot open shared object file: No such file or directory',
  },
  {
    id: 'shared.library-of-windows',
    origin:
      'python/cpython Modules/_ctypes, pytorch/pytorch torch/__init__.py: Error loading "<file>"',
    pattern:
      /\[WinError 12[67]\][^\n]{0,120}Error loading "[^"\n]{0,200}(?:_cuda\w{0,12}|_hip\w{0,12}|_xpu\w{0,12}|caffe2_nvrtc|cudart\w{0,12}|cublas\w{0,12}|cudnn\w{0,24}|nvrtc\w{0,16})\.dll"/,
    weight: Weight.conclusive + 1,
    category: 'library',
    restart: 'environment',
    example:
      '[WinError 126] Error loading "C:\\venv\\Lib\\torch\\lib\\c10_cuda.dll" or one of its dependencies.',
    nearMiss: '[WinError 126] Error loading "C:\\venv\\Lib\\torch\\lib\\fbgemm.dll"',
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
    example: 'Cannot load nvcuda.dll',
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
];
