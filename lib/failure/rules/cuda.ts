/** CUDA's own strings, and the ways in which programs print a CUDA or HIP error. */

import { factsFromCode } from '../code-facts.js';
import type { FailureFacts } from '../facts.js';
import type { GPULibrary } from '../types.js';
import {
  UNMISTAKABLE_PATTERN,
  factsOfCudaNumber,
  factsOfCudaString,
  speaksOfHip,
} from './cuda-strings.js';
import { ENVIRONMENT, Weight } from './rule.js';
import type { Rule } from './rule.js';

/** How far behind "CUDA error" the cause is looked for: the rest of a sentence. */
const REACH = 220;

const NUMBER = /^[^\w\n]{0,6}(?:code|no|number|error)?[\s:=#(]{0,4}(\d{1,4})(?![\w.%])/i;

const FAILED = '(?:errors?|failure|failed|exception|err|abort(?:ed)?)';

/** By the prefix of a call; AMD's libraries count as HIP's. */
const LIBRARY_OF_CALL: Readonly<Record<string, GPULibrary>> = {
  cublas: 'cublas',
  cufft: 'cufft',
  cusparse: 'cusparse',
  cusolver: 'cusolver',
  curand: 'curand',
  cudnn: 'cudnn',
  nvml: 'nvml',
  nvrtc: 'nvrtc',
  nccl: 'nccl',
  rocblas: 'hip',
  hipblas: 'hip',
  hipfft: 'hip',
  rocfft: 'hip',
  miopen: 'hip',
  hiprand: 'hip',
  hipsparse: 'hip',
};

const LIBRARY_OF_WORD: Readonly<Record<string, FailureFacts['library']>> = {
  cuda: 'cudart',
  cudnn: 'cudnn',
  cublas: 'cublas',
  cufft: 'cufft',
  cusparse: 'cusparse',
  cusolver: 'cusolver',
  curand: 'curand',
  nvml: 'nvml',
  nccl: 'nccl',
  tensorrt: 'tensorrt',
  nvrtc: 'nvrtc',
  hip: 'hip',
  rocm: 'hip',
  rocblas: 'hip',
  miopen: 'hip',
  mps: 'metal',
  metal: 'metal',
  xpu: 'sycl',
  vulkan: 'vulkan',
  directml: 'd3d',
};

export const cuda: readonly Rule[] = [
  {
    id: 'cuda.samples-check',
    origin:
      'NVIDIA/cuda-samples Common/helper_cuda.h: CUDA error at <file>:<line> code=<number>(<name>) "<call>"',
    pattern: /(?:CUDA|cuda|HIP|NPP) error at [^\n]{1,240} code=(?<code>\d{1,4})\(/,
    weight: Weight.certain,
    category: 'unknown',
    resolve: (match) =>
      factsOfCudaNumber(Number(match.groups?.['code']), match[0].startsWith('HIP')) ?? {},
    example: 'CUDA error at NativeOps.cu:4895 code=77(<unknown>) "result"',
  },
  {
    id: 'cuda.pinned-host',
    origin: 'NVIDIA CUDA Runtime and Driver API: page-locked host memory refused',
    pattern:
      /\b(?<call>(?:cuda(?:HostAlloc|MallocHost|HostRegister)|cuMem(?:HostAlloc|AllocHost|HostRegister)|hipHost(?:Malloc|Register|Alloc))(?:_v2)?)\b(?:\([^()\n]{0,160}\))?[`'"]?:? ?(?:has )?(?:failed|returned|error)/,
    weight: Weight.certain,
    category: 'library',
    library: 'cudart',
    remedy:
      'Free host memory: the driver could not pin any more of it; the device’s own memory is not what ran out.',
    example: 'cudaHostAlloc failed: out of memory',
  },
  {
    id: 'cuda.error-string',
    origin: 'NVIDIA CUDA Runtime API, cudaGetErrorString; ROCm/rocm-systems projects/hip',
    pattern: UNMISTAKABLE_PATTERN,
    weight: Weight.strong,
    category: 'unknown',
    resolve: (match, text) => factsOfCudaString(match[0], false, speaksOfHip(text)),
    example: 'an illegal memory access was encountered',
    nearMiss: 'memory access out of bounds',
  },
  {
    id: 'cuda.error-with-cause',
    origin: 'common form of check macros, e.g. pytorch/pytorch c10/cuda/CUDAException.cpp',
    pattern: new RegExp(
      `\\b(?:CUDA[ _-]?|ROCm[ _-]?|HIP |HIP_|HIP-)(?:runtime |driver |kernel |API )?(?:API )?${FAILED}\\b(?: (?:in|at|on) [\\w:./]{1,60})?`,
      'i',
    ),
    weight: Weight.strong,
    category: 'unknown',
    resolve: causeBehind,
    example: 'CUDA error 719: kernel launch in step() failed',
    nearMiss: 'barracuda error: out of memory in the tank model',
  },
  {
    id: 'cuda.call-failed',
    origin: 'common form of check macros, e.g. ggml-org/ggml src/ggml-cuda/ggml-cuda.cu',
    pattern:
      /\b(?<call>(?:cuda|cu(?:Mem|Launch|Module|Ctx|Stream|Event|Device|Init|Get|Func|Array|Pointer|Graph|Link|Library|Ipc|Profiler|Occupancy|Driver|vid|Tex|Surf|Kernel|Mipmapped|External|Import|Destroy|Green|Multicast|Tensor)|hip(?:Malloc|Mem|Free|Stream|Event|Device|Module|Launch|Get|Set|Host|Init|Func|Graph|Ctx|Array|Pointer|Occupancy|Driver|Runtime|Ext|Peek|Choose|Bind|Create|Destroy|Ipc|Import|Profiler|Tex|Kernel))\w{0,40})(?:\([^()\n]{0,160}\)?)?[`'"]?:? ?(?:has )?(?:failed|returned|error|failure|->|=>|=)/,
    weight: Weight.strong,
    category: 'unknown',
    resolve: causeBehind,
    example: 'cudaMalloc failed: out of memory',
    nearMiss: 'cubicInterpolation failed: invalid argument',
  },
  {
    id: 'cuda.error-before-call',
    origin: 'microsoft/onnxruntime and others: "CUDA error executing cudaMemcpy(…)"',
    pattern:
      /\b(?:CUDA|HIP)(?: runtime)? error (?:executing|calling|in) (?<call>(?:cuda|hip|cu)[A-Z]\w{2,40})/i,
    weight: Weight.fair,
    category: 'unknown',
    library: 'cudart',
    example: 'CUDA error calling cuTexRefSetArray',
  },
  {
    id: 'cuda.out-of-memory',
    origin: 'pytorch/pytorch c10/cuda/CUDACachingAllocator.cpp and many programs',
    pattern:
      /\b(?<what>CUDA|HIP|XPU|MPS|ROCm|GPU|DirectML|Vulkan|Metal)(?: backend| device| runtime)?(?: \d{1,3})?(?: error:?| exception:?|:)? ?(?:is |ran |has run |went |run )?out of memory/i,
    weight: Weight.certain,
    category: 'out-of-memory',
    resolve: outOfMemoryOf,
    example: 'CUDA error: out of memory',
    nearMiss: 'cudahost: the process ran out of memory on the host heap',
  },
  {
    id: 'cuda.out-of-device-memory',
    origin: 'common wording, e.g. Blender Cycles "System is out of GPU memory"',
    pattern:
      /\b(?:out of|insufficient|not enough|exceeds? (?:the )?available|ran out of|low on)(?: available| free| usable)? (?:GPU|CUDA|device|video|graphics|VRAM)(?: device| video)?(?: memory|\b)(?!\.literal)/i,
    weight: Weight.fair,
    category: 'out-of-memory',
    resolve: (match) => (/memory|vram/i.test(match[0]) ? {} : null),
    example: 'not enough graphics memory for the scene',
    nearMiss: 'no space left on device',
  },
  {
    id: 'cuda.named-with-out-of-memory',
    origin: 'fal.exceptions: a text with both "CUDA" and "out of memory"',
    pattern: /out of memory/i,
    weight: Weight.fair,
    category: 'out-of-memory',
    resolve: (_match, text) =>
      /\b(?:CUDA|cuda[A-Z]|cu(?:Mem|Launch|Module|Ctx)[A-Z]|GPU|VRAM|nvmap)/.test(text) ? {} : null,
    example: 'out of memory: CUDA could not grow the pool',
    nearMiss: 'worker terminated: JS heap out of memory',
  },
  {
    id: 'cuda.device-not-usable',
    origin: 'common wording of programs that look for a GPU',
    pattern:
      /\bno (?:suitable |compatible |supported |usable |available |visible |valid )?(?:CUDA|NVIDIA|GPU)[ -]?(?:GPUs?|capable|compatible|enabled|devices?|cards?|accelerators?|driver)?(?: GPUs?| devices?| cards?)?(?: device)? (?:(?:is|are|was|were|has been|have been|could be) )?(?:found|detected|available|present|visible)\b|\bCUDA (?:is )?(?:not available|unavailable)\b|(?<![:/.-])\bGPU not found\b/i,
    weight: Weight.fair,
    category: 'no-device',
    example: 'CUDA is not available',
    nearMiss: 'No GPU machines available in region eu-west-1, request queued',
  },
  {
    id: 'cuda.not-to-be-had',
    origin: 'common wording of programs that set a GPU up',
    pattern:
      /\b(?:[Cc]annot|[Cc]ould ?n[o']t|[Uu]nable to|[Ff]ailed to) (?:find|detect|locate|initiali[sz]e|init|access|open|create|get|set|query|reset|enumerate) (?:a |an |any |the )?(?:suitable |compatible |supported |default |primary |usable )?(?:CUDA|GPU |GPU-|NVIDIA|HIP |ROCm|cuDNN|cuBLAS|NVENC|TensorRT)[ -]?(?:GPU |capable |enabled )?(?:devices?|contexts?|drivers?|runtime|backend|library|handles?|streams?|accelerators?|engine|card|process|memory)\b/,
    weight: Weight.fair,
    category: 'no-device',
    example: 'Cannot find GPU device',
    nearMiss: 'Failed to detect CUDA version from `nvcc --version`',
  },
  {
    id: 'cuda.driver-too-old',
    origin: 'pytorch/pytorch torch/csrc/cuda/utils, torch/cuda/__init__.py and others',
    pattern:
      /\b(?:NVIDIA|CUDA|GPU|display) (?:GPU |display |kernel )?driver (?:version )?(?:on your system )?(?:\S{1,20} )?(?:is |was )?(?:too old|insufficient|not (?:installed|loaded|found|running)|older than|out of date|initialization failed)/i,
    weight: Weight.strong,
    category: 'driver-mismatch',
    ...ENVIRONMENT,
    example: 'The NVIDIA driver on your system is too old (found version 10010).',
    nearMiss: 'database driver is too old',
  },
  {
    id: 'cuda.device-assert',
    origin:
      'device code, CUDA C++ Programming Guide "Assertion": file:line: function: block: …, thread: … Assertion `…` failed.',
    pattern: /block: \[\d{1,10},\d{1,10},\d{1,10}\], thread: \[\d{1,6},\d{1,6},\d{1,6}\] Assertion/,
    weight: Weight.certain,
    category: 'kernel-fault',
    library: 'cudart',
    code: 'cudaErrorAssert',
    example: 'kernel.cu:10: step: block: [3,0,0], thread: [64,0,0] Assertion `i < n` failed.',
    nearMiss: "main.c:10: step: Assertion `i < n' failed.",
  },
  {
    id: 'cuda.expression-failed',
    origin:
      'NVlabs/tiny-cuda-nn include/tiny-cuda-nn/common_host.h: <call>(…) failed with error <string>',
    pattern:
      /\b(?<call>(?:cu|cuda|hip|cublas|cudnn|nvml)[A-Z]\w{2,40})\([^\n]{0,300}\) failed(?: with error)?:? (?<why>[^\n]{1,120})/,
    weight: Weight.strong,
    category: 'library',
    resolve: (match) =>
      factsOfCudaString(match.groups?.['why'] ?? '', true, speaksOfHip(match[0])) ?? {},
    example: 'cublasSgemm(handle, f(a), f(b), n) failed with error 13',
    nearMiss: 'customCall(p) failed with error invalid argument',
  },
  {
    id: 'fal.marker-in-usage',
    origin: 'validators, look-ups and settings that name a library without having called it',
    pattern:
      /\b(?:must|should) be\b|\binstaller\b|\btoo (?:large|long|many|small)\b|\b(?:quota|rate|seat|size|plan|usage) limit\b|[Ee]xpected one of\b|\binvalid (?:value|option|argument|choice|backend|type|device)\b|\b(?:[Uu]nsupported|[Uu]nknown) (?:value|option|backend|field|model|provider|parameter|key)\b|\b(?:parse|parsing|validat\w{1,8})\b|\b(?:[Mm]odel|[Uu]ser|[Jj]ob|[Qq]ueue|[Pp]roject|[Ff]ile|[Ii]mage|[Tt]ag|[Bb]ranch|[Rr]ecord|[Tt]able|[Kk]ey|[Pp]ath|[Rr]epository|[Pp]age|[Rr]oute|[Cc]ourse|[Aa]rticle)\b[^\n]{0,60}\b(?:not found|does not exist|already exists)/,
    weight: Weight.floor,
    veto: true,
    example: 'device must be cuda or cpu',
    nearMiss: 'something cuda happened',
  },
  {
    id: 'fal.marker',
    origin: 'fal.exceptions: nine names, here only as words of their own',
    pattern:
      /(?<![\w./\\@:'"“`#$%&=+<[-])(?:cuda|cudnn|nvml|nccl|cublas|cufft|cusolver|cusparse|triton)(?![\w/\\@'"”`#$%&=+>\]-]|[.:]\S)/i,
    weight: Weight.floor,
    category: 'unknown',
    resolve: (match) => ({
      library: LIBRARY_OF_WORD[match[0].toLowerCase()] ?? null,
    }),
    example: 'something cuda happened',
    nearMiss: 'barracuda tank overflow',
  },
  {
    id: 'cuda.error',
    origin: 'common form of check macros, cause not printed',
    pattern: new RegExp(
      `\\b(?<what>CUDA|cuDNN|cuBLAS|cuFFT|cuSPARSE|cuSOLVER|cuRAND|NVML|NCCL|TensorRT|rocBLAS|MIOpen|HIP |HIP_|HIP-|ROCm|NVRTC)[ _-]?(?:runtime |driver |kernel |launch |API |execution |backend )?(?:API )?${FAILED}\\b`,
      'i',
    ),
    weight: Weight.hint,
    category: 'unknown',
    resolve: (match) => {
      const what = (match.groups?.['what'] ?? '').replace(/[ _-]$/, '').toLowerCase();
      const category = /^(?:cuda|hip|rocm)$/.test(what) ? 'unknown' : 'library';
      return { library: LIBRARY_OF_WORD[what] ?? null, category };
    },
    example: 'CUDA exception in step()',
    nearMiss: 'Unknown option --cuda',
  },
  {
    id: 'cuda.library-call',
    origin: 'check macros around NVIDIA’s and AMD’s libraries: <call> failed with status <number>',
    pattern:
      /\b(?<call>(?<what>cublas|cufft|cusparse|cusolver|curand|cudnn|nvml|nvrtc|nvjpeg|nppi|nccl|rocblas_|hipblas|hipfft|rocfft_|miopen|hiprand|hipsparse)(?:Lt|Dn|Sp)?[A-Z]?\w{2,50})(?:\([^()\n]{0,160}\))?[`'"]?:? ?(?:has )?(?:failed|returned|error|failure)\b(?: with)?(?: status| error| code|:){0,2} ?(?<status>\d{1,4})?/,
    weight: Weight.fair,
    category: 'library',
    resolve: (match) => {
      const { what = '', status } = match.groups ?? {};
      const library = LIBRARY_OF_CALL[what.replace('_', '')] ?? null;
      const facts =
        library === null || status === undefined ? null : factsFromCode(library, Number(status));
      return facts ?? { library };
    },
    example: 'cublasGemmEx failed with status 13',
    nearMiss: 'cubicSpline failed with status 13',
  },
];

/** What follows the words for a failure: CUDA's string if there is one, else its number. */
function causeBehind(match: RegExpExecArray, text: string): FailureFacts | null {
  const rest = text.slice(match.index + match[0].length, match.index + match[0].length + REACH);
  const hip = speaksOfHip(match[0]) || /^hip/i.test(match[0]);
  const call = match.groups?.['call'];
  const cause = factsOfCudaString(rest, true, hip) ?? numberAt(rest, hip);
  return cause === null || call === undefined ? cause : { ...cause, call };
}

function numberAt(rest: string, hip: boolean): FailureFacts | null {
  const number = NUMBER.exec(rest);
  return number === null ? null : factsOfCudaNumber(Number(number[1]), hip);
}

function outOfMemoryOf(match: RegExpExecArray): Partial<FailureFacts> {
  const library = LIBRARY_OF_WORD[(match.groups?.['what'] ?? '').toLowerCase()] ?? null;
  if (library === 'cudart') return { library, code: 2, name: 'cudaErrorMemoryAllocation' };
  if (library === 'hip') return { library, code: 2, name: 'hipErrorOutOfMemory' };
  return { library };
}
