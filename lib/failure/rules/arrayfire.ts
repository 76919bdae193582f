/** ArrayFire. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const arrayfire: readonly Rule[] = [
  {
    id: 'arrayfire.memory',
    origin: 'arrayfire/arrayfire src/api/c/err_common.cpp: Device out of memory (101)',
    pattern: /Device out of memory ?[(:]|AF_ERR_NO_MEM|ArrayFire Exception \((?<why>[^):\n]{3,60})/,
    weight: Weight.certain,
    category: 'library',
    resolve: (match) =>
      /out of memory|NO_MEM/.test(match[0])
        ? { category: 'out-of-memory' }
        : /[Uu]nable to load|driver/.test(match[0])
          ? { category: 'driver-mismatch', restart: 'environment' }
          : {},
    example: 'ArrayFire Exception (Device out of memory:101):',
  },
];
