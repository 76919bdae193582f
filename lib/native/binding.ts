/**
 * The C++ addon as TypeScript sees it. Nothing here is public; `lib/cuda` and `lib/mock` are its faces.
 *
 * Hot calls answer numbers through a `Float64Array` that `initialize` answers;
 * the objects are made in JavaScript. A failed vendor call is thrown as whatever
 * `NativeHooks.createError` answers, so that every error belongs to the caller's realm.
 */

import type { GPULibrary } from '../failure/types.js';

/** Index of each reading in what {@link NativeBinding.initialize} answers. `NaN` stands for "unknown". */
export const Reading = { free: 0, used: 1, reserved: 2, total: 3, source: 4 } as const;
/** Values of `readings[Reading.source]`. */
export const ReadingSource = { nvml: 1, cuda: 2 } as const;

/** A failed vendor call, flat: `js_error.cc` hands it over as the arguments of `createError`. */
export interface NativeFailure {
  library: GPULibrary;
  /** `null`: no vendor status, e.g. the library could not be opened. */
  code: number | null;
  call: string | null;
  device: number | null;
  requestedBytes: number | null;
  /** For the person on call; may hold paths. Never shown to a client. */
  detail: string | null;
  /** Device memory read right after the failure, in the order of {@link Reading}; else `null`. */
  memory: Float64Array | null;
  /**
   * `cudaDriverGetVersion`, where it decides what the code means: for 35
   * (`cudaErrorInsufficientDriver`), 0 is "no driver at all" and e.g. 11040 "too old". Else `null`.
   */
  driverVersion?: number | null;
}

export interface NativeHooks {
  /** Makes the exception that the addon throws. Must not throw. */
  createError(
    library: GPULibrary,
    code: number | null,
    call: string | null,
    device: number | null,
    requestedBytes: number | null,
    detail: string | null,
    memory: Float64Array | null,
    driverVersion: number | null,
  ): unknown;
  /** Makes the error for a mistake of the caller's that only the addon can see. Must not throw. */
  createUsageError(kind: 'type' | 'range' | 'plain', message: string): unknown;
  /** Whether the environment ends with the process: then nothing is freed at its end. */
  mainThread: boolean;
  /**
   * The environment variables that decide where libraries are looked for, as they are now. Handed
   * over because `getenv` may not be called while another thread changes the environment, and
   * because a worker, and each test file of Jest, has an environment of its own.
   */
  environment: Readonly<Record<string, string>>;
}

export interface NativeCandidate {
  path: string;
  /** Why it was not taken: the loader's own words, or the missing symbol's name. */
  reason: string;
}

export interface NativeLibraryReport {
  library: 'cudart' | 'cuda' | 'nvml' | 'cudnn' | 'nvrtc';
  loaded: boolean;
  path: string | null;
  /** As the library tells it, e.g. `13.0`, `580.65.06`, `9.13.0`; `null` when it does not say. */
  version: string | null;
  foundBy: 'explicit' | 'already-loaded' | 'name' | 'directory' | 'mock' | null;
  mock: boolean;
  /** Functions that this version does not have and that we can do without. */
  lacks: string[];
  candidates: NativeCandidate[];
}

/** One device. `null`: the libraries do not tell. */
export interface NativeDevice {
  device: number;
  nvmlIndex: number | null;
  name: string | null;
  /** With NVML's prefix. */
  uuid: string | null;
  pciBusId: string | null;
  computeMajor: number | null;
  computeMinor: number | null;
  mig: boolean | null;
  /** In the order of {@link Reading}. */
  memory: Float64Array | null;
  /** What was answered instead of the memory; `null` when it was read, or was not asked for. */
  refusal: { library: GPULibrary; code: number | null; call: string | null } | null;
}

/** One process on a device. */
export interface NativeProcess {
  pid: number;
  /** Whether `pid` counts in another PID namespace than this process's; `null`: not known. */
  hostPid: boolean | null;
  name: string | null;
  bytes: number | null;
  compute: boolean;
  graphics: boolean;
}

/** `error` is what `createError` answered, or `null`; `answer` is `null` when there is an error. */
export type AnswerCallback<T> = (error: unknown, answer: T) => void;

/** `callback(status, active, code, call)`; see {@link NativeBinding.contextHealth}. */
export type ContextHealthCallback = (
  /** 0 when the question could be asked, else the driver status that prevented it. */
  status: number,
  /** 1 active, 0 not active, -1 unknown. */
  active: number,
  /** The status that the context answers with; 0 is healthy. */
  code: number,
  /** The call that answered `status` or `code`; `null` when both are 0. */
  call: string | null,
  /** What `createError` answered where no driver could be had; else not given. */
  error?: unknown,
) => void;

/** `callback(filled, readings)`: `filled` is false when the memory could not be read. */
export type MemoryProbeCallback = (filled: boolean, readings: Float64Array) => void;

/**
 * What became of the work in a stream: without `error`, everything up to the ticket `last` is settled;
 * with it, the tickets above `after` and up to `last` failed. Failures are told before what settles
 * them.
 */
export type ProgressCallback = (
  stream: number,
  after: number,
  last: number,
  /** What `createError` answered; else not given. */
  error?: unknown,
) => void;

/** `NativeBinding.bindingVersion` of a binary that fits this package. */
export const BINDING_VERSION = 4;

export interface NativeBinding {
  /** Changes with every incompatible change of this interface; see {@link BINDING_VERSION}. */
  readonly bindingVersion: number;

  /**
   * Must be called before anything else, once per environment; again where another realm (a test
   * file of Jest) shares the environment: the new hooks replace the old ones. Answers the readings
   * that hot calls fill, in the order of {@link Reading}: the same array at every call, made in the
   * realm of the first.
   */
  initialize(hooks: NativeHooks): Float64Array;

  libraries(): NativeLibraryReport[];
  deviceCount(): number;
  /** Creates no CUDA context. A device that does not answer is in the list all the same. */
  devices(): NativeDevice[];
  /** `null`: the device, or NVML, has no such lists here. Creates no CUDA context. */
  processes(device: number): NativeProcess[] | null;
  /**
   * The same on threads of our own; the callback runs on this environment's loop, if it still exists.
   * `knowDevices` tells of each device only its ordinal and its PCI bus id.
   */
  knowDevices(callback: AnswerCallback<NativeDevice[] | null>): void;
  describeDevice(device: number, callback: AnswerCallback<NativeDevice | null>): void;
  listProcesses(device: number, callback: AnswerCallback<NativeProcess[] | null>): void;
  /** Fills `readings`. Creates no CUDA context. */
  deviceMemory(device: number): void;
  /** `cudaGetLastError` / `cudaPeekAtLastError` on the calling thread; 0 is none. Never loops. */
  lastError(): number;
  peekLastError(): number;
  /** `cudaDriverGetVersion`, e.g. 13000; 0: no driver. `null` when the runtime does not load. */
  driverVersion(): number | null;

  /**
   * Asked on a thread of our own; the callback runs on this environment's loop, if it still exists.
   * With `loadedOnly` no driver is loaded for it: where the process has none, no context is active.
   * Those who ask about the same device meanwhile get the same answer; beyond 1024 of them none.
   */
  contextHealth(device: number, callback: ContextHealthCallback, loadedOnly?: boolean): void;
  /**
   * Device memory for a failure already judged, on a thread of our own. Uses only libraries that are
   * loaded already, plus NVML; `device` null: the only device there is, else unknown. Shared as
   * {@link NativeBinding.contextHealth}.
   */
  probeMemory(device: number | null, callback: MemoryProbeCallback): void;

  /**
   * `cudaMalloc` on `device`, whose context is current for the time of the call, or
   * `cudaMallocAsync` in `stream` where that is not 0; answers a handle (> 0) into this environment's
   * table. A slot's handles repeat after 2^20 uses. What is live when a worker ends is freed soon
   * after, on its lanes.
   */
  alloc(bytes: number, device: number, stream: number): number;
  /** On the lane while the device may be at work; a refusal is then published, and not thrown. */
  free(handle: number): void;
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
  /** The same for the device's legacy default stream, which is never disposed of. */
  defaultStream(device: number, listener: number): number;
  /** Destroyed once nothing is outstanding. Answers its last ticket, whose end is still told. */
  disposeStream(stream: number): number;
  /** Has everything that was put in so far settle. Never throws for what the runtime answers. */
  markStream(stream: number): void;
  /** The ticket of a piece of work that does nothing. */
  touchStream(stream: number): number;
  /** 1: done. */
  queryStream(stream: number): number;

  createEvent(device: number, timing: number): number;
  disposeEvent(event: number): void;
  /** Answer the ticket in `stream`. */
  recordEvent(event: number, stream: number): number;
  waitForEvent(stream: number, event: number): number;
  /** 1: done. */
  queryEvent(event: number): number;
  /** Both must have happened. */
  elapsedMs(start: number, end: number): number;

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

  /** `cudaDeviceSynchronize` on the device's lane; `callback()`, or with what `createError` answered. */
  synchronizeDevice(device: number, callback: (error?: unknown) => void): void;
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
   * Name, grid (3), block (3), shared bytes and stream of each in turn, the latest first; of all
   * devices where `device` is negative.
   */
  recentLaunches(device: number): (string | number)[];

  /** The process's fatal latch, kept beyond the life of any environment: JSON text or null. */
  readLatch(): string | null;
  writeLatch(json: string | null): void;

  /**
   * Opens the stand-in at `path`, gives it the scenario (JSON) and makes it the backend of the whole
   * process; again: configures it afresh, which voids all device memory and handles. With
   * `unlessActive` a stand-in that is in use stays as it is. Answers whether it was configured.
   * Throws Error with the stand-in's own words, or when real libraries are open already.
   */
  useMock(path: string, scenario: string, unlessActive?: boolean): boolean;
  /**
   * Has JavaScript run a kernel of the stand-in. `kinds`: for each parameter its bytes (`1`, `2`, `4`,
   * `8`), or `p` for a pointer. `values`: the arguments in slots of 16 bytes; `memory`: what each pointer
   * reaches, detached afterwards. `run` answers 1 for a fault and must not throw.
   */
  mockKernel(
    name: string,
    kinds: string,
    run: (
      kernel: string,
      gridX: number,
      gridY: number,
      gridZ: number,
      blockX: number,
      blockY: number,
      blockZ: number,
      sharedBytes: number,
      values: ArrayBuffer,
      memory: (ArrayBuffer | null)[],
    ) => number,
  ): void;
  forgetMockKernel(name: string): void;
  /** A control call of the stand-in by its name (see native/mock/control.h): JSON in, JSON out. */
  mockControl(verb: string, argument: string): string;
}
