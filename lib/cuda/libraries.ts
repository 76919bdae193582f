/** What the process has of NVIDIA's libraries. */

import type { NativeLibraryReport } from '../native/answers.js';
import { loadBinding } from '../native/load.js';

/** One place where a library was looked for, and why it was not taken. */
export interface LibraryCandidate {
  /** A path, or a name that was left to the loader's own search. */
  path: string;
  /** The loader's own words, or the symbol that is missing. */
  reason: string;
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
  /** What was tried and not taken, in order. */
  candidates: LibraryCandidate[];
}

/**
 * Opens NVIDIA's libraries, as far as they are there, and says for each which one it is and how it
 * was found, or every candidate with its own reason. A library that was not found is looked for
 * again at the next call; one that was opened stays open.
 *
 * Loads libraries, but initialises neither runtime nor driver and creates no CUDA context; NVML is
 * initialised where it does not tell its version otherwise. May be called on any thread; blocks as
 * long as the system's loader does.
 *
 * @throws {GPUException} only when the native addon itself is not built, or `GPU_EXCEPTIONS_BACKEND` or
 * `GPU_EXCEPTIONS_MOCK_SCENARIO` is wrong; that a library is absent is an answer.
 */
export function libraries(): LibraryReport[] {
  return loadBinding().libraries().map(copy);
}

/** Plain objects of the caller's realm. */
function copy(report: NativeLibraryReport): LibraryReport {
  const { library, loaded, path, version, foundBy, mock } = report;
  const lacks = Array.from(report.lacks);
  const candidates = Array.from(report.candidates, (each) => ({ ...each }));
  return { library, loaded, path, version, foundBy, mock, lacks, candidates };
}
