import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canCompile, openWorkshop } from '../addon/compile';
import { root } from '../addon/support';
import { compile, constantsIn, declarations } from './declarations';
import type { Library } from './declarations';

const HEADERS: Record<Library, string> = {
  cudart: 'cuda_runtime_api.h',
  cuda: 'cuda.h',
  nvml: 'nvml.h',
  cudnn: 'cudnn.h',
  nvrtc: 'nvrtc.h',
};

/** Where NVIDIA's headers may be; GPU_EXCEPTIONS_TEST_INCLUDE names others, separated by colons. */
const PLACES = [
  ...(process.env['GPU_EXCEPTIONS_TEST_INCLUDE'] ?? '').split(':'),
  ...[process.env['CUDA_PATH'], process.env['CUDA_HOME'], '/usr/local/cuda', '/opt/cuda'].map(
    (folder) => (folder === undefined ? undefined : join(folder, 'include')),
  ),
  '/usr/include',
  '/usr/include/x86_64-linux-gnu',
].filter((place): place is string => place !== undefined && place !== '');

/** Libraries whose headers must be here, e.g. `cuda,nvml`: without one of them its test fails. */
const REQUIRED = (process.env['GPU_EXCEPTIONS_REQUIRE_HEADERS'] ?? '').split(',');

const workshop = openWorkshop();
afterAll(() => {
  workshop.remove();
});

describe('our declarations are NVIDIA’s', () => {
  for (const library of Object.keys(HEADERS) as Library[]) {
    const header = HEADERS[library];
    const place = PLACES.find((each) => existsSync(join(each, header)));
    const title = `${library}: every constant, struct and function`;
    if (REQUIRED.includes(library) && (!canCompile || place === undefined)) {
      it(title, () => {
        throw new Error(`there is no ${canCompile ? header : 'compiler'} here`);
      });
      continue;
    }
    if (!canCompile || place === undefined) {
      it.skip(`${title} (no ${canCompile ? header : 'compiler'} here)`, () => undefined);
      continue;
    }

    it(
      title,
      () => {
        const names = constantsIn(declarations(library));
        expect(names.length).toBeGreaterThan(0);
        const inc = names.map((name) => `CONSTANT(${name})\n`).join('');
        writeFileSync(join(workshop.folder, 'constants.inc'), inc);
        const proof = join(root, 'test', 'native', 'abi', `${library}.cc`);
        expect(compile(proof, workshop.folder, place, ...PLACES)).toBe('');
      },
      60_000,
    );

    it(`${library}: a wrong declaration would be found`, () => {
      const wrong = join(workshop.folder, `wrong-${library}.cc`);
      const proof = readFileSync(join(root, 'test', 'native', 'abi', `${library}.cc`), 'utf8');
      const [first = ''] = [
        ...declarations(library).matchAll(/X\((?:required|optional), \w+, (\w+),/g),
      ].map(([, name]) => name ?? '');
      const broken = proof.replace(
        /(GPUEX_\w+_FUNCTIONS\(ABI_TEST_OURS\))/,
        `#define Ours_${first} Replaced\n$1\n#undef Ours_${first}\nusing Ours_${first} = double (*)(double);`,
      );
      writeFileSync(wrong, broken);
      writeFileSync(join(workshop.folder, 'constants.inc'), '');
      expect(compile(wrong, workshop.folder, place, ...PLACES)).toContain(
        `${first}: the signature`,
      );
    }, 60_000);
  }
});
