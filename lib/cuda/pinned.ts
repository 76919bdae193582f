/** Page-locked host memory, as an ArrayBuffer. */

import { constants } from 'node:buffer';
import { loadBinding } from '../native/load.js';

/** The addon's handle of each; it ends with the array. */
const handles = new WeakMap<ArrayBufferLike, number>();

/** `undefined`: it is no pinned memory of ours. */
export function pinnedHandle(buffer: ArrayBufferLike): number | undefined {
  return handles.get(buffer);
}

/** See `alloc(bytes, { host: 'pinned' })`. */
export function allocPinned(bytes: number, device: number): ArrayBuffer {
  // Node lends no more to one array, whatever V8 could hold.
  if (bytes > constants.MAX_LENGTH) {
    throw new RangeError(
      `bytes must be at most ${String(constants.MAX_LENGTH)} of pinned memory (buffer.constants.MAX_LENGTH); got ${String(bytes)}`,
    );
  }
  const [array, handle] = loadBinding().allocPinned(bytes, device);
  handles.set(array, handle);
  return array;
}
