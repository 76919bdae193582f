/** Page-locked host memory, as an ArrayBuffer. */

import { loadBinding } from '../native/load.js';

/** The addon's handle of each; it ends with the array. */
const handles = new WeakMap<ArrayBufferLike, number>();

/** `undefined`: it is no pinned memory of ours. */
export function pinnedHandle(buffer: ArrayBufferLike): number | undefined {
  return handles.get(buffer);
}

/** See `alloc(bytes, { host: 'pinned' })`. */
export function allocPinned(bytes: number, device: number): ArrayBuffer {
  const [array, handle] = loadBinding().allocPinned(bytes, device);
  handles.set(array, handle);
  return array;
}
