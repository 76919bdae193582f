/** What the process has of NVIDIA's libraries. */

import type { LibraryReport } from '../native/answers.js';
import { loadBinding } from '../native/load.js';

export type { LibraryCandidate, LibraryFinding, LibraryReport } from '../native/answers.js';

/**
 * Opens NVIDIA's libraries, as far as they are there, and says for each which one it is and how it
 * was found, or every candidate with its own reason. A library that was not found is looked for
 * again at the next call; one that was opened stays open.
 *
 * Loads libraries, but initialises neither runtime nor driver and creates no CUDA context; NVML is
 * initialised where it does not tell its version otherwise. May be called on any thread. Blocks as
 * long as the system's loader does, and then a second at most for all versions together, which are
 * asked on threads of our own; driver and compiler are waited for a second more, each, when they are
 * first opened. A library that has not answered by then has a finding that says so, keeps its thread,
 * is not asked again until it answers, and does not keep the process from ending.
 *
 * @throws {GPUException} only when the native addon itself is not built, or `GPU_EXCEPTIONS_BACKEND` or
 * `GPU_EXCEPTIONS_MOCK_SCENARIO` is wrong; that a library is absent is an answer.
 */
export function libraries(): LibraryReport[] {
  return loadBinding().libraries().map(copy);
}

/** Plain objects of the caller's realm. */
function copy(report: LibraryReport): LibraryReport {
  return {
    ...report,
    lacks: Array.from(report.lacks),
    findings: Array.from(report.findings, (each) => ({ ...each })),
    candidates: Array.from(report.candidates, (each) => ({ ...each })),
  };
}
