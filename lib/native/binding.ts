/**
 * The C++ addon as TypeScript sees it. Nothing here is public; `lib/cuda` and `lib/mock` are its faces.
 *
 * Hot calls answer numbers through a `Float64Array` that is bound once (`NativeHooks.readings`);
 * the objects are made in JavaScript. A failed vendor call is thrown as whatever
 * `NativeHooks.createError` answers, so that every error belongs to the caller's realm.
 */

import type { GPULibrary } from '../failure/types.js';

/** Index of each reading in {@link NativeHooks.readings}. `NaN` stands for "unknown". */
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
  ): unknown;
  /** At least 5 elements; the addon keeps it for the life of the environment. */
  readings: Float64Array;
}

export interface NativeCandidate {
  path: string;
  /** Why it was not taken: the loader's own words, or the missing symbol's name. */
  reason: string;
}

export interface NativeLibraryReport {
  library: 'cudart' | 'cuda' | 'nvml' | 'cudnn';
  loaded: boolean;
  path: string | null;
  /** As the library tells it, e.g. `13.0`, `580.65.06`, `9.13.0`; `null` when it does not say. */
  version: string | null;
  foundBy: 'explicit' | 'already-loaded' | 'name' | 'directory' | 'mock' | null;
  mock: boolean;
  candidates: NativeCandidate[];
}

/** `callback(status, active, code, free, total)`; see {@link NativeBinding.contextHealth}. */
export type ContextHealthCallback = (
  /** 0 when the question could be asked, else the driver status that prevented it. */
  status: number,
  /** 1 active, 0 not active, -1 unknown. */
  active: number,
  /** The status that the context answers with; 0 is healthy. */
  code: number,
) => void;

/** `callback(filled, readings)`: `filled` is false when the memory could not be read. */
export type MemoryProbeCallback = (filled: boolean, readings: Float64Array) => void;

export interface NativeBinding {
  /** Must be called once per environment, before anything else. */
  initialize(hooks: NativeHooks): void;

  libraries(): NativeLibraryReport[];
  deviceCount(): number;
  /** Fills `readings`. Creates no CUDA context. */
  deviceMemory(device: number): void;
  /** `cudaGetLastError` / `cudaPeekAtLastError` on the calling thread; 0 is none. Never loops. */
  lastError(): number;
  peekLastError(): number;
  /** `cudaDriverGetVersion`, e.g. 13000; 0: no driver. `null` when the runtime does not load. */
  driverVersion(): number | null;

  /** Asked on a thread of our own; the callback runs on this environment's loop, if it still exists. */
  contextHealth(device: number, callback: ContextHealthCallback): void;
  /**
   * Device memory for a failure already judged, on a thread of our own. Uses only libraries that are
   * loaded already, plus NVML; `device` null: the only device there is, else unknown.
   */
  probeMemory(device: number | null, callback: MemoryProbeCallback): void;

  /** `cudaMalloc` on `device`; answers a handle (> 0) into this environment's table. */
  alloc(bytes: number, device: number): number;
  free(handle: number): void;
  /** The device pointer of a live handle. */
  address(handle: number): bigint;
  /** Live handles of this environment. */
  liveAllocations(): number;

  /** The process's fatal latch, kept beyond the life of any environment: JSON text or null. */
  readLatch(): string | null;
  writeLatch(json: string | null): void;

  /** Opens the stand-in at `path`, gives it the scenario (JSON) and makes it the backend. Throws Error with the stand-in's own words. */
  useMock(path: string, scenario: string): void;
  /** A control call of the stand-in by its name (see native/mock/control.h): JSON in, JSON out. */
  mockControl(verb: string, argument: string): string;
}
