/** Questions to the driver that are asked on the lane of a device. */

import type { LaneCallback } from '../native/answers.js';
import type { NativeBinding } from '../native/binding.js';
import { loadBinding } from '../native/load.js';

/** What the lane answers. Keeps the process alive until then. */
export function onLane(
  ask: (binding: NativeBinding, callback: LaneCallback) => void,
): Promise<number> {
  const binding = loadBinding();
  return new Promise((resolve, reject) => {
    ask(binding, (error, answer) => {
      binding.holdLoop(-1);
      if (error === undefined) resolve(answer);
      else reject(error);
    });
    binding.holdLoop(1);
  });
}
