/** node-llama-cpp. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const nodeLlamaCpp: readonly Rule[] = [
  {
    id: 'node-llama-cpp.vram',
    origin: 'withcatai/node-llama-cpp src/gguf/insights/utils/resolve*Option.ts',
    pattern:
      /(?:too large for the available|Not enough|not enough|insufficient|larger than the available|exceeds the available) (?:(?:free|available) )?VRAM|(?:too large for the available|Not enough) VRAM and RAM/,
    weight: Weight.certain,
    category: 'out-of-memory',
    example: 'A context size of 131072 is too large for the available VRAM',
    nearMiss: 'A context size of 32768 is too large for the available RAM (including swap)',
  },
  {
    id: 'node-llama-cpp.backend',
    origin:
      'withcatai/node-llama-cpp src/bindings/getLlama.ts, src/bindings/utils/logDistroInstallInstruction.ts',
    pattern:
      /(?:CUDA|Vulkan|Metal) is detected, but using it failed|Vulkan device is not supported|symbol lookup error: [^\n]{0,160}(?:libllama|libggml)[\w.-]{0,20}\.?(?:vulkan|cuda|metal)|prebuilt binary for platform [^\n]{0,60}with (?:CUDA|Vulkan|Metal) support is not compatible/,
    weight: Weight.strong,
    category: 'library',
    restart: 'environment',
    example: 'Vulkan is detected, but using it failed',
    nearMiss: 'Vulkan is detected, using it',
  },
];
