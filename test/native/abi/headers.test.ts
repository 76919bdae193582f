import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compilerEnvironment } from '../../helpers/compilers';
import { canCompile, openWorkshop } from '../addon/compile';
import { root } from '../addon/support';

type Library = 'cudart' | 'cuda' | 'nvml' | 'cudnn';

const HEADERS: Record<Library, string> = {
  cudart: 'cuda_runtime_api.h',
  cuda: 'cuda.h',
  nvml: 'nvml.h',
  cudnn: 'cudnn.h',
};

/** Where NVIDIA's headers may be; GPU_EXCEPTIONS_TEST_INCLUDE names another place. */
const PLACES = [
  process.env['GPU_EXCEPTIONS_TEST_INCLUDE'],
  ...[process.env['CUDA_PATH'], process.env['CUDA_HOME'], '/usr/local/cuda', '/opt/cuda'].map(
    (folder) => (folder === undefined ? undefined : join(folder, 'include')),
  ),
  '/usr/include',
  '/usr/include/x86_64-linux-gnu',
].filter((place): place is string => place !== undefined && place !== '');

const workshop = openWorkshop();
afterAll(() => {
  workshop.remove();
});

function declarations(library: Library): string {
  return readFileSync(join(root, 'native', 'abi', `${library}_abi.h`), 'utf8');
}

/** The names of all constants that our header declares, so that none is forgotten here. */
function constants(library: Library): string[] {
  const rows = declarations(library).matchAll(/^inline constexpr [\w ]+? (\w+) =/gm);
  return [...rows].map(([, name]) => name ?? '');
}

function compile(file: string, ...include: string[]): string {
  const flags = ['-std=c++17', '-fsyntax-only', '-Wall', '-Wextra'];
  const places = [join(root, 'native'), join(root, 'test', 'native', 'abi'), ...include];
  const { status, stderr } = spawnSync('g++', [...flags, ...places.map((p) => `-I${p}`), file], {
    encoding: 'utf8',
    env: compilerEnvironment,
  });
  return status === 0 ? '' : stderr;
}

describe('our declarations are NVIDIA’s', () => {
  for (const library of Object.keys(HEADERS) as Library[]) {
    const header = HEADERS[library];
    const place = PLACES.find((each) => existsSync(join(each, header)));
    const title = `${library}: every constant, struct and function`;
    if (!canCompile || place === undefined) {
      it.skip(`${title} (no ${canCompile ? header : 'compiler'} here)`, () => undefined);
      continue;
    }

    it(
      title,
      () => {
        const names = constants(library);
        expect(names.length).toBeGreaterThan(0);
        const inc = names.map((name) => `CONSTANT(${name})\n`).join('');
        writeFileSync(join(workshop.folder, 'constants.inc'), inc);
        const proof = join(root, 'test', 'native', 'abi', `${library}.cc`);
        expect(compile(proof, workshop.folder, place)).toBe('');
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
      expect(compile(wrong, workshop.folder, place)).toContain(`${first}: the signature`);
    }, 60_000);
  }
});

describe('our declarations of NVML are the ones that were written down', () => {
  interface Facts {
    constants: Record<string, number>;
    stamps: Record<string, number>;
    structs: Record<string, { size: number; fields: { name: string; offset: number; size: number }[] }>; // prettier-ignore
    functions: Record<string, string>;
  }
  const facts = JSON.parse(
    readFileSync(join(root, 'test', 'fixtures', 'abi', 'nvml.json'), 'utf8'),
  ) as Facts;
  const ours = declarations('nvml');
  const itCompiled = canCompile && process.arch === 'x64' ? it : it.skip;
  /** Functions that the facts do not list; their compute twins have the same parameters. */
  const twins: Record<string, string> = {
    nvmlDeviceGetGraphicsRunningProcesses: 'nvmlDeviceGetComputeRunningProcesses',
    nvmlDeviceGetGraphicsRunningProcesses_v2: 'nvmlDeviceGetComputeRunningProcesses_v2',
  };

  itCompiled('structs, member by member', () => {
    const names = [...ours.matchAll(/^struct (nvml\w+) \{/gm)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThanOrEqual(5);
    const lines = names.flatMap((name) => {
      const struct = facts.structs[name];
      if (struct === undefined) return [`static_assert(false, "${name} is not in the facts");`];
      return [
        `static_assert(sizeof(${name}) == ${String(struct.size)}, "${name}");`,
        ...struct.fields.map(
          (field) =>
            `static_assert(offsetof(${name}, ${field.name}) == ${String(field.offset)} && sizeof(${name}::${field.name}) == ${String(field.size)}, "${name}::${field.name}");`,
        ),
      ];
    });
    expect(prove(lines)).toBe('');
  });

  itCompiled('constants and stamps', () => {
    const known = { ...facts.constants, ...facts.stamps };
    const lines = constants('nvml')
      .filter((name) => !/^NVML_(SUCCESS|ERROR_)/.test(name)) // those are held to the code table
      .map((name) => `static_assert(${name} == ${String(known[name] ?? 'NOT_IN_THE_FACTS')});`);
    expect(lines.length).toBeGreaterThanOrEqual(5);
    expect(prove(lines)).toBe('');
  });

  itCompiled('signatures', () => {
    const names = [...ours.matchAll(/X\(\w+, nvmlReturn_t, (\w+),/g)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(20);
    const lines = names.map((name) => {
      const twin = twins[name];
      const signature = facts.functions[twin ?? name];
      if (signature === undefined) return `static_assert(false, "${name} is not in the facts");`;
      const written = twin === undefined ? signature : signature.replace(twin, name);
      return `namespace written { ${written}; }\nstatic_assert(std::is_same_v<Ours_${name}, decltype(&written::${name})>, "${name}");`;
    });
    const known = ['using nvmlProcessInfo_t = nvmlProcessInfo_v2_t;'];
    expect(prove(['GPUEX_NVML_FUNCTIONS(ABI_TEST_OURS)', ...known, ...lines])).toBe('');
  });

  function prove(lines: string[]): string {
    const file = join(workshop.folder, 'facts.cc');
    const head =
      '#include "abi/nvml_abi.h"\n#include "same_shape.h"\nnamespace gpuex::abi::nvml {\n';
    writeFileSync(file, `${head}${lines.join('\n')}\n}\n`);
    return compile(file);
  }
});
