/** TornadoVM. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const tornadovm: readonly Rule[] = [
  {
    id: 'tornadovm.memory',
    origin:
      'beehive-lab/TornadoVM uk.ac.manchester.tornado.api.exceptions (TornadoOutOfMemoryException)',
    pattern:
      /Unable to allocate (?<requested>\d{1,19} bytes) of memory(?: on (?:the )?device)?\b|TornadoOutOfMemoryException/,
    weight: Weight.fair,
    category: 'out-of-memory',
    resolve: (match, text) =>
      /device|Tornado/.test(text.slice(match.index, match.index + 200)) ? {} : null,
    example: 'Unable to allocate 536870936 bytes of memory on device.',
    nearMiss: 'Unable to allocate 536870936 bytes of memory for the file cache',
  },
];
