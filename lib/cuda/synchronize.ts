/** Waiting for a whole device. */

import { checkDevice } from '../guard/arguments.js';
import { onLane } from './on-lane.js';

/**
 * Settles when all work of this process on `device` is done (`cudaDeviceSynchronize`), whoever put it
 * there. Waits on this thread's own native thread for the device; the event loop and libuv's pool do
 * not. Keeps the process alive until then. Creates the device's context. Not verified on hardware.
 *
 * @param device CUDA ordinal, an integer from 0 to 2147483647.
 * @returns rejects with TypeError or RangeError for a wrong argument, and with GPUException when work
 * failed, or there is no driver or no such device.
 */
export async function synchronize(device = 0): Promise<void> {
  checkDevice(device, 'device');
  await onLane((binding, callback) => {
    binding.synchronizeDevice(device, callback);
  });
}
