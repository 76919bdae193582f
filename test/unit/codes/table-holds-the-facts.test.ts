import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { codesOf, findCode, findCodeByName } from '../../../lib/codes/index.js';
import type { CodeRow } from '../../../lib/codes/index.js';
import type { GPULibrary } from '../../../lib/failure/types.js';

/** `[value, name, documented as sticky, ...aliases]`, taken from the vendors' headers. */
type Fact = [value: number, name: string, sticky: 0 | 1, ...aliases: string[]];

const FOLDER = path.join(__dirname, '../../fixtures/codes');
const NUMBERINGS: Readonly<Record<string, [GPULibrary, number | null]>> = {
  cudnn8: ['cudnn', 8],
  cudnn9: ['cudnn', 9],
};

const libraries = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => {
    const stem = path.basename(name, '.json');
    const [library, major] = NUMBERINGS[stem] ?? [stem as GPULibrary, null];
    const facts = JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8')) as Fact[];
    return { stem, library, major, facts };
  });

function rowsOf(library: GPULibrary, major: number | null): readonly CodeRow[] {
  return codesOf(library).filter((row) => row.major === major);
}

test('there are facts for every library that has codes', () => {
  expect(libraries.map(({ stem }) => stem).sort()).toEqual([
    'cublas',
    'cuda',
    'cudart',
    'cudnn8',
    'cudnn9',
    'cufft',
    'curand',
    'cusolver',
    'cusparse',
    'hip',
    'nccl',
    'nvml',
    'nvrtc',
    'rocm-smi',
    'tensorrt',
  ]);
});

describe.each(libraries)('$stem', ({ library, major, facts }) => {
  test('has every documented number with its names and stickiness, and no other', () => {
    const table = rowsOf(library, major).map((row): Fact => [
      row.value,
      row.name,
      row.sticky ? 1 : 0,
      ...row.aliases,
    ]);
    const byValue = (a: Fact, b: Fact) => a[0] - b[0];
    expect([...table].sort(byValue)).toEqual([...facts].sort(byValue));
  });

  test('finds each row by its number, and by each of its names', () => {
    for (const [value, name, , ...aliases] of facts) {
      const row = findCode(library, value);
      // 0 is the one number that both of cuDNN's numberings share.
      if (!(value === 0 && major === 8)) expect(row).toMatchObject({ library, value, name, major });
      for (const each of [name, ...aliases]) {
        const named = findCodeByName(each);
        expect(named?.row.library).toBe(library);
        expect([value, null]).toContain(named?.value);
      }
    }
  });

  test('tells the person on call what to do, in one sentence, for every failure', () => {
    for (const row of rowsOf(library, major)) {
      if (row.value === 0) expect(row).toMatchObject({ status: true, category: 'unknown' });
      else expect(row.remedy).toMatch(/^\S.{15,}[^.]\.$/);
    }
  });

  test('never asks for a restart that cannot help, nor forgets one that is needed', () => {
    for (const row of rowsOf(library, major)) {
      if (row.sticky) {
        expect(row.restart).toBe('process');
        expect(row.retryable).toBe(false);
      }
      if (row.status) expect(row).toMatchObject({ restart: 'none', sticky: false });
      if (row.category === 'invalid-argument') expect(row.restart).toBe('none');
      if (row.category === 'driver-mismatch') expect(row.restart).toBe('environment');
      if (row.category === 'no-device') expect(row.restart).toBe('environment');
      if (row.category === 'out-of-memory') {
        expect(row).toMatchObject({ restart: 'none', retryable: true });
      }
    }
  });
});
