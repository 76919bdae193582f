/** The addon, for those who can do without it. */

import type { NativeBinding } from '../native/binding.js';

declare const require: (id: '../native/load.js') => typeof import('../native/load.js');

let found: NativeBinding | null | undefined;

/** The addon, or `null` where it cannot be loaded; asked once per thread, since finding out costs. */
export function addon(): NativeBinding | null {
  if (found !== undefined) return found;
  try {
    found = require('../native/load.js').tryLoadBinding();
  } catch {
    found = null; // the stack is exhausted
  }
  return found;
}
