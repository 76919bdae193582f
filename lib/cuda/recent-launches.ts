/**
 * The last launches of each stream, because a kernel's fault is told by a later call: an exception
 * whose `failure.mayBeEarlier` is true names them on its cause. The addon notes them.
 */

import { setEarlierWork } from '../guard/raise-native.js';
import { loadBinding } from '../native/load.js';
import type { Triple } from './launch-area.js';

/** A launch that may have been the one that failed. */
export interface RecentLaunch {
  kernel: string;
  grid: Triple;
  block: Triple;
  sharedBytes: number;
  /** Streams of this thread in the order of their first launch, from 1; 0: a default stream. */
  stream: number;
}

/** What one launch is in the addon's answer. */
type Told = [string, number, number, number, number, number, number, number, number];
const TOLD = 9;

/** Has causes name the launches of this thread. */
export function nameRecentLaunches(): void {
  setEarlierWork(recentLaunches);
}

/** Those on `device` (`null`: on all), the latest first. */
function recentLaunches(device: number | null): RecentLaunch[] {
  const told = loadBinding().recentLaunches(device ?? -1);
  return Array.from({ length: told.length / TOLD }, (_, i) => {
    const [kernel, gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes, stream] = told.slice(
      i * TOLD,
      (i + 1) * TOLD,
    ) as Told;
    return {
      kernel,
      grid: [gridX, gridY, gridZ],
      block: [blockX, blockY, blockZ],
      sharedBytes,
      stream,
    };
  });
}
