/** Which of NVIDIA's libraries this machine has; asked through the addon, in a process of its own. */

import type { LibraryReport } from '../../lib/cuda/index.js';
import { answerOf, runProgram } from '../native/addon/support';

export type Reports = Record<LibraryReport['library'], LibraryReport>;

export function realLibraries(): Reports {
  const reports = answerOf<LibraryReport[]>(runProgram('../addon/libraries.cjs'));
  return Object.fromEntries(reports.map((report) => [report.library, report])) as Reports;
}

/**
 * `describe` where `missing` is null; else the same, skipped, with the reason in its name. Jest
 * prints no names for a file whose tests are all skipped, so it is said here, too. With `required`
 * what is missing is a failure instead.
 */
export function describeIf(
  missing: string | null,
  required = false,
): (title: string, tests: () => void) => void {
  return (title, tests) => {
    if (missing === null) {
      describe(title, tests);
    } else if (required) {
      describe(title, () => {
        it('is there, as GPU_EXCEPTIONS_REQUIRE_GPU demands', () => {
          throw new Error(missing);
        });
      });
    } else {
      process.stderr.write(`skipped: ${title}: ${missing}\n`);
      describe.skip(`${title} (skipped: ${missing})`, tests);
    }
  };
}
