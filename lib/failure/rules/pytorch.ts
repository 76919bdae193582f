/** PyTorch on CUDA, ROCm, XPU and MPS; NCCL; extensions that load beside it. */

import { factsOfCudaNumber, factsOfCudaString, speaksOfHip } from './cuda-strings.js';
import { ENVIRONMENT, Weight } from './rule.js';
import type { Rule } from './rule.js';

export const pytorch: readonly Rule[] = [
  {
    id: 'pytorch.tried-to-allocate',
    origin: 'pytorch/pytorch c10/cuda/CUDACachingAllocator.cpp, c10/xpu/XPUCachingAllocator.cpp',
    pattern:
      /(?<what>CUDA|HIP|XPU) out of memory\. Tried to allocate (?<requested>[\d.]{1,20} (?:bytes|[KMGT]iB))/,
    weight: Weight.certain,
    category: 'out-of-memory',
    resolve: (match) =>
      match.groups?.['what'] === 'XPU'
        ? { library: 'sycl' }
        : match.groups?.['what'] === 'HIP'
          ? { library: 'hip', code: 2, name: 'hipErrorOutOfMemory' }
          : { library: 'cudart', code: 2, name: 'cudaErrorMemoryAllocation' },
    example:
      'CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 4.00 GiB',
  },
  {
    id: 'pytorch.async-allocator',
    origin: 'pytorch/pytorch c10/cuda/CUDAMallocAsyncAllocator.cpp',
    pattern:
      /Allocation on device(?: (?<device>\d{1,3}))? {0,2}(?:would exceed allowed memory|\n|$|\(|[A-Z][a-z]{1,20} [a-z])/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'cudart',
    code: 'cudaErrorMemoryAllocation',
    example: 'Allocation on device 0 would exceed allowed memory. (out of memory)',
  },
  {
    id: 'pytorch.out-of-memory-class',
    origin: 'pytorch/pytorch torch/csrc/Exceptions.cpp: the class’s name before the message',
    pattern: /\btorch(?:\.cuda)?\.OutOfMemoryError\b|\bOutOfMemoryError: Allocation on device/,
    weight: Weight.certain,
    category: 'out-of-memory',
    example: 'torch.OutOfMemoryError: Allocation on device',
    nearMiss: 'java.lang.OutOfMemoryError: Java heap space',
  },
  {
    id: 'pytorch.allocator-nvml-assert',
    origin:
      'pytorch/pytorch c10/cuda/CUDACachingAllocator.cpp: asserted while the out-of-memory report is put together',
    pattern: /NVML_SUCCESS == r(?: INTERNAL ASSERT FAILED)?/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'cudart',
    example:
      'NVML_SUCCESS == r INTERNAL ASSERT FAILED at "../c10/cuda/CUDACachingAllocator.cpp":995',
    nearMiss:
      'NVML_SUCCESS == init_result INTERNAL ASSERT FAILED at "../c10/cuda/driver_api.cpp":1',
  },
  {
    id: 'pytorch.mps-memory',
    origin: 'pytorch/pytorch aten/src/ATen/mps/MPSAllocator.mm',
    pattern: /MPS backend out of memory|Invalid buffer size: (?<requested>[\d.]{1,20} [KMGT]i?B)/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'metal',
    example:
      'MPS backend out of memory (MPS allocated: 6.04 GB, other allocations: 1.04 GB, max allowed: 6.77 GB). Tried to allocate 459.07 MB on private pool.',
    nearMiss: 'Invalid buffer size: expected a positive integer',
  },
  {
    id: 'pytorch.not-compiled',
    origin: 'pytorch/pytorch torch/cuda/__init__.py, torch/serialization.py',
    pattern:
      /not compiled with (?:CUDA|ROCm|XPU|MPS|GPU|cuDNN)(?: enabled| support)?|torch\.(?:cuda|xpu)\.is_available\(\) (?:is|returned|returns|=|==) False|was not built with (?:CUDA|MPS|ROCm|XPU) enabled|module 'torch\._C' has no attribute '_(?:cuda|xpu)|not linked with (?:CUDA|cuda) support|was not compiled with (?:CUDA|GPU) support/i,
    weight: Weight.certain,
    category: 'not-supported',
    restart: 'environment',
    example: 'Torch not compiled with CUDA enabled',
    nearMiss: "partially initialized module 'torch' has no attribute 'cuda'",
  },
  {
    id: 'pytorch.no-driver',
    origin: 'pytorch/pytorch torch/csrc/cuda, torch/cuda/__init__.py',
    pattern:
      /Found no NVIDIA driver|no NVIDIA driver on your system|CUDA driver initialization failed|CUDA unknown error - this may be due to an incorrectly set up environment/i,
    weight: Weight.certain,
    category: 'no-device',
    library: 'cuda',
    example:
      'Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and installed a driver.',
  },
  {
    id: 'pytorch.device-count',
    origin: 'pytorch/pytorch c10/cuda/CUDAFunctions.cpp: Error <number>: <string>',
    pattern:
      /Unexpected error from (?<call>(?:cuda|hip)GetDeviceCount)\(\)[^\n]{0,200}Error (?<code>\d{1,4}):/,
    weight: Weight.certain,
    category: 'no-device',
    resolve: (match) => ({
      ...factsOfCudaNumber(Number(match.groups?.['code']), speaksOfHip(match[0])),
      call: match.groups?.['call'],
    }),
    example:
      'Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices() that might have already set an error? Error 804: forward compatibility was attempted on non supported HW',
  },
  {
    id: 'pytorch.old-runtime-error',
    origin:
      'pytorch/pytorch before 1.5, aten/src/THC/THCGeneral.cpp: cuda runtime error (<number>) : <string> at …',
    pattern: /cu(?:blas|sparse) runtime error : (?<why>[^\n]{0,80})/,
    weight: Weight.strong,
    category: 'library',
    resolve: (match) => ({
      library: match[0].startsWith('cublas') ? 'cublas' : 'cusparse',
      category: /resource allocation failed/.test(match[0]) ? 'out-of-memory' : 'library',
    }),
    example:
      'cublas runtime error : library not initialized at /pytorch/aten/src/THC/THCGeneral.cpp:216',
  },
  {
    id: 'pytorch.thc-check',
    origin: 'pytorch/pytorch before 1.5, aten/src/THC/THCGeneral.cpp: THCudaCheck FAIL',
    pattern: /THCudaCheck FAIL [^\n]{0,120}error=(?<code>\d{1,3}) : (?<why>[^\n]{0,80})/,
    weight: Weight.certain,
    category: 'unknown',
    library: 'cudart',
    resolve: (match) =>
      factsOfCudaString(match.groups?.['why'] ?? '', true, false) ??
      factsOfCudaNumber(Number(match.groups?.['code']), false) ??
      {},
    example:
      'THCudaCheck FAIL file=/pytorch/aten/src/THC/generic/THCStorage.cu line=58 error=2 : out of memory',
  },
  {
    id: 'pytorch.convolution-engine',
    origin: 'pytorch/pytorch aten/src/ATen/native/cudnn/Conv_v8.cpp',
    pattern:
      /unable to find an engine to execute this computation|[Uu]nable to find a valid cuDNN algorithm|No valid execution plans built/,
    weight: Weight.strong,
    category: 'library',
    library: 'cudnn',
    example: 'GET was unable to find an engine to execute this computation',
  },
  {
    id: 'pytorch.fork',
    origin: 'pytorch/pytorch torch/cuda/__init__.py',
    pattern: /Cannot re-initialize CUDA in forked subprocess/,
    weight: Weight.strong,
    category: 'library',
    library: 'cudart',
    restart: 'environment',
    remedy: 'Start worker processes with spawn instead of fork: CUDA does not survive a fork.',
    example:
      "Cannot re-initialize CUDA in forked subprocess. To use CUDA with multiprocessing, you must use the 'spawn' start method",
  },
  {
    id: 'pytorch.architecture',
    origin: 'pytorch/pytorch torch/cuda/__init__.py',
    pattern:
      /with CUDA capability \S{1,12} is not compatible|which is of cuda capability \d|(?:requires?|only supported on|needs|at least|minimum|supported)[^\n]{0,60}(?:CUDA|compute) capability|(?:CUDA|compute) capability[^\n]{0,40}(?:too old|not supported|is required|or higher|insufficient|no longer support)/i,
    weight: Weight.fair,
    category: 'not-supported',
    restart: 'environment',
    example:
      'NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the current PyTorch installation.',
  },
  {
    id: 'pytorch.ops-on-cuda',
    origin:
      'pytorch/pytorch aten dispatcher, torchvision: an operator that this build has for the CPU only',
    pattern:
      /Could not run '[\w:.]{1,80}' with arguments from the '(?:CUDA|MPS|XPU)' backend|not currently implemented for the MPS device/,
    weight: Weight.strong,
    category: 'not-supported',
    restart: 'environment',
    example: "Could not run 'torchvision::nms' with arguments from the 'CUDA' backend.",
  },
  {
    id: 'pytorch.needs-gpu',
    origin:
      'AUTOMATIC1111/stable-diffusion-webui modules/launch_utils.py; huggingface/transformers src/transformers/training_args.py, quantizers; facebookresearch/xformers; AutoGPTQ',
    pattern:
      /not able to use (?:the )?GPU|setup doesn't support bf16\/gpu|(?:wasn't|was not|isn't) (?:build|built|compiled) with (?:CUDA|GPU|ROCm)|CUDA extension not installed|GPU is (?:needed|required)|(?:needs?|requires?) (?:a |an )?(?:NVIDIA |CUDA[- ]?(?:capable |enabled )?)?GPU\b(?! plan| quota| machine| node| instance| hour)|No GPU found\. A GPU is needed/,
    weight: Weight.fair,
    category: 'no-device',
    ...ENVIRONMENT,
    example:
      'Torch is not able to use GPU; add --skip-torch-cuda-test to COMMANDLINE_ARGS variable to disable this check',
    nearMiss: 'This model requires a GPU plan. Upgrade to Pro.',
  },
  {
    id: 'transformers.gpu-memory',
    origin: 'huggingface/transformers src/transformers/quantizers/quantizer_bnb_4bit.py',
    pattern: /Make sure you have enough GPU (?:RAM|memory)/,
    weight: Weight.conclusive + 1,
    category: 'out-of-memory',
    example:
      'Some modules are dispatched on the CPU or the disk. Make sure you have enough GPU RAM to fit the quantized model.',
  },
  {
    id: 'pytorch.mps',
    origin: 'pytorch/pytorch aten/src/ATen/native/mps; Apple MetalPerformanceShaders assertions',
    pattern:
      /Placeholder storage has not been allocated on MPS device|\bMPSNDArray\b[^\n]{0,200}(?:[Ee]rror|failed)|\bMPSGraph\b[^\n]{0,120}(?:failed|error)|\[MTL\w{4,40} [^\]\n]{1,80}\][^\n]{0,40}(?:failed assertion|error)|MTLCompiler[^\n]{0,60}(?:failed|error|crash)/,
    weight: Weight.strong,
    category: 'library',
    library: 'metal',
    example: 'Placeholder storage has not been allocated on MPS device!',
  },
];
