/** The addon's half that does GPU work: memory, streams, events, copies and kernels. */

import type { LaneCallback, ProgressCallback } from './answers.js';

export interface WorkBinding {
  /**
   * `cudaMalloc` on `device`, whose context is current for the time of the call, or
   * `cudaMallocAsync` in `stream` where that is not 0; answers a handle (> 0) into this environment's
   * table. A slot's handles repeat after 2^20 uses. What is live when a worker ends is freed soon
   * after, on its lanes.
   */
  alloc(bytes: number, device: number, stream: number): number;
  /**
   * On the lane while the device may be at work; a refusal is then published, and not thrown. When it
   * throws for a refusal in a context that still works, the handle stays live.
   */
  free(handle: number): void;
  /** The same for what nobody can free again: always on the lane, which tries again by itself. */
  freeForgotten(handle: number): void;
  /** 1: it is a live handle. */
  isAllocated(handle: number): number;
  /** The device pointer of a live handle, its size, and its device. */
  address(handle: number): bigint;
  byteLength(handle: number): number;
  deviceOf(handle: number): number;
  /** Live handles of this environment. */
  liveAllocations(): number;

  /**
   * Compiles on a thread of its own, one after the other (NVRTC). `headers`: name, text, name, text …
   * A compilation that failed is answered with its status and log; `error`: NVRTC could not be had.
   * `cubin` is empty where the architecture is a virtual one.
   */
  compile(
    source: string,
    name: string,
    options: readonly string[],
    headers: readonly string[],
    nameExpressions: readonly string[],
    callback: (
      error: unknown,
      status: number,
      call: string | null,
      log: string,
      ptx: string,
      cubin: ArrayBuffer,
      loweredNames: string[],
    ) => void,
  ): void;
  /** As NVRTC tells it, e.g. `13.0`. Throws where there is none. */
  compilerVersion(): string | null;

  /**
   * Registers who hears of work in streams, on this environment's loop; answers a number for
   * `createStream`. Held weakly.
   */
  onProgress(callback: ProgressCallback): number;
  /** `change` 1 or -1: how many wait. While there are any, the loop stays alive. */
  holdLoop(change: number): void;

  /** Flags are 0 or 1. Answers a handle into this environment's table of streams. */
  createStream(device: number, nonBlocking: number, priority: number, listener: number): number;
  /** From 1, in the order in which this environment made them. */
  streamId(stream: number): number;
  /** As createStream for the device's legacy default stream, which is never disposed of. */
  defaultStream(device: number, listener: number): number;
  /** Destroyed once nothing is outstanding. Answers its last ticket, whose end is still told. */
  disposeStream(stream: number): number;
  /** Has everything that was put in so far settle. Never throws for what the runtime answers. */
  markStream(stream: number): void;
  /** The ticket of a piece of work that does nothing. */
  touchStream(stream: number): number;
  /** 1: done; `onProgress` has heard of what failed. */
  queryStream(stream: number): number;

  createEvent(device: number, timing: number): number;
  disposeEvent(event: number): void;
  /** Answer the ticket in `stream`. */
  recordEvent(event: number, stream: number): number;
  waitForEvent(stream: number, event: number): number;
  /** As queryStream. */
  queryEvent(event: number): number;
  /** On the device's lane. Both must have happened. */
  elapsedMs(start: number, end: number, callback: LaneCallback): void;

  // Copies and fills. A place on the device is a live handle and an offset in bytes; `view` has at
  // least one byte. All answer the ticket in `stream`. Ranges are checked.

  /** Copies at once into pinned memory, up to 1 MiB. */
  writeStaged(handle: number, offset: number, stream: number, view: Uint8Array): number;
  readStaged(handle: number, offset: number, stream: number, length: number): number;
  /** What was read with the ticket, while its end is being told. */
  takeRead(stream: number, ticket: number, view: Uint8Array): void;
  /** On the lane, from and to memory of V8's, which the addon keeps until the ticket settles. */
  writeGuest(handle: number, offset: number, stream: number, view: Uint8Array): number;
  readGuest(handle: number, offset: number, stream: number, view: Uint8Array): number;
  /** `toHost` is 0 or 1. */
  copyPinned(
    handle: number,
    offset: number,
    stream: number,
    pinned: number,
    pinnedOffset: number,
    length: number,
    toHost: number,
  ): number;
  /** The array and its handle, which ends when the array is collected. */
  allocPinned(bytes: number, device: number): [ArrayBuffer, number];
  /** How many of these arrays were not collected yet. */
  livePinned(): number;
  /** Bytes beside its heap that V8 reckons with: what addons told it of, and ArrayBuffers. */
  externalMemory(): number;
  /** Bytes that come bit by bit; what follows in the stream waits until all are there, or it is ended. */
  openFeed(handle: number, offset: number, stream: number, length: number): number;
  feed(stream: number, ticket: number, view: Uint8Array): void;
  endFeed(stream: number, ticket: number): void;
  fill(handle: number, offset: number, stream: number, length: number, value: number): number;
  copyDevice(
    to: number,
    toOffset: number,
    stream: number,
    from: number,
    fromOffset: number,
    length: number,
  ): number;

  /** `cudaDeviceSynchronize` on the device's lane; answers nothing. */
  synchronizeDevice(device: number, callback: LaneCallback): void;
  /** Everything in this environment's tables that somebody has to give back. */
  liveHandles(): number;

  /** The buffer that launches are read from; see lib/cuda/launch-area.ts. The same at every call. */
  launchBuffer(): ArrayBuffer;
  /** PTX (text), a cubin or a fat binary, whole. Answers a handle. */
  loadModule(image: Uint8Array, device: number): number;
  /** On the device's lane. Its kernels are gone with it. */
  unloadModule(module: number): number;
  findKernel(module: number, name: string): number;
  /** Offset and size of each in turn; `null`: the driver does not tell. */
  kernelParameters(kernel: number): number[] | null;
  /** `CUfunction_attribute` by number. */
  kernelAttribute(kernel: number, attribute: number): number;
  setKernelAttribute(kernel: number, attribute: number, value: number): number;
  /** Blocks on a multiprocessor. */
  occupancy(kernel: number, threads: number, sharedBytes: number): number;
  /** `CUdevice_attribute` by number; `NaN`: the driver does not tell. */
  deviceAttribute(device: number, attribute: number): number;
  /** What stands in the launch buffer. */
  launchKernel(this: void): void;
  /**
   * Name, grid (3), block (3), shared bytes and `streamId` (0: a default stream) of each in turn, the latest first; of all
   * devices where `device` is negative.
   */
  recentLaunches(device: number): (string | number)[];
}
