/** All text rules at once, for tools and tests; the judge takes them one by one. */

import type { Rule } from './rule.js';
import { rulesOn, shelfNames } from './shelves.js';

/** In the order in which rules of equal weight and equal meaning are preferred. */
export const rules: readonly Rule[] = shelfNames.flatMap(rulesOn);
