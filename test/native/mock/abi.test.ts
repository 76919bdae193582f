import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as koffi from 'koffi';
import {
  FUNCTIONS,
  HEADERS,
  LIBRARY,
  MODELLED,
  ROOT,
  UNMODELLED,
  configure,
  state,
} from './stand-in';

/** All that is exported: what the addon calls, and what other programs call. */
const names = [...FUNCTIONS.map(({ name }) => name), ...MODELLED, ...UNMODELLED];

describe('the exports of the stand-in', () => {
  test('are read from the headers in full', () => {
    const counts = Object.fromEntries(
      (['cudart', 'cuda', 'nvml', 'cudnn', 'nvrtc'] as const).map((library) => {
        const text = HEADERS[library]
          .map((header) => readFileSync(path.join(ROOT, 'native', header), 'utf8'))
          .join('');
        return [library, text.match(/X\((?:required|optional|system|device),/g)?.length];
      }),
    );
    for (const [library, count] of Object.entries(counts)) {
      expect([library, FUNCTIONS.filter((each) => each.library === library).length]).toEqual([
        library,
        count,
      ]);
    }
  });

  test.each([...names, 'gpuExceptionsMockVersion', 'gpuExceptionsMockControl'])(
    'have %s',
    (name) => {
      expect(() => koffi.load(LIBRARY).func(name, 'int', [])).not.toThrow();
    },
  );

  test('have no other vendor function', () => {
    const symbols = execFileSync('nm', ['-D', '--defined-only', LIBRARY], { encoding: 'utf8' });
    const vendor = [...symbols.matchAll(/ T ((?:__)?(?:cu|nv)\w+)/g)].map(([, name]) => name);
    expect(vendor.sort()).toEqual([...names].sort());
  });

  test('are all counted', () => {
    configure();
    expect(Object.keys(state().calls).sort()).toEqual([...names].sort());
  });

  test('are marked with the version of the control interface', () => {
    expect(koffi.load(LIBRARY).func('gpuExceptionsMockVersion', 'int', [])()).toBe(2);
  });
});
