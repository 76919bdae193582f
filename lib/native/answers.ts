/** What the addon is handed, and what it answers. */

import type { GPULibrary } from '../failure/types.js';

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
  /** Device memory read right after the failure, in the order of `Reading`; else `null`. */
  memory: Float64Array | null;
  /**
   * `cudaDriverGetVersion`, where it decides what the code means: for 35
   * (`cudaErrorInsufficientDriver`), 0 is "no driver at all" and e.g. 11040 "too old". Else `null`.
   */
  driverVersion?: number | null;
  /** The id of the stream that the call was about, or whose work failed; else `null`. */
  stream?: number | null;
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
    stream: number | null,
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
  /** In the order of `Reading`. */
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

/** `callback(status, active, code, call)`; see `NativeBinding.contextHealth`. */
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
