/** Ollama. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const ollama: readonly Rule[] = [
  {
    id: 'ollama.runner-terminated',
    origin: 'ollama/ollama llm/server.go: runner process terminated, with the last error line',
    pattern:
      /runner process (?:has )?(?:terminated|no longer running)[^\n]{0,40}(?:CUDA|ROCm) error(?!: ?[a-z])/,
    weight: Weight.fair,
    category: 'unknown',
    restart: 'process',
    example: 'llama runner process has terminated: CUDA error',
    nearMiss: 'llama runner process has terminated: exit status 2',
  },
  {
    id: 'ollama.vram',
    origin: 'ollama/ollama server/sched.go, llm/server.go',
    pattern: /unable to load full model on GPU|requires more (?:GPU memory|VRAM)/,
    weight: Weight.strong,
    category: 'out-of-memory',
    example: 'unable to load full model on GPU',
    nearMiss: 'model requires more system memory (3.7 GiB) than is available (3.6 GiB)',
  },
];
