/**
 * The last launches of each stream, because a kernel's fault is told by a later call: an exception
 * whose `failure.mayBeEarlier` is true names them on its cause, next to the stream that the failed
 * call was about. The addon notes them.
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
  /** The stream's `id`; 0: the default stream of a device. */
  stream: number;
}

/** What one launch is in the addon's answer. */
type Told = [string, number, number, number, number, number, number, number, number];
const TOLD = 9;

/** Has causes name the launches of this thread. */
export function nameRecentLaunches(): void {
  setEarlierWork(recentLaunches);
}

/** Those on `device` (`null`: on all): those in `ofStream` first, and of each the latest first. */
function recentLaunches(device: number | null, ofStream: number | null): RecentLaunch[] {
  const told = loadBinding().recentLaunches(device ?? -1);
  const launches = Array.from({ length: told.length / TOLD }, (_, i): RecentLaunch => {
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
  const isSuspect = ({ stream }: RecentLaunch): boolean => stream === ofStream;
  return [...launches.filter(isSuspect), ...launches.filter((each) => !isSuspect(each))];
}
