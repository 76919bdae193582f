/**
 * The C++ addon as TypeScript sees it. Nothing here is public; `lib/cuda` and `lib/mock` are its faces.
 *
 * Hot calls answer numbers through a `Float64Array` that `initialize` answers;
 * the objects are made in JavaScript. A failed vendor call is thrown as whatever
 * `NativeHooks.createError` answers, so that every error belongs to the caller's realm.
 */

import type {
  AnswerCallback,
  ContextHealthCallback,
  LibraryReport,
  MemoryProbeCallback,
  NativeDevice,
  NativeHooks,
  NativeProcess,
} from './answers.js';
import type { WorkBinding } from './work-binding.js';

/** Index of each reading in what {@link NativeBinding.initialize} answers. `NaN` stands for "unknown". */
export const Reading = { free: 0, used: 1, reserved: 2, total: 3, source: 4 } as const;
/** Values of `readings[Reading.source]`. */
export const ReadingSource = { nvml: 1, cuda: 2 } as const;

/** `NativeBinding.bindingVersion` of a binary that fits this package. */
export const BINDING_VERSION = 7;

export interface NativeBinding extends WorkBinding {
  /** Changes with every incompatible change of this interface; see {@link BINDING_VERSION}. */
  readonly bindingVersion: number;

  /**
   * Must be called before anything else, once per environment; again where another realm (a test
   * file of Jest) shares the environment: the new hooks replace the old ones. Answers the readings
   * that hot calls fill, in the order of {@link Reading}: the same array at every call, made in the
   * realm of the first.
   */
  initialize(hooks: NativeHooks): Float64Array;

  libraries(): LibraryReport[];
  deviceCount(): number;
  /** Creates no CUDA context. A device that does not answer is in the list all the same. */
  devices(): NativeDevice[];
  /** `null`: the device, or NVML, has no such lists here. Creates no CUDA context. */
  processes(device: number): NativeProcess[] | null;
  /**
   * The same on threads of our own; the callback runs on this environment's loop, if it still exists.
   * `knowDevices` tells of each device only its ordinal and its PCI bus id; `identifyDevice` what the
   * driver alone knows, and `measureDevice` the memory and what NVML knows. What asks the driver alone
   * waits for no answer of NVML's.
   */
  knowDevices(callback: AnswerCallback<NativeDevice[] | null>): void;
  identifyDevice(device: number, callback: AnswerCallback<NativeDevice | null>): void;
  measureDevice(device: number, callback: AnswerCallback<NativeDevice | null>): void;
  listProcesses(device: number, callback: AnswerCallback<NativeProcess[] | null>): void;
  /** Fills `readings`. Creates no CUDA context. */
  deviceMemory(device: number): void;
  /** `cudaGetLastError` / `cudaPeekAtLastError` on the calling thread; 0 is none. Never loops. */
  lastError(): number;
  peekLastError(): number;
  /** `cudaDriverGetVersion`, e.g. 13000; 0: no driver. `null` when the runtime does not load. */
  driverVersion(): number | null;

  /**
   * Asked on a thread of our own, of the driver alone; the callback runs on this environment's loop, if
   * it still exists. With `loadedOnly` no driver is loaded for it: where the process has none, no context is active.
   * Those who ask about the same device meanwhile get the same answer; beyond 1024 of them none.
   */
  contextHealth(device: number, callback: ContextHealthCallback, loadedOnly?: boolean): void;
  /**
   * Device memory for a failure already judged, on a thread of our own. Uses only libraries that are
   * loaded already, plus NVML; `device` null: the only device there is, else unknown. Shared as
   * {@link NativeBinding.contextHealth}.
   */
  probeMemory(device: number | null, callback: MemoryProbeCallback): void;

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
