/**
 * cmake-js and node-gyp make the same of the same: what each would do is asked of the tool itself, and
 * what one has made is read with binutils. scripts/check-install.cjs compares what both have made.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compilerEnvironment } from '../helpers/compilers';

const root = resolve(__dirname, '..', '..');
const text = (name: string): string => readFileSync(join(root, name), 'utf8');
const listed = JSON.parse(text('native/sources.json')) as Record<string, string[]>;

interface Compilation {
  defines: string[];
  flags: string[];
  include: string[];
}
interface Library {
  sources: Record<string, Compilation>;
  link: Record<string, unknown>;
}
type Plan = Record<string, Library>;
interface Facts {
  exports: string[];
  needed: string[];
}
type Products = Record<string, Facts>;

const { planOf } = require('../../scripts/builds/commands.cjs') as {
  planOf: (tool: string, folder: string, root: string, changes?: Record<string, string>) => Plan;
};
const { complaints, differences, productsIn } = require('../../scripts/builds/products.cjs') as {
  productsIn: (folder: string) => Products;
  complaints: (products: Products) => string[];
  differences: (first: Products, second: Products, names: string[]) => string[];
};

const folder = mkdtempSync(join(tmpdir(), 'gpu-exceptions-builds-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The text of a file of ours with some words replaced, each of which must be there. */
function changed(name: string, replacements: [string, string][]): Record<string, string> {
  let now = text(name);
  for (const [from, to] of replacements) {
    expect(now).toContain(from);
    now = now.replace(from, to);
  }
  return { [name]: now };
}

const describeOnLinux = process.platform === 'linux' ? describe : describe.skip;

describeOnLinux('what the two builds would do', () => {
  let cmakeJs: Plan;

  beforeAll(() => {
    cmakeJs = planOf('cmake-js', join(folder, 'cmake-js'), root);
  }, 60_000);

  it('is all that native/sources.json lists, with its defines, and hides what is not exported', () => {
    const names = (listed['stand_in'] ?? []).map((row) => `stand-in/lib${row.split(' ')[0] ?? ''}`);
    const others = [
      'failing-driver/libcuda.so.1',
      'gpu_exceptions.node',
      'libgpu_exceptions_mock.so',
    ];
    expect(Object.keys(cmakeJs).sort()).toEqual([...names, ...others].sort());
    const { sources } = cmakeJs['gpu_exceptions.node'] as Library;
    expect(Object.keys(sources).sort()).toEqual([...(listed['addon'] ?? [])].sort());
    for (const { defines } of Object.values(sources)) {
      expect(defines).toEqual(expect.arrayContaining(listed['defines'] ?? []));
    }
    const mock = cmakeJs['libgpu_exceptions_mock.so'] as Library;
    expect(Object.keys(mock.sources).sort()).toEqual([...(listed['mock'] ?? [])].sort());
    for (const [name, library] of Object.entries(cmakeJs)) {
      for (const { flags } of Object.values(library.sources)) {
        expect(flags).toEqual(
          expect.arrayContaining(['-fvisibility=hidden', '-fvisibility-inlines-hidden']),
        );
      }
      expect([name, library.link['versionScript']]).toEqual([
        name,
        expect.stringMatching(/\.map$/),
      ]);
    }
  });

  it('is the same: sources, defines, flags, names, and what is exported', () => {
    expect(planOf('node-gyp', join(folder, 'node-gyp'), root)).toEqual(cmakeJs);
  }, 60_000);

  it('would be found to differ', () => {
    const changes = {
      ...changed('binding.gyp', [
        ["'./native/sources.json').addon.join", "'./native/sources.json').addon.slice(1).join"],
        ["'./native/sources.json').defines.join", "'./native/sources.json').defines.slice(1).join"],
        ['"-fvisibility-inlines-hidden"', '"-fno-plt"'],
        ['-Wl,-Bsymbolic', '-Wl,-z,now'],
      ]),
      ...changed('native/mock/exports/stand_ins.gypi', [
        ['exports/libcuda.so.1.map', 'exports/libcudart.so.13.map'],
        ['"product_extension": "so.9"', '"product_extension": "so.10"'],
      ]),
    };
    const nodeGyp = planOf('node-gyp', join(folder, 'changed'), root, changes);
    const addon = nodeGyp['gpu_exceptions.node'] as Library;
    const of = (plan: Plan, name: string): Library => plan[name] as Library;
    expect(Object.keys(addon.sources)).not.toContain('native/addon.cc');
    const [source = ''] = Object.keys(addon.sources);
    expect(addon.sources[source]?.defines).not.toEqual(
      of(cmakeJs, 'gpu_exceptions.node').sources[source]?.defines,
    );
    expect(addon.sources[source]?.flags).not.toEqual(
      of(cmakeJs, 'gpu_exceptions.node').sources[source]?.flags,
    );
    for (const name of ['libgpu_exceptions_mock.so', 'stand-in/libcuda.so.1'])
      expect(of(nodeGyp, name).link).not.toEqual(of(cmakeJs, name).link);
    expect(Object.keys(nodeGyp)).not.toEqual(expect.arrayContaining(['stand-in/libcudnn.so.9']));
  }, 60_000);
});

describeOnLinux('what a build has made', () => {
  const release = join(root, 'build', 'Release');

  /** A build of one library, made of `code`. */
  function made(name: string, code: string, ...flags: string[]): Products {
    const place = join(folder, name);
    mkdirSync(place);
    const source = join(place, 'addon.cc');
    writeFileSync(source, code);
    const addon = join(place, 'gpu_exceptions.node');
    execFileSync('g++', ['-shared', '-fPIC', '-o', addon, source, ...flags], {
      env: compilerEnvironment,
    });
    return productsIn(place);
  }
  const entries =
    'extern "C" { void napi_register_module_v1() {} void node_api_module_get_api_version_v1() {} }';

  it('shows nothing but its entries, and asks the loader for nothing of NVIDIA’s', () => {
    const products = productsIn(release);
    expect(Object.keys(products)).toHaveLength((listed['stand_in'] ?? []).length + 3);
    expect(complaints(products)).toEqual([]);
  });

  it('would be found to show more, or to be linked with a library of NVIDIA’s', () => {
    const runtime = join(release, 'stand-in', 'libcudart.so.13');
    expect(existsSync(runtime)).toBe(true);
    const right = made('right', entries);
    const wrong = made(
      'wrong',
      `${entries} extern "C" int cudaFree(void*); int Shown() { return cudaFree(nullptr); }`,
      runtime,
      '-Wl,--allow-shlib-undefined',
    );
    expect(complaints(right)).toEqual([]);
    expect(complaints(wrong)).toEqual([
      'gpu_exceptions.node needs libcudart.so.13',
      'gpu_exceptions.node shows _Z5Shownv',
    ]);
    expect(differences(right, right, ['one', 'other'])).toEqual([]);
    expect(differences(right, wrong, ['one', 'other'])).toEqual([
      'gpu_exceptions.node: T _Z5Shownv only with other',
    ]);
    expect(differences(right, productsIn(release), ['one', 'other'])).toContain(
      'stand-in/libcuda.so.1 is only made by other',
    );
  }, 30_000);
});
