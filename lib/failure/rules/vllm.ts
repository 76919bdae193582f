/** vLLM and SGLang, and their kernels. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const vllm: readonly Rule[] = [
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
