/**
 * The last launches of each stream, because a kernel's fault is told by a later call: an exception
 * whose `failure.mayBeEarlier` is true names them on its cause.
 */

import { setEarlierWork } from '../guard/raise-native.js';
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

const PER_STREAM = 8;
const MOST_STREAMS = 64;

class Ring {
  readonly device: number;
  readonly stream: number;
  readonly launches: { sequence: number; launch: RecentLaunch }[] = [];
  #next = 0;

  constructor(device: number, stream: number) {
    this.device = device;
    this.stream = stream;
  }

  add(sequence: number, launch: RecentLaunch): void {
    this.launches[this.#next] = { sequence, launch };
    this.#next = (this.#next + 1) % PER_STREAM;
  }
}

const rings = new Map<number, Ring>();
let last = 0;
let streams = 0;

/** Notes a launch. `stream`: the handle of its queue. */
export function noteLaunch(
  stream: number,
  isDefault: boolean,
  { name, device }: { readonly name: string; readonly device: number },
  grid: Triple,
  block: Triple,
  sharedBytes: number,
): void {
  let ring = rings.get(stream);
  if (ring === undefined) {
    if (rings.size === 0) setEarlierWork(recentLaunches);
    for (const oldest of rings.keys()) {
      if (rings.size < MOST_STREAMS) break;
      rings.delete(oldest);
    }
    ring = new Ring(device, isDefault ? 0 : ++streams);
    rings.set(stream, ring);
  }
  ring.add(++last, { kernel: name, grid, block, sharedBytes, stream: ring.stream });
}

/** Those on `device` (`null`: on all), the latest first. */
function recentLaunches(device: number | null): RecentLaunch[] {
  return [...rings.values()]
    .filter((ring) => device === null || ring.device === device)
    .flatMap((ring) => ring.launches)
    .sort((a, b) => b.sequence - a.sequence)
    .map(({ launch }) => launch);
}
