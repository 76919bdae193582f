/** Ascend CANN. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const cann: readonly Rule[] = [
  {
    id: 'cann.error',
    origin: 'Ascend CANN error codes as printed by torch_npu and ggml-cann',
    pattern:
      /NPU out of memory|\bCANN error\b|ACL_ERROR_\w{4,60}|\baclrt[A-Z]\w{3,40}[^\n]{0,60}(?:failed|error code)/,
    weight: Weight.strong,
    category: 'library',
    library: 'cann',
    resolve: (match, text) =>
      /out of memory|MEMORY_ALLOC|207001|aclrtMalloc[^\n]{0,10} failed/.test(
        `${match[0]} ${text.slice(0, 400)}`,
      )
        ? { category: 'out-of-memory' }
        : {},
    example: 'NPU out of memory. Tried to allocate 20.00 MiB (NPU 0; 29.50 GiB total capacity)',
  },
];
