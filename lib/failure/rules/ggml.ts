/** llama.cpp, ggml, whisper.cpp, stable-diffusion.cpp, node-llama-cpp and ollama. */

import type { FailureFacts } from '../facts.js';
import type { GPULibrary } from '../types.js';
import { factsOfCudaString, speaksOfHip } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

const BACKENDS: readonly (readonly [RegExp, GPULibrary])[] = [
  [/^CUDA|^cublas/i, 'cudart'],
  [/^ROCm|^HIP/i, 'hip'],
  [/^Vulkan|^vk/i, 'vulkan'],
  [/^Metal|^MTL/i, 'metal'],
  [/^SYCL/i, 'sycl'],
  [/^CANN/i, 'cann'],
  [/^OpenCL|^GPUOpenCL/i, 'opencl'],
  [/^WebGPU/i, 'webgpu'],
];

const DEVICE_BUFFER =
  '(?<what>CUDA|ROCm|HIP|Vulkan|Metal|MTL|SYCL|CANN|OpenCL|GPUOpenCL|WebGPU)_?(?<device>\\d{1,3})?(?!\\w*_Host)(?:_\\w{1,20})?';

export const ggml: readonly Rule[] = [
  {
    id: 'ggml.cuda-alloc-buffer',
    origin: 'ggml-org/ggml src/ggml-cuda/ggml-cuda.cu (ggml_backend_cuda_buffer_type_alloc_buffer)',
    pattern:
      /allocating (?<requested>[\d.]{1,20} MiB) on device (?<device>\d{1,3}): (?<call>(?:cuda|hip|musa)Malloc\w{0,10}) failed: (?<why>[^\n]{1,120})/,
    weight: Weight.certain,
    category: 'out-of-memory',
    resolve: (match) =>
      factsOfCudaString(match.groups?.['why'] ?? '', true, speaksOfHip(match[0])) ?? {
        category: 'unknown',
        library: 'cudart',
      },
    example:
      'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 1538.32 MiB on device 0: cudaMalloc failed: out of memory',
  },
  {
    id: 'ggml.device-buffer',
    origin:
      'ggml-org/ggml src/ggml-alloc.c (alloc_tensor_range, ggml_gallocr_reserve_n), ggml-org/llama.cpp src/llama-model.cpp',
    pattern: new RegExp(
      `(?:failed|unable|cannot) to allocate ${DEVICE_BUFFER} (?:compute |model |kv |output )?buffer(?: of size (?<requested>\\d{1,19}))?`,
    ),
    weight: Weight.certain,
    category: 'out-of-memory',
    resolve: ofBuffer,
    example: 'alloc_tensor_range: failed to allocate CUDA0 buffer of size 1613042688',
    nearMiss: 'alloc_tensor_range: failed to allocate CPU buffer of size 1613042688',
  },
  {
    id: 'ggml.named-device-buffer',
    origin: 'ggml-org/ggml src/ggml-alloc.c: buffer types named after the device (Vulkan)',
    pattern:
      /(?:failed|unable) to allocate (?:NVIDIA|AMD|Intel|Apple|Radeon|GeForce|Mali|Adreno|Quadro|Tesla)[^\n]{0,60} buffer of size (?<requested>\d{1,19})/,
    weight: Weight.certain,
    category: 'out-of-memory',
    example:
      'ggml_gallocr_reserve_n: failed to allocate NVIDIA GeForce GT 730 buffer of size 592512000',
  },
  {
    id: 'ggml.backend-buffer',
    origin:
      'ggml-org/llama.cpp src/llama-model.cpp (older), src/llama-kv-cache.cpp, src/llama-context.cpp',
    pattern:
      /unable to allocate backend buffer|failed to allocate buffer for (?:the )?(?:kv|rs) cache|failed to allocate compute (?:pp |tg )?buffers?/,
    weight: Weight.fair,
    category: 'out-of-memory',
    example:
      'llama_init_from_model: failed to initialize the context: failed to allocate buffer for kv cache',
    nearMiss: 'failed to allocate compute budget for the tenant',
  },
  {
    id: 'ggml.vulkan-memory',
    origin: 'ggml-org/ggml src/ggml-vulkan/ggml-vulkan.cpp',
    pattern:
      /ggml_vulkan: (?:Device )?[mM]emory allocation of size (?<requested>\d{1,19}) failed|Requested buffer size exceeds device (?:buffer size|memory allocation) limit|vk::Device::allocateMemory: ErrorOutOfDeviceMemory/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'vulkan',
    example: 'ggml_vulkan: Device memory allocation of size 118497280 failed.',
  },
  {
    id: 'ggml.metal-memory',
    origin: 'ggml-org/ggml src/ggml-metal/ggml-metal-device.m',
    pattern:
      /ggml_(?:backend_)?metal\w{0,40}: error: failed to allocate buffer, size = {0,8}(?<requested>[\d.]{1,20} MiB)|Insufficient Memory \(0000000\d:kIOGPU/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'metal',
    example: 'ggml_metal_buffer_init: error: failed to allocate buffer, size =  4096.00 MiB',
  },
  {
    id: 'ggml.metal-command-buffer',
    origin: 'ggml-org/ggml src/ggml-metal/ggml-metal-context.m',
    pattern:
      /ggml_metal\w{0,40}: (?:error: )?command buffer \d{1,3} failed with status (?<status>\d)|previous command buffer failure - recreate the backend/,
    weight: Weight.strong,
    category: 'kernel-fault',
    library: 'metal',
    example: 'ggml_metal_graph_compute: command buffer 0 failed with status 5',
  },
  {
    id: 'ggml.pinned-memory',
    origin:
      'ggml-org/ggml src/ggml-cuda/ggml-cuda.cu (ggml_cuda_host_malloc, ggml_backend_cuda_register_host_buffer): the driver refused; pageable memory is used instead',
    pattern: /failed to (?:allocate|register) [\d.,]{1,20} Mi?B of pinned memory/,
    weight: Weight.strong,
    category: 'library',
    library: 'cudart',
    soft: true,
    remedy:
      'Free host memory, or set GGML_CUDA_NO_PINNED: the driver could not pin any more of it; the device’s own memory is not what ran out.',
    example: 'ggml_cuda_host_malloc: failed to allocate 2.51 MiB of pinned memory: out of memory',
  },
  {
    id: 'ggml.sycl-memory',
    origin: 'ggml-org/ggml src/ggml-sycl/ggml-sycl.cpp',
    pattern: /can't allocate (?<requested>\d{1,19}) Bytes of memory on device/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'sycl',
    example:
      "ggml_backend_sycl_buffer_type_alloc_buffer: can't allocate 5368709120 Bytes of memory on device",
    nearMiss: "operator(): can't allocate 5368709120 Bytes of memory on host",
  },
  {
    id: 'ggml.cuda-init',
    origin: 'ggml-org/ggml src/ggml-cuda/ggml-cuda.cu (ggml_cuda_init)',
    pattern: /failed to initialize (?<what>CUDA|ROCm|MUSA): (?<why>[^\n]{1,120})/,
    weight: Weight.strong,
    category: 'no-device',
    resolve: (match) =>
      factsOfCudaString(match.groups?.['why'] ?? '', true, match.groups?.['what'] === 'ROCm') ?? {},
    example: 'ggml_cuda_init: failed to initialize CUDA: no CUDA-capable device is detected',
  },
  {
    id: 'ggml.cuda-init-call',
    origin: 'ggml-org/ggml src/ggml-cuda/ggml-cuda.cu: an error inside ggml_cuda_init',
    pattern:
      /CUDA error: (?:initialization error|unknown error)[^\n]{0,20}\n[^\n]{0,40}in function ggml_cuda_init/,
    weight: Weight.certain,
    category: 'library',
    code: 'cudaErrorInitializationError',
    restart: 'environment',
    example:
      'CUDA error: initialization error\n  current device: 0, in function ggml_cuda_init at ggml-cuda.cu:187',
  },
  {
    id: 'ggml.abort',
    origin: 'ggml-org/ggml src/ggml-cuda/ggml-cuda.cu (ggml_cuda_error): file:line: CUDA error',
    pattern: /ggml[\w./\\-]{0,120}:\d{1,6}: (?<what>CUDA|ROCm|SYCL|CANN|MUSA) error/,
    weight: Weight.fair,
    category: 'unknown',
    restart: 'process',
    resolve: ofBuffer,
    example: '/src/ggml/src/ggml-cuda/ggml-cuda.cu:108: CUDA error',
  },
  {
    id: 'ggml.backend-assert',
    origin: 'ggml-org/ggml src/ggml.c (ggml_abort, GGML_ASSERT) in a file of a GPU backend',
    pattern:
      /GGML_ASSERT[^\n]{0,160}\bggml-(?:cuda|metal|vulkan|sycl|hip|opencl|cann|webgpu)[\w./\\-]{0,60}:\d{1,6}|\bggml-(?:cuda|metal|vulkan|sycl|hip|opencl|cann|webgpu)[\w./\\-]{0,60}:\d{1,6}: GGML_ASSERT/,
    weight: Weight.fair,
    category: 'aborted',
    example: 'GGML_ASSERT: ggml-metal.m:1645: false',
    nearMiss: 'ggml-alloc.c:173: GGML_ASSERT(!"not enough space in the buffer") failed',
  },
  {
    id: 'ggml.cuda-file',
    origin: 'ggml-org/ggml src/ggml-cuda (older CUDA_CHECK): file:line: <string>',
    pattern: /\bggml-(?:cuda|hip)[\w./\\-]{0,60}\.cuh?:\d{1,6}: (?<why>[^\n]{1,120})/,
    weight: Weight.fair,
    category: 'unknown',
    resolve: (match) => factsOfCudaString(match.groups?.['why'] ?? '', true, speaksOfHip(match[0])),
    example: 'ggml-cuda.cu:5048: out of memory',
    nearMiss: 'ggml-cuda.cu:5048: using device 0',
  },
  {
    id: 'ggml.backend-function',
    origin:
      'ggml-org/ggml src/ggml-{cuda,metal,vulkan,sycl,opencl,cann,webgpu}: log lines begin with the function, whisper.cpp and stable-diffusion.cpp alike',
    pattern:
      /\bggml_(?:backend_)?(?<what>cuda|cublas|hip|metal|mtl|vk|vulkan|sycl|opencl|cl|cann|musa|webgpu|kompute)(?:_\w{1,60})?(?:\(\))?:? [^\n]{0,100}\b(?:error|failed|failure|unable|cannot|could not|not available|nil)\b/i,
    weight: Weight.fair,
    category: 'library',
    resolve: ofFunction,
    example: 'ggml_metal_get_buffer: error: buffer is nil',
    nearMiss: 'ggml_cuda_init: found 1 CUDA devices:',
  },
  {
    id: 'ggml.metal-working-set',
    origin: 'ggml-org/ggml src/ggml-metal (ggml_metal_log_allocated_size)',
    pattern: /allocated size is greater than the recommended max working set size/,
    weight: Weight.strong,
    category: 'out-of-memory',
    library: 'metal',
    soft: true,
    example:
      'ggml_metal_log_allocated_size: warning: current allocated size is greater than the recommended max working set size',
  },
  {
    id: 'ggml.cpu-buffer',
    origin: 'ggml-org/ggml src/ggml-backend.cpp, src/ggml.c: memory of the host',
    pattern:
      /ggml_backend_cpu_buffer_type_alloc_buffer: failed|ggml_aligned_malloc: insufficient memory|failed to allocate CPU(?:_\w{1,20})? buffer/,
    weight: Weight.strong,
    veto: true,
    example:
      'ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 137438953504',
  },
  {
    id: 'ggml.vulkan-device',
    origin: 'ggml-org/ggml src/ggml-vulkan/ggml-vulkan.cpp: device lost on <name>',
    pattern: /ggml_vulkan: [Dd]evice lost/,
    weight: Weight.certain,
    category: 'device-lost',
    library: 'vulkan',
    example: 'ggml_vulkan: device lost on Vulkan0',
    nearMiss: 'ggml_vulkan: Found 1 Vulkan devices:',
  },
  {
    id: 'ggml.webgpu-device',
    origin: 'ggml-org/ggml src/ggml-webgpu/ggml-webgpu.cpp',
    pattern: /ggml_webgpu: (?:Device (?:error|lost)|\w{1,40} (?:timed out|failed))/,
    weight: Weight.strong,
    category: 'device-lost',
    library: 'webgpu',
    example: 'ggml_webgpu: Device error! Reason: 2, Message: lost',
  },
];

/** The library of a ggml buffer or device name such as `CUDA0`; `null` for host memory. */
function libraryOfBuffer(name: string): GPULibrary | null {
  return BACKENDS.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}

function ofBuffer(match: RegExpExecArray): { library: GPULibrary | null } {
  return { library: libraryOfBuffer(match.groups?.['what'] ?? '') };
}

/** What the line says that begins with a back end's function: no memory, no device, or something else. */
function ofFunction(match: RegExpExecArray, text: string): Partial<FailureFacts> {
  const end = text.indexOf('\n', match.index);
  const line = text.slice(match.index, Math.min(end === -1 ? text.length : end, match.index + 400));
  const { library } = ofBuffer(match);
  if (/pinned|_host_|host (?:memory|buffer)/i.test(line)) return { library };
  if (/\balloc|out of memory|insufficient memory/i.test(line)) {
    return { library, category: 'out-of-memory' };
  }
  return /_init\b/.test(line) ? { library, category: 'no-device' } : { library };
}
