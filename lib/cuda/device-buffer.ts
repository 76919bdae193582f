/** Device memory. */

import { checkInteger, describe } from '../guard/arguments.js';
import { loadBinding } from '../native/load.js';
import { checkOptions, flagOption } from './arguments.js';
import type {
  CopyOptions,
  FillOptions,
  ReadIntoOptions,
  ReadOptions,
  WriteOptions,
} from './buffer-options.js';
import { checkOffset, checkRange } from './byte-range.js';
import { hostBytes, takeOver } from './host-bytes.js';
import type { HostMemory } from './host-bytes.js';
import { LeakWatch } from './leaks.js';
import { checkReceivers } from './receiver.js';
import { showGetters } from './shown.js';
import { isLive, queueOf } from './stream.js';
import type { Stream } from './stream.js';
import { readBytes, readBytesInto, writeBytes, writeInPlace } from './transfers.js';
import type { DevicePlace } from './transfers.js';
import { viewOption } from './view-option.js';
import type { ViewConstructor } from './view-option.js';
import type { WorkQueue } from './work.js';

/** Nobody else has it. */
const MADE_HERE = Symbol('made by alloc()');

/** What only some buffers have: kept apart, since there may be many of the others. */
interface Special {
  /** Of a slice: whose memory it is a part of, and where it begins there. */
  readonly parent?: DeviceBuffer | undefined;
  readonly offset: number;
  /** Of stream-ordered memory. */
  readonly stream?: Stream | undefined;
}

type Memory = Omit<DevicePlace, 'binding'>;

const leaks = new LeakWatch({
  describe: (binding, handle) =>
    `A DeviceBuffer of ${String(binding.byteLength(handle))} bytes on device ${String(binding.deviceOf(handle))}`,
  release: (binding, handle) => {
    binding.freeForgotten(handle);
  },
});

let isBuffer: (value: unknown) => value is DeviceBuffer;
/** A live buffer's handle without more ado; 0: it is none, or not of that device. */
export let quickHandle: (value: unknown, device: number) => number;
/** Where the memory of a buffer begins in its allocation. */
export let quickStart: (buffer: unknown) => number;
/** Where a live buffer is. @throws TypeError naming `argument`: it was freed. */
let memoryAt: (buffer: DeviceBuffer, argument: string) => Memory & { device: number };

/**
 * Memory on one device, as `alloc` answers it. Free it with {@link DeviceBuffer.free} or
 * `using`; a buffer that is merely forgotten is freed after it was collected, with one process warning.
 * It belongs to the thread that made it; what is live when a worker ends is freed soon after, which
 * nobody waits for, and what is live when the process ends is left to the driver.
 *
 * What copies answers a promise, which settles when the driver says so; neither the event loop nor
 * libuv's pool waits, and the process stays alive until then. Within one stream everything is done in
 * the order of the calls. Not verified on hardware.
 */
export class DeviceBuffer {
  // What checks rely on nobody else can change.
  readonly #byteLength: number;
  readonly #device: number;
  /** 0 once it is freed. */
  #handle: number;
  readonly #special: Special | undefined;

  static {
    isBuffer = (value): value is DeviceBuffer =>
      typeof value === 'object' && value !== null && #handle in value;
    checkReceivers(this, isBuffer);
    showGetters(this, isBuffer, ['byteLength', 'device', 'freed']);
    memoryAt = (buffer, argument) => {
      return { handle: buffer.#live(argument), offset: buffer.#start, device: buffer.#device };
    };
    quickHandle = (value, device) =>
      isBuffer(value) && value.#device === device ? (value.#special?.parent ?? value).#handle : 0;
    quickStart = (buffer) => (buffer as DeviceBuffer).#special?.offset ?? 0;
  }

  /** @internal */
  constructor(
    token: unknown,
    handle: number,
    byteLength: number,
    device: number,
    special?: Special,
  ) {
    if (token !== MADE_HERE) {
      throw new TypeError('DeviceBuffer cannot be constructed; call alloc(bytes, { device })');
    }
    this.#handle = handle;
    this.#byteLength = byteLength;
    this.#device = device;
    this.#special = special;
    if (special?.parent === undefined) leaks.add(this, handle);
  }

  /** Size in bytes, as asked for. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** CUDA ordinal. */
  get device(): number {
    return this.#device;
  }

  /**
   * The device pointer, for other bindings.
   *
   * @throws {TypeError} the buffer was freed.
   */
  get address(): bigint {
    return loadBinding().address(this.#live('address')) + BigInt(this.#start);
  }

  /** Whether it was freed. */
  get freed(): boolean {
    return this.#special?.parent?.freed ?? this.#handle === 0;
  }

  /**
   * Copies `source` into the buffer (`cudaMemcpyAsync`). Up to 1 MiB is copied at the call into pinned
   * memory of the addon's, and `source` may be changed at once. More than that:
   *
   * - pinned memory (`alloc(bytes, { host: 'pinned' })`) and a `SharedArrayBuffer` are copied from
   *   where they are; they must not be changed before the promise settles;
   * - with `transfer: true` the source's memory is taken over, which detaches it;
   * - else the event loop copies 2 MiB in each turn, and what follows in the stream waits for it. That
   *   takes little host memory while the stream keeps up, and as much again while it does not. A source
   *   that is detached meanwhile ends it, and so does want of host memory: part of the buffer has then
   *   been written.
   *
   * @returns rejects with TypeError or RangeError that names the argument, before any native call;
   * with GPUException when the copy, or work before it, failed; with Error for want of host memory.
   */
  async write(source: HostMemory, options: WriteOptions = {}): Promise<void> {
    const given = checkOptions(options, ['offset', 'stream', 'transfer']);
    const bytes = hostBytes(source, 'source');
    const offset = this.#offset(given['offset'], 'options.offset', bytes.byteLength, 'source');
    const transfer = flagOption(given['transfer'], 'options.transfer', false);
    const place = this.#place('write()', offset);
    const queue = this.#queueFor(given['stream']);
    const taken = transfer ? takeOver(bytes) : undefined;
    if (bytes.byteLength === 0) return;
    await (taken === undefined
      ? writeBytes(place, queue, bytes)
      : writeInPlace(place, queue, taken));
  }

  /**
   * Copies a part of the buffer into new memory (`cudaMemcpyAsync`).
   *
   * @returns rejects as {@link DeviceBuffer.write}.
   */
  async read(options?: ReadOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** The same as another view, e.g. `read({ as: Float32Array })`; the bytes must be whole elements. */
  async read<T extends ArrayBufferView>(
    options: ReadOptions & { as: ViewConstructor<T> },
  ): Promise<T>;
  async read(
    options: ReadOptions & { as?: ViewConstructor<ArrayBufferView> } = {},
  ): Promise<ArrayBufferView> {
    const given = checkOptions(options, ['offset', 'byteLength', 'stream', 'as']);
    const [offset, length] = checkRange(this.#byteLength, given['offset'], given['byteLength']);
    const view = viewOption(given['as'], length);
    const place = this.#place('read()', offset);
    const queue = this.#queueFor(given['stream']);
    return view(length === 0 ? new Uint8Array(0) : await readBytes(place, queue, length));
  }

  /**
   * Fills `target` from the buffer (`cudaMemcpyAsync`). Pinned memory and a `SharedArrayBuffer` are
   * filled where they are; anything else by the event loop once the bytes are there, 2 MiB in each
   * turn.
   *
   * @returns rejects as {@link DeviceBuffer.write}.
   */
  async readInto(target: HostMemory, options: ReadIntoOptions = {}): Promise<void> {
    const given = checkOptions(options, ['offset', 'stream']);
    const bytes = hostBytes(target, 'target');
    const offset = this.#offset(given['offset'], 'options.offset', bytes.byteLength, 'target');
    const place = this.#place('readInto()', offset);
    const queue = this.#queueFor(given['stream']);
    if (bytes.byteLength > 0) await readBytesInto(place, queue, bytes);
  }

  /**
   * Sets every byte of a part of the buffer (`cudaMemsetAsync`).
   *
   * @param value an integer from 0 to 255.
   * @returns rejects as {@link DeviceBuffer.write}.
   */
  async fill(value: number, options: FillOptions = {}): Promise<void> {
    checkInteger(value, 'value', 0, 255);
    const given = checkOptions(options, ['offset', 'byteLength', 'stream']);
    const [offset, length] = checkRange(this.#byteLength, given['offset'], given['byteLength']);
    const { binding, handle, offset: at } = this.#place('fill()', offset);
    const queue = this.#queueFor(given['stream']);
    if (length > 0) await queue.wait(binding.fill(handle, at, queue.handle, length, value));
  }

  /**
   * Copies a part of this buffer into another one: on the same device `cudaMemcpyAsync`, to another
   * `cudaMemcpyPeerAsync`, which works with and without peer access. Parts of one allocation must not
   * overlap.
   *
   * @returns rejects as {@link DeviceBuffer.write}.
   */
  async copyTo(target: DeviceBuffer, options: CopyOptions = {}): Promise<void> {
    if (!isBuffer(target)) {
      throw new TypeError(`target must be a DeviceBuffer of this thread; got ${describe(target)}`);
    }
    const to = memoryAt(target, 'target');
    const given = checkOptions(options, ['sourceOffset', 'targetOffset', 'byteLength', 'stream']);
    const { sourceOffset, targetOffset, byteLength, stream } = given;
    const [offset, length] = checkRange(
      this.#byteLength,
      sourceOffset,
      byteLength,
      'options.sourceOffset',
    );
    const into = target.#offset(targetOffset, 'options.targetOffset', length, 'the copy');
    const from = this.#place('copyTo()', offset);
    const queue = this.#queueFor(stream, to.device);
    const start = to.offset + into;
    const apart = start + length <= from.offset || from.offset + length <= start;
    if (to.handle === from.handle && !apart && length > 0) {
      throw new RangeError('options.targetOffset: the two parts of the memory overlap');
    }
    if (length === 0) return;
    await queue.wait(
      from.binding.copyDevice(to.handle, start, queue.handle, from.handle, from.offset, length),
    );
  }

  /**
   * A part of this buffer that can be used like one. It owns nothing: it is freed with the buffer, and
   * does not keep it from being collected too early, since it holds it.
   *
   * @throws {TypeError | RangeError} a wrong argument, or the buffer was freed.
   */
  slice(offset = 0, byteLength?: number): DeviceBuffer {
    this.#live('slice()');
    checkInteger(offset, 'offset', 0, this.#byteLength);
    const room = this.#byteLength - offset;
    const length = byteLength === undefined ? room : byteLength;
    checkInteger(length, 'byteLength', 0, room);
    return new DeviceBuffer(MADE_HERE, 0, length, this.#device, {
      parent: this.#special?.parent ?? this,
      offset: this.#start + offset,
      stream: this.#special?.stream,
    });
  }

  /**
   * Frees the memory. Work that is under way is waited for, but not here: while this process may have
   * some on the device by this package, `cudaFree` is called on a thread of the addon's, and a refusal
   * is then told on the channel `gpu-exceptions:failure` alone. Of work that others put there it knows
   * nothing: `cudaFree` then makes the caller wait for it. Memory of a stream goes back into its order
   * (`cudaFreeAsync`), and waits for nobody.
   *
   * @throws {TypeError} it was freed before, or is a slice.
   * @throws {GPUException} the runtime refuses. With `failure.sticky` – the context is lost, and the
   * memory goes with the process – the buffer counts as freed; else nothing has changed: the memory is
   * still allocated, the buffer can be used, and freed another time.
   */
  free(): void {
    if (this.#special?.parent !== undefined) {
      throw new TypeError('free(): a slice owns no memory; free the DeviceBuffer it is a part of');
    }
    const handle = this.#live('free()');
    const binding = loadBinding();
    try {
      binding.free(handle);
    } catch (error) {
      if (binding.isAllocated(handle) === 0) this.#close();
      throw error;
    }
    this.#close();
  }

  #close(): void {
    this.#handle = 0;
    leaks.remove(this);
  }

  /**
   * For `using`: frees it unless it was freed before. Does nothing to a slice. That the context was lost
   * is not thrown: it would hide the failure that ended the block, which tells what lost it. It is
   * published on the diagnostics channel.
   *
   * @throws {GPUException} as {@link DeviceBuffer.free}, where the memory is still allocated.
   */
  [Symbol.dispose](): void {
    if (this.#handle === 0) return;
    try {
      this.free();
    } catch (error) {
      if (this.#handle !== 0) throw error;
    }
  }

  /** Where it begins in the allocation. */
  get #start(): number {
    return this.#special?.offset ?? 0;
  }

  #live(what: string): number {
    const handle = (this.#special?.parent ?? this).#handle;
    if (handle !== 0) return handle;
    throw new TypeError(`${what}: this DeviceBuffer was freed before`);
  }

  #offset(offset: unknown, argument: string, length: number, what: string): number {
    return checkOffset(this.#byteLength, offset, argument, length, what);
  }

  #place(what: string, offset: number): DevicePlace {
    return { binding: loadBinding(), handle: this.#live(what), offset: this.#start + offset };
  }

  #queueFor(stream: unknown, otherDevice = this.#device): WorkQueue {
    const own = this.#special?.stream;
    const given = stream === undefined && isLive(own) ? own : stream;
    return queueOf(given, 'options.stream', this.#device, otherDevice);
  }
}

/** Memory that the addon has allocated; `stream`: in that one's order. */
export function newBuffer(
  handle: number,
  byteLength: number,
  device: number,
  stream: Stream | undefined,
): DeviceBuffer {
  try {
    const special = stream === undefined ? undefined : { offset: 0, stream };
    return new DeviceBuffer(MADE_HERE, handle, byteLength, device, special);
  } catch (error) {
    leaks.abandon(handle);
    throw error;
  }
}

/**
 * Where the memory is that `value` stands for; `null`: it is no DeviceBuffer.
 *
 * @throws {TypeError} naming `argument`: it was freed, or is of another device.
 */
export function memoryOf(value: unknown, argument: string, device: number): Memory | null {
  if (!isBuffer(value)) return null;
  const memory = memoryAt(value, argument);
  if (memory.device === device) return memory;
  throw new TypeError(
    `${argument} is a DeviceBuffer of device ${String(memory.device)}; device ${String(device)} is needed`,
  );
}
