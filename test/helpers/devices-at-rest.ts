import { Event, alloc } from '../../lib/cuda/index.js';
import { useMock } from '../../lib/mock/index.js';

/**
 * For tests of what a call does where it stands. Beside work that an earlier test, of any file, has left
 * on the device a thread makes it instead, some time later, and nobody is thrown anything; and whoever
 * waits next is told what that work came to.
 */
export function eachTestFindsDevicesAtRest(): void {
  beforeEach(untilDevicesAreAtRest);
}

export async function untilDevicesAreAtRest(): Promise<void> {
  for (const device of [0, 1]) {
    do {
      await untilNothingIsTold(device);
      await new Promise(setImmediate); // the thread that was waited for may have a step left
    } while (!isAtRest(device));
  }
}

async function untilNothingIsTold(device: number): Promise<void> {
  useMock({ devices: 2 });
  using event = new Event({ device });
  const isTold = async (): Promise<boolean> => {
    try {
      event.record();
      await event.synchronize();
      return false;
    } catch {
      return true;
    }
  };
  while (await isTold());
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
