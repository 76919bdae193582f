/** Allocating memory: on a device, or page-locked on the host. */

import { checkInteger, describe } from '../guard/arguments.js';
import { loadBinding } from '../native/load.js';
import { checkOptions, deviceOption } from './arguments.js';
import { newBuffer } from './device-buffer.js';
import type { DeviceBuffer } from './device-buffer.js';
import { allocPinned } from './pinned.js';
import { isLive, queueOf } from './stream.js';
import type { Stream } from './stream.js';

export interface AllocOptions {
  /** CUDA ordinal, an integer from 0 to 2147483647. Default 0, or the stream's. */
  device?: number;
  /** The memory comes from and goes back into this stream's order. Default: no stream. */
  stream?: Stream;
  host?: undefined;
}

export interface AllocPinnedOptions {
  /** The device whose context is asked for it; it is pinned for all. Default 0. */
  device?: number;
  /** Page-locked host memory in place of device memory. */
  host: 'pinned';
  stream?: undefined;
}

/**
 * Allocates memory on a device (`cudaMalloc`; CUDA Runtime API, "Memory Management"), on the calling
 * thread, with the device's context current for the time of the call: the caller's current device is
 * never changed and no other device gets a context. Blocks as long as the driver does; where there is
 * no memory, up to a second more for buffers that were freed and that a thread or a stream has yet to
 * give back; but not while the event loop is still copying for a `write` of more than 1 MiB.
 * The first allocation on a device creates the CUDA context. Leaves no last error unless it is sticky.
 *
 * With a `stream` it is stream-ordered (`cudaMallocAsync`, "Stream Ordered Memory Allocator"): it may
 * be used in that stream at once, elsewhere after an event, and goes back in the stream's order. A
 * runtime that has no such memory (before CUDA 11.2), or a device (no memory pools,
 * `cudaErrorNotSupported`), allocates as without.
 *
 * @param bytes an integer from 1 to 9007199254740991.
 * @throws {TypeError | RangeError} a wrong argument.
 * @throws {CUDAOutOfMemoryException} with `failure.requestedBytes` and `failure.memory`.
 * @throws {GPUException} no driver, no such device, or a context that no longer works.
 */
export function alloc(bytes: number, options?: AllocOptions): DeviceBuffer;
/**
 * Page-locked host memory (`cudaHostAlloc`), which copies use where it is. It lasts as long as the
 * ArrayBuffer, and as long as a copy uses it; a refusal to take it back (`cudaFreeHost`) is published
 * on the diagnostics channel. It stays in its thread: Node 20 copies it where it is in a
 * list of what to transfer, and says nothing; later versions throw a `DataCloneError`.
 */
export function alloc(bytes: number, options: AllocPinnedOptions): ArrayBuffer;
export function alloc(
  bytes: number,
  options: AllocOptions | AllocPinnedOptions = {},
): DeviceBuffer | ArrayBuffer {
  checkInteger(bytes, 'bytes', 1, Number.MAX_SAFE_INTEGER);
  const { device: given, stream, host } = checkOptions(options, ['device', 'stream', 'host']);
  if (host !== undefined) {
    if (host !== 'pinned') {
      throw new TypeError(`options.host must be "pinned"; got ${describe(host)}`);
    }
    if (stream !== undefined) {
      throw new TypeError('options.stream: host memory is of no stream');
    }
    return allocPinned(bytes, deviceOption(given));
  }
  const device = given === undefined && isLive(stream) ? stream.device : deviceOption(given);
  const queue = stream === undefined ? undefined : queueOf(stream, 'options.stream', device);
  const handle = loadBinding().alloc(bytes, device, queue?.handle ?? 0);
  return newBuffer(handle, bytes, device, stream as Stream | undefined);
}
