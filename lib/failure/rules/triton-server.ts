/** Triton Inference Server. */

import { factsOfCudaString } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const tritonServer: readonly Rule[] = [
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
    id: 'triton-server.metrics',
    origin: 'triton-inference-server/core src/metrics.cc (DCGM)',
    pattern:
      /metrics\.cc:\d{1,5}\] "?(?:Unable to get|[Ff]ailed to (?:get|query|update)|error,? )|\bDCGM unable to (?:start|initialize)|Cannot get CUDA device count|error initializing (?:DCGM|NVML)/,
    weight: Weight.strong,
    category: 'library',
    library: 'nvml',
    example: 'metrics.cc:506] Unable to get device UUID: Bad parameter passed to function',
    nearMiss: 'metrics.cc:890] "Collecting metrics for GPU 0: NVIDIA A100"',
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
];
