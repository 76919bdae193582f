/** Waiting for a whole device. */

import { checkDevice } from '../guard/arguments.js';
import { loadBinding } from '../native/load.js';

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
  const binding = loadBinding();
  await new Promise<void>((resolve, reject) => {
    binding.synchronizeDevice(device, (error) => {
      binding.holdLoop(-1);
      if (error === undefined) resolve();
      else reject(error);
    });
    binding.holdLoop(1);
  });
}
