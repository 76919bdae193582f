/** Whether the addon is in this process, whichever thread loaded it. A leaf: loads nothing of ours. */

import { readFileSync } from 'node:fs';
import path from 'node:path';

const ADDON = 'gpu_exceptions.node';

let seen = false;

/**
 * Whether some thread of this process has loaded the addon; `null` where the system does not tell
 * (everywhere but on Linux). Once loaded it stays, so only a "no" is asked again. Never throws.
 */
export function isAddonMapped(): boolean | null {
  if (seen) return true;
  if (process.platform !== 'linux') return null;
  try {
    const maps = readFileSync('/proc/self/maps', 'utf8');
    const explicit = path.basename(process.env['GPU_EXCEPTIONS_ADDON'] ?? '');
    seen = maps.includes(`/${ADDON}`) || (explicit !== '' && maps.includes(`/${explicit}\n`));
    return seen;
  } catch {
    return null;
  }
}
