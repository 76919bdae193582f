/** Device memory. */

import { checkInteger } from '../guard/arguments.js';
import { loadBinding } from '../native/load.js';
import { checkOptions, deviceOption } from './arguments.js';
import { forgetLeak, watchForLeak } from './leaks.js';

export interface AllocOptions {
  /** CUDA ordinal, an integer from 0 to 2147483647. Default 0. */
  device?: number;
}

/** Where an argument's memory is, for the addon. */
export interface MemoryPlace {
  handle: number;
  /** In bytes. */
  offset: number;
}

let handleOf: (value: object) => number | null;

/**
 * The memory that `value` stands for; `null`: it is no DeviceBuffer.
 *
 * @throws {TypeError} naming `argument`: it was freed, or is of another device.
 */
export function memoryOf(value: object, argument: string, device: number): MemoryPlace | null {
  const handle = handleOf(value);
  if (handle === null) return null;
  if (handle === 0) throw new TypeError(`${argument} is a DeviceBuffer that was freed before`);
  const own = (value as DeviceBuffer).device;
  if (own !== device) {
    throw new TypeError(
      `${argument} is a DeviceBuffer of device ${String(own)}; device ${String(device)} is needed`,
    );
  }
  return { handle, offset: 0 };
}

/** Only `alloc` has it. */
const MADE_BY_ALLOC = Symbol('made by alloc()');

/**
 * Memory on one device, as {@link alloc} answers it. Free it with {@link DeviceBuffer.free} or
 * `using`; a buffer that is merely forgotten is freed when it is collected, with one process warning.
 * It belongs to the thread that made it; what is live when a worker ends is freed soon after, which
 * nobody waits for, and what is live when the process ends is left to the driver.
 */
export class DeviceBuffer {
  /** Size in bytes, as asked for. */
  readonly byteLength: number;
  /** CUDA ordinal. */
  readonly device: number;
  /** 0 once it is freed. */
  #handle: number;

  static {
    handleOf = (value) => (#handle in value ? value.#handle : null);
  }

  /** @internal */
  constructor(token: unknown, handle: number, bytes: number, device: number) {
    if (token !== MADE_BY_ALLOC) {
      throw new TypeError('DeviceBuffer cannot be constructed; call alloc(bytes, { device })');
    }
    this.#handle = handle;
    this.byteLength = bytes;
    this.device = device;
    watchForLeak(this, {
      handle,
      release: (native, memory) => {
        native.free(memory);
      },
      describe: () => `A DeviceBuffer of ${String(bytes)} bytes on device ${String(device)}`,
    });
  }

  /**
   * The device pointer, for other bindings.
   *
   * @throws {TypeError} the buffer was freed.
   */
  get address(): bigint {
    return loadBinding().address(this.#live('address'));
  }

  /** Whether it was freed. */
  get freed(): boolean {
    return this.#handle === 0;
  }

  /**
   * Frees the memory (`cudaFree`); waits for work on the device that uses it. On the calling thread
   * if the device is its current one, else as {@link alloc}.
   *
   * @throws {TypeError} it was freed before.
   * @throws {GPUException} the runtime refuses, which may be the fault of earlier asynchronous work.
   * The buffer counts as freed all the same.
   */
  free(): void {
    const handle = this.#live('free()');
    this.#handle = 0;
    forgetLeak(this);
    loadBinding().free(handle);
  }

  /** For `using`: frees it unless it was freed before. */
  [Symbol.dispose](): void {
    if (this.#handle !== 0) this.free();
  }

  #live(what: string): number {
    if (this.#handle !== 0) return this.#handle;
    throw new TypeError(`${what}: this DeviceBuffer was freed before`);
  }
}

/**
 * Allocates memory on a device (`cudaMalloc`; CUDA Runtime API, "Memory Management"). Where the
 * device is the calling thread's current one, on that thread; else on a thread of our own for this
 * device, whose answer is waited for: so the caller's current device is never changed and no other
 * device gets a context. Blocks as long as the driver does, with what was asked of the device before.
 * The first allocation on a device creates the CUDA context. Leaves no last error on the calling
 * thread unless it is sticky.
 *
 * @param bytes an integer from 1 to 9007199254740991.
 * @throws {TypeError | RangeError} a wrong argument.
 * @throws {CUDAOutOfMemoryException} with `failure.requestedBytes` and `failure.memory`.
 * @throws {GPUException} no driver, no such device, or a context that no longer works.
 */
export function alloc(bytes: number, options: AllocOptions = {}): DeviceBuffer {
  checkInteger(bytes, 'bytes', 1, Number.MAX_SAFE_INTEGER);
  const { device: given } = checkOptions(options, ['device']);
  const device = deviceOption(given);
  const handle = loadBinding().alloc(bytes, device);
  return new DeviceBuffer(MADE_BY_ALLOC, handle, bytes, device);
}
