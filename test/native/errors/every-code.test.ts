/**
 * Every code of every table through C++: Check, NativeError, js_error.cc and the factories that
 * lib/native/load.ts hands to an addon, up to the HTTP answer. The addon itself calls five of the
 * libraries (fault-matrix.test.ts); this one, test/fixtures/native/door.cc, has its way out alone.
 */

import { join } from 'node:path';
import { codesOf } from '../../../lib/codes/index.js';
import { tables } from '../../../lib/codes/table.js';
import type { GPUException } from '../../../lib/exceptions/index.js';
import { fatalState, resetFatalState } from '../../../lib/index.js';
import type { GPULibrary } from '../../../lib/index.js';
import { BINDING_VERSION } from '../../../lib/native/binding.js';
import { loadReadings } from '../../../lib/native/load.js';
import { expectAsPromised } from '../../helpers/code-promise';
import { canCompile, openWorkshop } from '../addon/compile';
import { root, thrownBy } from '../addon/support';
import { NODE_ADDON_API, NODE_API, SWALLOWING, WITH_EXCEPTIONS } from '../header/build';

interface Door {
  fail(library: string, code: number): number;
}

const libraries = [...new Set(tables.map(({ library }) => library))] as GPULibrary[];
const addon = process.env['GPU_EXCEPTIONS_ADDON'];
const workshop = openWorkshop();
let door: Door;

// Where a compiler is required, want of it is a failure and not passed over.
const required = process.env['GPU_EXCEPTIONS_REQUIRE_NATIVE'] === '1';
const builds = canCompile || (required && process.platform === 'linux');
const describeBuilt = builds ? describe : describe.skip;

describeBuilt('every vendor code of every table, through C++', () => {
  beforeAll(() => {
    const sources = ['check', 'code_table', 'js_error', 'native_error'].map((name) =>
      join(root, 'native', 'errors', `${name}.cc`),
    );
    const options = [...NODE_API, ...NODE_ADDON_API, ...SWALLOWING, ...WITH_EXCEPTIONS];
    const version = `-DBINDING_VERSION=${String(BINDING_VERSION)}`;
    const file = workshop.compile('door.cc', {
      name: 'door.node',
      flags: ['-I', join(root, 'native'), version, ...options, ...sources],
    });
    process.env['GPU_EXCEPTIONS_ADDON'] = file;
    loadReadings(); // which hands it the factories
    door = require(file) as Door;
  }, 120_000);
  afterEach(resetFatalState);
  afterAll(() => {
    if (addon === undefined) delete process.env['GPU_EXCEPTIONS_ADDON'];
    else process.env['GPU_EXCEPTIONS_ADDON'] = addon;
    workshop.remove();
  });

  it.each(libraries)('%s: to tag, failure, exception and HTTP answer', (library) => {
    let failures = 0;
    for (const row of codesOf(library)) {
      if (row.value === 0) {
        expect(door.fail(library, 0)).toBe(1);
        continue;
      }
      const error = thrownBy(() => door.fail(library, row.value));
      const latched = fatalState()?.code ?? null;
      resetFatalState();
      // "Not ready" is no failure by itself; a call of the addon's that needed more has failed all the same.
      const promised = row.status
        ? { category: 'unknown', sticky: false, retryable: false, restart: 'none' }
        : {};
      expectAsPromised({ ...row, ...(promised as Partial<typeof row>) }, error, 'someCall');
      const { failure, cause } = error as GPUException;
      expect(failure).toMatchObject({ device: 0, requestedBytes: 4096 });
      expect((cause as Error).message).toContain(`answered ${row.name} (${String(row.value)})`);
      expect([row.name, latched]).toEqual([row.name, row.sticky ? row.value : null]);
      failures += 1;
    }
    expect(failures).toBeGreaterThan(5);
  });

  it.each(libraries)('%s: a code that nobody knows is kept', (library) => {
    const { failure } = thrownBy(() => door.fail(library, 31337)) as GPUException;
    expect(failure).toMatchObject({ library, code: 31337, name: null, sticky: false });
  });

  it('a failed kernel of cuDNN’s that nobody knows leaves it open whether the process can go on', () => {
    const { failure } = thrownBy(() => door.fail('cudnn', 5999)) as GPUException;
    expect(failure).toMatchObject({ category: 'kernel-fault', code: 5999, sticky: false });
    expect(failure?.remedy).toMatch(/which decides whether the process can go on/);
    expect(fatalState()).toBeNull();
  });

  it('a library that there is not is a mistake of the caller’s', () => {
    expect(thrownBy(() => door.fail('opencl', 1))).toEqual(
      new TypeError('library: there is none of this name'),
    );
  });
});
