import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as koffi from 'koffi';
import { FUNCTIONS, LIBRARY, ROOT, configure, state } from './stand-in';

const names = FUNCTIONS.map(({ name }) => name);

describe('the exports of the stand-in', () => {
  test('are read from the headers in full', () => {
    const counts = Object.fromEntries(
      (['cudart', 'cuda', 'nvml', 'cudnn'] as const).map((library) => {
        const text = readFileSync(path.join(ROOT, 'native', 'abi', `${library}_abi.h`), 'utf8');
        return [library, text.match(/X\((?:required|optional),/g)?.length];
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
    const defined = ['cudart', 'cuda', 'nvml', 'cudnn'].flatMap((file) => {
      const text = readFileSync(path.join(ROOT, 'native', 'mock', `${file}.cc`), 'utf8');
      return [...text.matchAll(/^GPUEX_MOCK_EXPORT \w+ (\w+)\(/gm)].map(([, name]) => name);
    });
    expect(defined.sort()).toEqual([...names].sort());
  });

  test('are all counted', () => {
    configure();
    expect(Object.keys(state().calls)).toEqual(names);
  });

  test('are marked with the version of the control interface', () => {
    expect(koffi.load(LIBRARY).func('gpuExceptionsMockVersion', 'int', [])()).toBe(2);
  });
});
