/** whisper.cpp. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const whisperCpp: readonly Rule[] = [
  {
    id: 'whisper.gpu-init',
    origin: 'ggml-org/whisper.cpp src/whisper.cpp (whisper_backend_init_gpu)',
    pattern:
      /failed to initialize (?:CUDA|Vulkan|Metal|ROCm)\d{0,3} backend|whisper_backend_init_gpu: no GPU found/,
    weight: Weight.strong,
    category: 'no-device',
    example: 'whisper_backend_init_gpu: failed to initialize CUDA0 backend',
    nearMiss: 'whisper_backend_init: failed to initialize CPU backend',
  },
];
