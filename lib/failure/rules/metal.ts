/** Metal. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const metal: readonly Rule[] = [
  {
    id: 'metal.command-buffer',
    origin:
      'Apple Metal, MTLCommandBufferError; messages of IOGPU: Caused GPU <what> Error (<code>:kIOGPU…)',
    pattern:
      /Caused GPU (?<what>Timeout|Hang|Address Fault|Page Fault|Device|Memory)\w{0,12} Error|Ignored \(for causing prior\/excessive GPU errors\)|Innocent Victim|MTLCommandBufferErrorDomain/,
    weight: Weight.certain,
    category: 'kernel-fault',
    library: 'metal',
    restart: 'process',
    resolve: (_match, text) =>
      /OutOfMemory\)|Insufficient Memory/.test(text)
        ? { category: 'out-of-memory', restart: 'none' }
        : {},
    example:
      'Execution of the command buffer was aborted due to an error during execution. Caused GPU Timeout Error (00000002:kIOGPUCommandBufferCallbackErrorTimeout)',
  },
  {
    id: 'metal.device',
    origin:
      'ggml-org/ggml src/ggml-metal, pytorch/pytorch aten/src/ATen/mps, apple/coremltools users',
    pattern:
      /(?:[Ff]ailed to|[Cc]ould not|[Uu]nable to|[Cc]annot) (?:create|find|initialize|load|get)(?: a| the| any)? ?(?:default |compatible )?Metal (?:device|library|GPU|context|command queue)|Metal is not supported|MPS (?:backend|device) is not (?:available|supported|built)|no Metal devices?|failed to initialize the Metal library/,
    weight: Weight.strong,
    category: 'no-device',
    library: 'metal',
    example: 'ggml_metal_init: error: failed to initialize the Metal library',
  },
  {
    id: 'metal.aborted',
    origin:
      'Apple Metal, MTLCommandBufferError: Execution of the command buffer was aborted …, <reason> (IOAF code <n>)',
    pattern: /Execution of the command buffer was aborted|\(IOAF code \d{1,12}\)/,
    weight: Weight.strong,
    category: 'library',
    library: 'metal',
    resolve: (match, text) =>
      /Insufficient Memory/.test(text.slice(match.index, match.index + 240))
        ? { category: 'out-of-memory' }
        : {},
    example:
      'Execution of the command buffer was aborted due to an error during execution. Insufficient Permission (to submit GPU work from background) (IOAF code 6)',
  },
  {
    id: 'metal.reason',
    origin:
      'Apple Metal: description of an MTLCommandBufferError alone, as ggml, MLX and tinygrad print it: <reason> (<code>:<reason or name>)',
    pattern: /\b(?:Internal|Unknown|Software) Error \(0{6}[\da-f]{2}:[^()\n]{3,80}\)/,
    weight: Weight.strong,
    category: 'library',
    library: 'metal',
    example: 'Internal Error (0000000e:Internal Error)',
    nearMiss: 'Internal Error (14)',
  },
  {
    id: 'metal.error-domain',
    origin:
      'Apple Metal: domains of NSError (MTLLibraryErrorDomain, MTLIOErrorDomain, …); compiler output',
    pattern:
      /\bMTL(?:Library|IO|Device|CounterSample|DynamicLibrary|BinaryArchive|Capture|Log|Pipeline)\w{0,12}ErrorDomain|\bprogram_source:\d{1,6}:\d{1,4}: (?:fatal )?error|AGXMetal\w{1,12}[^\n]{0,60}(?:error|failed)/,
    weight: Weight.strong,
    category: 'not-supported',
    library: 'metal',
    restart: 'environment',
    example: 'Error Domain=MTLLibraryErrorDomain Code=3 "program_source:41:9: error: invalid type"',
  },
];
