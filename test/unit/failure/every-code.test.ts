import { codesOf } from '../../../lib/codes/index.js';
import { tables } from '../../../lib/codes/table.js';
import { tag } from '../../../lib/cuda/index.js';
import { raiseNative } from '../../../lib/guard/raise-native.js';
import { toResponse } from '../../../lib/http/index.js';
import { catchGpuExceptions, GPUException, resetFatalState } from '../../../lib/index.js';
import type { GPULibrary } from '../../../lib/index.js';

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

describe('every vendor code of every table', () => {
  it('is of one of the known libraries', () => {
    expect(libraries.length).toBeGreaterThanOrEqual(14);
  });

  it.each(libraries)(
    '%s: from tag, and from the addon, to failure, exception and HTTP answer',
    (library) => {
      let failures = 0;
      for (const row of codesOf(library)) {
        const error = raised(library, row.value);
        const place = `${row.name} (${String(row.value)})`;
        if (row.value === 0 || row.status) {
          // Success and "not ready" are no failures: the error leaves as it came.
          expect([place, error instanceof GPUException]).toEqual([place, false]);
          continue;
        }
        failures += 1;
        expect([place, error instanceof GPUException]).toEqual([place, true]);
        const { failure, name, message } = error as GPUException;
        const { category, sticky, retryable, restart, remedy } = row;
        expect(failure).toMatchObject({
          evidence: 'tag',
          library,
          code: row.value,
          name: row.name,
          call: 'someCall',
          category,
          sticky,
          retryable,
          restart,
        });
        // The addon's errors come through its factory; the same is said of them.
        const native = raiseNative({
          library,
          code: row.value,
          call: 'someCall',
          device: null,
          requestedBytes: null,
          detail: null,
          memory: null,
        });
        resetFatalState();
        expect([place, native.name, native.failure]).toEqual([place, name, failure]);
        expect([place, remedy.length > 20 && (failure?.remedy.length ?? 0) > 20]).toEqual([place, true]); // prettier-ignore
        const nvidia = !['hip', 'rocm-smi'].includes(library);
        const outOfMemory = nvidia ? 'CUDAOutOfMemoryException' : 'GPUOutOfMemoryException';
        expect([place, name]).toEqual([
          place,
          category === 'out-of-memory' ? outOfMemory : 'GPUException',
        ]);
        const { status, body } = toResponse(error);
        expect([place, status]).toEqual([place, 503]);
        for (const text of [JSON.stringify(body), message]) {
          expect(text).not.toMatch(/secret|machine/);
          expect(text).not.toContain(row.name);
        }
      }
      expect(failures).toBeGreaterThan(5);
    },
  );
});
