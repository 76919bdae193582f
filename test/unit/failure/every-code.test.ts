import { codesOf } from '../../../lib/codes/index.js';
import { tables } from '../../../lib/codes/table.js';
import { tag } from '../../../lib/cuda/index.js';
import { catchGpuExceptions, GPUException, resetFatalState } from '../../../lib/index.js';
import type { GPULibrary } from '../../../lib/index.js';
import { expectAsPromised } from '../../helpers/code-promise';

const libraries = [...new Set(tables.map(({ library }) => library))] as GPULibrary[];

afterEach(() => {
  resetFatalState();
});

/** What the guard throws for an error with that tag. */
function raised(library: GPULibrary, code: number): unknown {
  try {
    catchGpuExceptions(() => {
      throw tag(new Error('a secret of /the/machine'), { library, code, call: 'someCall' });
    });
  } catch (error) {
    return error;
  } finally {
    resetFatalState();
  }
  return undefined;
}

// Through C++: test/native/errors/every-code.test.ts.
describe('every vendor code of every table, on an error that was tagged in JavaScript', () => {
  it('is of one of the known libraries', () => {
    expect(libraries.length).toBeGreaterThanOrEqual(14);
  });

  it.each(libraries)('%s: from the tag to failure, exception and HTTP answer', (library) => {
    let failures = 0;
    for (const row of codesOf(library)) {
      const error = raised(library, row.value);
      if (row.value === 0 || row.status) {
        // Success and "not ready" are no failures: the error leaves as it came.
        expect([row.name, error instanceof GPUException]).toEqual([row.name, false]);
        continue;
      }
      failures += 1;
      expectAsPromised(row, error, 'someCall');
    }
    expect(failures).toBeGreaterThan(5);
  });
});
