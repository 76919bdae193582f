/** The page's C++ compiles, and a runtime that is linked statically is reached. */

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { include } from '../../../lib/index.js';
import { root } from '../addon/support';
import { compile, compilers, cudaInclude, NODE_ADDON_API, NODE_API, nvcc, STAND_IN, Workshop } from './build'; // prettier-ignore

const workshop = new Workshop();
afterAll(() => workshop.remove());

const page = readFileSync(join(root, 'docs', 'your-own-addon.md'), 'utf8');
const blocks = [...page.matchAll(/^```cpp\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? '');
const describeCompiled = compilers.length > 0 ? describe : describe.skip;

describeCompiled('docs/your-own-addon.md', () => {
  const example = join(root, 'examples', 'your-own-addon', 'without-toolkit');

  it('every block of C++ compiles as it stands', async () => {
    expect(blocks.length).toBeGreaterThanOrEqual(4);
    const options = [...NODE_API, ...NODE_ADDON_API, '-isystem', example];
    const quiet = ['-DNODE_ADDON_API_CPP_EXCEPTIONS', '-Wno-conversion'];
    for (const block of blocks) {
      expect(await compile(compilers[0] ?? '', block, [...options, ...quiet])).toBe('');
    }
  }, 60_000);

  it('the macros that it lists are the macros that there are', () => {
    const defined = ['gpu_exceptions.h', 'gpu_exceptions/capture.h'].flatMap((file) =>
      [
        ...readFileSync(join(include, file), 'utf8').matchAll(/^#define (GPU_EXCEPTIONS_\w+)\(/gm),
      ].map(([, name]) => name ?? ''),
    );
    const table = page.slice(page.indexOf('## The macros'), page.indexOf('## What the caller'));
    for (const name of defined.filter((each) => !each.endsWith('_'))) {
      const [, whole, library] = /^(GPU_EXCEPTIONS_(?:CHECK|CAPTURE))(_(?!ALLOC)\w+)?$/.exec(name) ?? [null, name]; // prettier-ignore
      expect(table).toContain(`\`${whole ?? name}`);
      if (library !== undefined) expect(table).toMatch(new RegExp(`(CHECK|\`)${library}[(\`]`));
    }
  });
});

const itOnX64 = compilers.length > 0 && process.arch === 'x64' ? it : it.skip;

itOnX64('a call that succeeds costs a comparison more', () => {
  const input = `#include <gpu_exceptions.h>
    extern int vendorCall();
    extern "C" napi_value checked(napi_env env, napi_callback_info) {
      GPU_EXCEPTIONS_CHECK_CUDART(env, vendorCall());
      return nullptr;
    }`;
  const options = ['-std=c++17', '-O2', '-fPIC', '-I', include, ...NODE_API];
  const assembly = execFileSync('g++', [...options, '-S', '-x', 'c++', '-', '-o', '-'], {
    input,
    encoding: 'utf8',
  });
  const hot = /^checked:\n([\s\S]*?)\tret\n/m.exec(assembly)?.[1] ?? '';
  expect(hot.match(/\tcall\t.*/g)).toEqual([expect.stringContaining('vendorCall')]);
  expect(hot.match(/\tj\w+\t/g)).toEqual(['\tjne\t']);
});

// A symbol that is unique in a process would be one addon's for all, whatever header it was built with.
describeCompiled('two addons in one process', () => {
  it('share no table of codes', () => {
    const library = join(workshop.folder, 'visible.so');
    const options = ['-std=c++17', '-O0', '-fPIC', '-shared', '-I', include, ...NODE_API];
    const input = `#include <gpu_exceptions.h>
      const char* name(int code) { return gpu_exceptions::CodeName(gpu_exceptions::Library::kCuda, code); }`;
    execFileSync('g++', [...options, '-x', 'c++', '-', '-o', library], { input, stdio: 'pipe' });
    const symbols = execFileSync('nm', ['-DC', library], { encoding: 'utf8' });
    expect(symbols).toContain('W gpu_exceptions::CodeName');
    expect(symbols).not.toMatch(/ [uV] gpu_exceptions|kCodes/);
  });
});

const withStaticRuntime =
  nvcc === undefined || cudaInclude === undefined ? describe.skip : describe;

withStaticRuntime("NVIDIA's own runtime, linked statically, without a toolkit not run", () => {
  const failing = join(dirname(STAND_IN), 'failing-driver');

  /** What the program prints where the driver cannot be initialised. */
  function answer(name: string, ...options: string[]): string {
    const source = join(root, 'test', 'fixtures', 'header', 'static_runtime.cc');
    const program = join(workshop.folder, name);
    const library = join(cudaInclude ?? '', '..', 'lib64', 'libcudart_static.a');
    const flags = ['-std=c++17', '-I', include, '-isystem', cudaInclude ?? '', ...options];
    const linked = [library, '-ldl', '-lpthread', '-lrt', '-o', program];
    execFileSync('g++', [...flags, source, ...linked], { stdio: 'pipe' });
    const env = {
      ...process.env,
      LD_LIBRARY_PATH: failing,
      GPU_EXCEPTIONS_FAILING_DRIVER_CODE: '100',
    };
    return spawnSync(program, { encoding: 'utf8', env }).stdout.trim();
  }

  it('with its header first, its own last error is read', () => {
    expect(answer('linked').split(' ').slice(0, 2)).toEqual(['100', '100']);
  }, 60_000);

  it('without, it is not found: nothing is read, and no device is told', () => {
    expect(answer('late', '-DLATE')).toBe('100 0 -1');
  }, 60_000);
});
