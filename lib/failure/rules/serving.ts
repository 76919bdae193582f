/** Servers and their kernels: vLLM, SGLang, Triton (server and compiler), TensorRT-LLM users. */

import { factsOfCudaString } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const serving: readonly Rule[] = [
  {
    id: 'vllm.kv-cache',
    origin: 'vllm-project/vllm vllm/v1/core/kv_cache_utils.py, vllm/worker/worker.py',
    pattern:
      /No available memory for the cache blocks|larger than the (?:maximum number of tokens that can be stored in (?:the )?KV cache|available KV cache memory)|KV cache is needed, which is larger|is less than desired GPU memory utilization|Try increasing `?gpu_memory_utilization/,
    weight: Weight.certain,
    category: 'out-of-memory',
    retryable: false,
    example:
      'No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.',
    nearMiss: 'gpu_memory_utilization must be between 0 and 1',
  },
  {
    id: 'sglang.memory',
    origin: 'sgl-project/sglang python/sglang/srt/model_executor',
    pattern:
      /Not enough memory\. Please try (?:to increase|increasing|to decrease) --mem-fraction-static|[Oo]ut of memory[^\n]{0,120}--?mem-fraction-static|alloc_(?:req|token)_slots runs out of memory|(?:Prefill|Decode) out of memory\. Try to lower your batch size|Capture (?:cuda|CUDA) graph failed[^\n]{0,20}out of memory/,
    weight: Weight.certain,
    category: 'out-of-memory',
    retryable: false,
    example: 'Not enough memory. Please try to increase --mem-fraction-static.',
  },
  {
    id: 'vllm.device',
    origin: 'vllm-project/vllm vllm/config, vllm/platforms',
    pattern:
      /Failed to infer device type|[Bb]float16 is only supported on GPUs with compute capability|No CUDA GPUs are available/,
    weight: Weight.strong,
    category: 'no-device',
    restart: 'environment',
    example: 'Failed to infer device type',
  },
  {
    id: 'triton-server.python-gpu-buffers',
    origin: 'triton-inference-server/python_backend src/pb_stub.cc, src/pb_memory.cc',
    pattern: /while trying to load GPU buffers in the Python backend stub/,
    weight: Weight.certain,
    category: 'library',
    example:
      'An error occurred while trying to load GPU buffers in the Python backend stub: failed to copy data: invalid argument',
  },
  {
    id: 'triton-server.pool-disabled',
    origin: 'triton-inference-server/core src/cuda_memory_manager.cc',
    pattern: /CUDA memory pool disabled/,
    weight: Weight.strong,
    category: 'no-device',
    soft: true,
    example: 'cuda_memory_manager.cc:115] CUDA memory pool disabled',
  },
  {
    id: 'triton-compiler.resources',
    origin: 'triton-lang/triton python/triton/runtime/errors.py (OutOfResources)',
    pattern:
      /out of resources?: (?<what>shared memory|threads|tensor memory|registers|cta_group)?,? ?Required: \d{1,12}/,
    weight: Weight.certain,
    category: 'not-supported',
    retryable: false,
    remedy:
      'Make the kernel’s blocks or its number of stages smaller: it asks for more on-chip memory than a multiprocessor has.',
    example:
      'out of resource: shared memory, Required: 131072, Hardware limit: 101376. Reducing block sizes or `num_stages` may help.',
  },
  {
    id: 'triton-compiler.driver',
    origin: 'triton-lang/triton third_party/nvidia/backend/driver.c: Triton Error [CUDA]: <string>',
    pattern: /Triton Error \[(?<what>CUDA|HIP)\]: (?<why>[^\n]{1,120})/,
    weight: Weight.certain,
    category: 'unknown',
    resolve: (match) =>
      factsOfCudaString(match.groups?.['why'] ?? '', true, match.groups?.['what'] === 'HIP') ?? {
        library: match.groups?.['what'] === 'HIP' ? 'hip' : 'cuda',
      },
    example: 'Triton Error [CUDA]: device kernel image is invalid',
  },
  {
    id: 'triton-compiler.compile',
    origin: 'triton-lang/triton python/triton/compiler',
    pattern:
      /PassManager::run failed|Internal Triton PTX codegen error|libcuda\.so cannot found|\d active drivers \(\[\]\)\. There should only be one/,
    weight: Weight.strong,
    category: 'library',
    example: 'PassManager::run failed',
  },
  {
    id: 'triton-server.memory',
    origin: 'triton-inference-server/core src/cuda_memory_manager.cc, src/pinned_memory_manager.cc',
    pattern:
      /[Ff]ailed to allocate (?:CUDA|GPU) memory(?: with byte size (?<requested>\d{1,19}))?(?: on GPU (?<device>\d{1,3}))?|CNMEM_STATUS_OUT_OF_MEMORY/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'cudart',
    example:
      'Failed to allocate CUDA memory with byte size 78643200 on GPU 0: CNMEM_STATUS_OUT_OF_MEMORY, falling back to pinned system memory',
  },
  {
    id: 'triton-server.cuda-call',
    origin:
      'triton-inference-server/core and backends: unable to <do something>: <cudaGetErrorString>',
    pattern:
      /unable to (?:create (?:stream|event|CUDA \w{1,20})|get (?:number of CUDA devices|CUDA device properties|memory info for device)|set (?:device|the current CUDA device))|Failed to initialize CUDA memory manager|Unable to allocate pinned system memory/i,
    weight: Weight.fair,
    category: 'library',
    library: 'cudart',
    resolve: (match, text) =>
      factsOfCudaString(text.slice(match.index, match.index + 240), true, false) ?? {},
    example: 'unable to create stream: operation not supported',
  },
  {
    id: 'triton-server.gpu-support',
    origin: 'triton-inference-server/core src/model_config_utils.cc',
    pattern:
      /has kind KIND_GPU but (?:no GPUs are available|server does not support GPUs)|specifies invalid or unsupported gpu id|GPU instances not supported|no available gpus to poll|GPU metrics will not be available/,
    weight: Weight.strong,
    category: 'no-device',
    example: 'instance group resnet_0 of model resnet has kind KIND_GPU but no GPUs are available',
  },
  {
    id: 'flash-attention.architecture',
    origin: 'Dao-AILab/flash-attention csrc/flash_attn/flash_api.cpp',
    pattern:
      /Flash ?Attention(?:-?2|-?3)? (?:only supports|requires?|is only supported on)[^\n]{0,40}(?:Ampere|Hopper|GPUs?|CUDA)/i,
    weight: Weight.fair,
    category: 'not-supported',
    restart: 'environment',
    example: 'FlashAttention only supports Ampere GPUs or newer.',
  },
];
