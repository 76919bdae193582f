/** GPU packages and addons that Node cannot load. */

import { ENVIRONMENT, Weight } from './rule.js';
import type { Rule } from './rule.js';

const PACKAGES =
  '(?:@tensorflow/tfjs-node-gpu|@node-llama-cpp/[\\w-]{1,30}-(?:cuda|vulkan|metal)(?:-ext)?|@rapidsai/(?:cuda|rmm|cudf|core)|onnxruntime-node-gpu|@fugood/[\\w.-]{1,30}-(?:cuda|vulkan))';

export const nodePackages: readonly Rule[] = [
  {
    id: 'node.gpu-package-missing',
    origin:
      'nodejs/node lib/internal/modules: Cannot find module/package, for packages that hold a GPU build',
    pattern: new RegExp(`Cannot find (?:module|package) '${PACKAGES}'`),
    weight: Weight.conclusive + 1,
    category: 'library',
    ...ENVIRONMENT,
    remedy:
      'Install the GPU package for this platform; its optional dependency was left out or its install script did not run.',
    example: "Cannot find module '@tensorflow/tfjs-node-gpu'",
    nearMiss: "Cannot find module '@tensorflow/tfjs-core/dist/backends/backend'",
  },
  {
    id: 'node.gpu-binding-not-loadable',
    origin: 'nodejs/node src/node_binding.cc: the dynamic loader’s words and the addon’s path',
    pattern:
      /(?:specified module could not be found|can ?not be found at path:|specified procedure could not be found|cannot open shared object file|Error loading|dlopen)[^\n]{0,40}\n?[^\n]{0,240}(?:tfjs-node-gpu[\\/][^\n]{0,80}\.node|(?:lib)?ggml-(?:cuda|vulkan)\.(?:so|dll))/,
    weight: Weight.conclusive + 1,
    category: 'library',
    ...ENVIRONMENT,
    remedy:
      'Install the CUDA and cuDNN versions that this GPU binding was built for; the binding or one of its libraries cannot be loaded.',
    example:
      'The specified module could not be found.\n\\\\?\\C:\\app\\node_modules\\@tensorflow\\tfjs-node-gpu\\lib\\napi-v8\\tfjs_binding.node',
    nearMiss:
      'The specified module could not be found.\n\\\\?\\C:\\app\\node_modules\\better-sqlite3\\build\\better_sqlite3.node',
  },
  {
    id: 'node.no-binary',
    origin: 'withcatai/node-llama-cpp src/bindings/getLlama.ts (NoBinaryFoundError)',
    pattern: /NoBinaryFoundError/,
    weight: Weight.hint,
    category: 'not-supported',
    restart: 'environment',
    // With `gpu: false` the same name is about the CPU; only a log can tell.
    resolve: (_match, text) => (/CUDA|Vulkan|Metal|GPU/.test(text) ? {} : null),
    example: 'NoBinaryFoundError: no prebuilt binary with CUDA support',
    nearMiss: 'NoBinaryFoundError',
  },
];
