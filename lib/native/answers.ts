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

/** One place where a library was looked for, and why it was not taken. */
export interface LibraryCandidate {
  /** A path, or a name that was left to the loader's own search. */
  path: string;
  /** The loader's own words, or the symbol that is missing and what the library calls itself. */
  reason: string;
}

/**
 * Something about a library that was opened, and that is not as it should be. What it concerns is
 * answered as unknown, or asked of another function.
 */
export interface LibraryFinding {
  /**
   * `no-answer`: it has not answered within a second when it was asked for its version. `not-asked`: the
   * system gave no thread to ask it on. `not-started`: it refused to be initialised when it was last asked to, and is asked again by
   * whatever needs it. `refused`: it refused to tell its version. `impossible-value`: its version is
   * none. `unterminated-text`: it filled a text's buffer and wrote no NUL. `no-device`: it answered a
   * success without a device. `other-name`: it calls itself (its SONAME, Linux) what no library of its kind
   * that we know is called, so it may be of another version.
   */
  kind:
    | 'no-answer'
    | 'not-asked'
    | 'not-started'
    | 'refused'
    | 'impossible-value'
    | 'unterminated-text'
    | 'no-device'
    | 'other-name';
  /** The vendor's function that it was noticed at; `null`: none. */
  call: string | null;
  /** The status that the function answered, where that is what is wrong; else `null`. */
  code: number | null;
  /** One sentence for people; programs should go by `kind`. */
  message: string;
}

/** One vendor library. */
export interface LibraryReport {
  library: 'cudart' | 'cuda' | 'nvml' | 'cudnn' | 'nvrtc';
  loaded: boolean;
  /** Where it lies; `null` when it is not loaded. */
  path: string | null;
  /** As the library tells it, e.g. `13.0`, `13.580.65.06`, `9.13.0`; `null` when it does not say. */
  version: string | null;
  /**
   * `explicit`: named by `GPU_EXCEPTIONS_CUDART`, `…_CUDA`, `…_NVML`, `…_CUDNN` or `…_NVRTC`. `already-loaded`:
   * an engine had it. `name`: the system's loader found it. `directory`: a usual place. `mock`: the
   * stand-in. `null`: not loaded.
   */
  foundBy: 'explicit' | 'already-loaded' | 'name' | 'directory' | 'mock' | null;
  /** `true`: this is the stand-in, whatever it is called. No GPU is involved. */
  mock: boolean;
  /**
   * Functions that this version does not have, because it is old: what they tell is `null` here, or is
   * asked of an older function.
   */
  lacks: string[];
  /**
   * What is wrong with it as far as it was noticed: when it was asked for its version now, and by the
   * calls of this process that asked it for anything else before. Empty: nothing. That it writes on
   * stdout is not noticed, and disturbs nothing.
   */
  findings: LibraryFinding[];
  /** What was tried and not taken, in order. */
  candidates: LibraryCandidate[];
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

/** What a lane answered; with `error`, which `createError` answered, there is no answer. */
export type LaneCallback = (error: unknown, answer: number) => void;
