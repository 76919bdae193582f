/** XLA, as JAX and TensorFlow show it. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const xla: readonly Rule[] = [
  {
    id: 'xla.out-of-memory',
    origin:
      'openxla/xla xla/service/gpu, xla/pjrt, xla/stream_executor/integrations: Out of memory … trying to allocate <n> bytes',
    pattern:
      /Out of memory (?:while )?(?:trying to allocate|allocating) (?<requested>\d{1,19} bytes|[\d.]{1,20} ?[KMGT]iB)(?!,)|RESOURCE_EXHAUSTED: Out of memory/,
    weight: Weight.strong,
    category: 'out-of-memory',
    example: 'RESOURCE_EXHAUSTED: Out of memory while trying to allocate 5520758552 bytes.',
  },
  {
    id: 'xla.request',
    origin: 'openxla/xla xla/stream_executor/stream_executor_memory_allocator.cc',
    pattern:
      /Failed to allocate request for [\d.]{1,20}[KMGT]?i?B \((?<requested>\d{1,19})B\) on device ordinal (?<device>\d{1,3})/,
    weight: Weight.certain,
    category: 'out-of-memory',
    example:
      'RESOURCE_EXHAUSTED: Failed to allocate request for 2.00GiB (2147483648B) on device ordinal 0',
  },
  {
    id: 'xla.plugin',
    origin: 'jax-ml/jax jax/_src/xla_bridge.py (discover_pjrt_plugins): plugins of the GPU vendors',
    pattern: /plugin configuration error: [^\n]{0,80}\bxla_(?:cuda|rocm)\d{0,3}\b/,
    weight: Weight.strong,
    category: 'no-device',
    restart: 'environment',
    example:
      'Jax plugin configuration error: Exception when calling jax_plugins.xla_cuda12.initialize()',
  },
  {
    id: 'xla.allocation-of-cpu',
    origin: 'tensorflow/tensorflow tensorflow/core/framework/cpu_allocator_impl.cc',
    pattern:
      /Allocation of \d{1,19} exceeds \d{1,3}% of (?:free )?system memory|by allocator (?:mkl)?cpu\b|\bmklcpu\b/,
    weight: Weight.strong,
    veto: true,
    example: 'Allocation of 79148544 exceeds 10% of free system memory.',
  },
];
