import { Event, alloc } from '../../lib/cuda/index.js';
import { useMock } from '../../lib/mock/index.js';

/** What ends well ends sooner, also on a busy machine. */
const MOST_MS = 30_000;

/**
 * For tests of what a call does where it stands. Beside work that an earlier test, of any file, has left
 * on the device a thread makes it instead, some time later, and nobody is thrown anything; and whoever
 * waits next is told what that work came to.
 */
export function eachTestFindsDevicesAtRest(): void {
  beforeEach(untilDevicesAreAtRest, 2 * MOST_MS);
}

/** Throws where something is at work for ever, as a worker that an earlier test did not end may be. */
export async function untilDevicesAreAtRest(): Promise<void> {
  const end = performance.now() + MOST_MS;
  for (const device of [0, 1]) {
    for (let isTold = true; isTold || !isAtRest(device);) {
      if (performance.now() > end) throw new Error(`device ${String(device)} finds no rest`);
      isTold = await isToldOfEarlierWork(device);
      await new Promise(setImmediate); // the thread that was waited for may have a step left
    }
  }
}

/** Whether waiting told of a failure: there may be another one, for whoever waits next. */
async function isToldOfEarlierWork(device: number): Promise<boolean> {
  useMock({ devices: 2 });
  using event = new Event({ device });
  try {
    event.record();
    await event.synchronize();
    return false;
  } catch {
    return true;
  }
}

/** A refusal tells where a call was made: here it throws. That it was made would not: a thread is quick. */
function isAtRest(device: number): boolean {
  const refused = (call: string) => ({ library: 'cudart', call, code: 1, times: 1 }) as const;
  useMock({ devices: 2, rules: [refused('cudaEventRecord'), refused('cudaFree')] });
  const throws = (work: () => void): boolean => {
    try {
      work();
      return false;
    } catch {
      return true;
    }
  };
  using event = new Event({ device });
  const buffer = alloc(16, { device });
  const isCalledHere = throws(() => {
    event.record();
  });
  const isFreedHere = throws(() => {
    buffer.free();
  });
  if (isFreedHere) buffer.free();
  return isCalledHere && isFreedHere;
}
