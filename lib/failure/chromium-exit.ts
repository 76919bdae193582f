/**
 * How Chromium's GPU process ended, by number. Chromium reports what the system answered: an exit code
 * on Windows, the raw status of wait(2) elsewhere (`34 << 8` for a code, the signal's number for a
 * crash). Its own codes stand in content_result_codes.h and components/viz/service/gl/exit_code.h.
 */

import type { FailureFacts } from './facts.js';

const RESULT_CODE_KILLED_BAD_MESSAGE = 3;
const RESULT_CODE_GPU_DEAD_ON_ARRIVAL = 4;
const RESULT_CODE_GPU_EXIT_ON_CONTEXT_LOST = 34;

/** Numbers of signals that mean a crash: SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV. */
const CRASHES: ReadonlySet<number> = new Set([4, 5, 6, 7, 8, 11]);

/** What wait(2) adds to the signal when a core was written, and shells always. */
const CORE = 0x80;

/** The exit code inside a raw status of wait(2), or the code as it is. */
function exitCodeOf(code: number): number {
  return code > 0xff && code <= 0xff00 && (code & 0xff) === 0 ? code >> 8 : code;
}

/**
 * What the code says by itself, or `null`: it was killed from outside, refused by its sandbox, or
 * never loaded. A crash in this process is in the driver or in Chromium's code that drives it, so no
 * library has to be named.
 */
export function chromiumGpuExit(code: number, crashed: boolean): FailureFacts | null {
  switch (exitCodeOf(code)) {
    case RESULT_CODE_GPU_EXIT_ON_CONTEXT_LOST:
      return { category: 'device-lost', name: 'RESULT_CODE_GPU_EXIT_ON_CONTEXT_LOST', code: 34 };
    // Elsewhere than on Windows, where codes are shifted, a bare 4 is SIGILL: no less the GPU's.
    case RESULT_CODE_GPU_DEAD_ON_ARRIVAL:
      return { category: 'no-device', name: 'RESULT_CODE_GPU_DEAD_ON_ARRIVAL', code: 4 };
    case RESULT_CODE_KILLED_BAD_MESSAGE:
      return null;
  }
  return crashed || CRASHES.has(code & ~CORE) ? { category: 'aborted' } : null;
}
