import { alloc } from '../../lib/cuda/index.js';
import { useMock } from '../../lib/mock/index.js';

/**
 * For tests of what `free()` does where it stands: beside work that an earlier test, of any file, has
 * left on the device, a thread calls cudaFree instead, some time later, and nobody is thrown anything.
 */
export function eachTestFindsDevicesAtRest(): void {
  beforeEach(async () => {
    for (const device of [0, 1]) await untilAtRest(device);
  });
}

/** A refusal tells where the call was made: here it throws. That it was made would not: a thread is quick. */
async function untilAtRest(device: number): Promise<void> {
  for (;;) {
    useMock({ devices: 2, rules: [{ library: 'cudart', call: 'cudaFree', code: 1, times: 1 }] });
    const buffer = alloc(16, { device });
    try {
      buffer.free();
    } catch {
      buffer.free();
      return;
    }
    await new Promise(setImmediate);
  }
}
