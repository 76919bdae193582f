import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Installed } from '../helpers/packed.js';
import { installPacked, runScript } from '../helpers/packed.js';

let installed: Installed;
let first: string;
let second: string;

beforeAll(() => {
  installed = installPacked(2);
  [first, second] = installed.applications as [string, string];
}, 120_000);
afterAll(() => installed.remove());

describe('what is published', () => {
  it('is the compiled library, what builds the addon, and the words about both', () => {
    const needed = [
      'package.json',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'CMakeLists.txt',
      'binding.gyp',
      'native/sources.json',
      'native/addon.cc',
      'native/errors/codes/cudart.def',
      'native/include/gpu_exceptions.h',
      'native/include/gpu_exceptions/codes.h',
      'scripts/build-native.cjs',
      'dist/index.js',
      'dist/index.mjs',
      'dist/index.d.ts',
      'dist/index.d.mts',
      'dist/cuda/index.js',
      'dist/http/index.js',
      'dist/mock/index.js',
      'dist/cli/main.js',
    ];
    expect(installed.files).toEqual(expect.arrayContaining(needed));
  });

  it('is nothing else', () => {
    const expected =
      /^(dist|native|docs|examples)\/|^(package\.json|README\.md|LICENSE|(CHANGELOG|CONTRIBUTING)\.md|CMakeLists\.txt|binding\.gyp|scripts\/build-native\.cjs)$/;
    expect(installed.files.filter((file) => !expected.test(file))).toEqual([]);
    expect(
      installed.files.filter((file) => /^examples\/.*\/(build|stand-in)\//.test(file)),
    ).toEqual([]);
  });

  it('holds every file and folder that its pages link to', () => {
    const pages = installed.files.filter((file) => file.endsWith('.md'));
    const links = pages.flatMap((page) => {
      const text = readFileSync(join(first, 'node_modules', 'gpu-exceptions', page), 'utf8');
      const targets = [...text.matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g)];
      return targets.map(([, target = '']) => [page, posix.join(posix.dirname(page), target)]);
    });
    expect(links.length).toBeGreaterThan(30);
    const leads = (to: string): boolean =>
      installed.files.some((file) => file === to || file.startsWith(`${to}/`));
    expect(links.filter(([, to = '']) => !leads(to))).toEqual([]);
  });
});

it('the examples run where the package is installed', () => {
  const answer = runScript(
    first,
    `const { spawnSync } = require('node:child_process');
     const child = spawnSync(process.execPath,
       [require.resolve('gpu-exceptions/package.json').replace('package.json', 'examples/kernels/vector-add.cjs')],
       { encoding: 'utf8', env: { ...process.env, GPU_EXCEPTIONS_BACKEND: 'mock' } });
     console.log(JSON.stringify([child.status, child.stderr]));`,
  );
  expect(answer).toEqual([0, '']);
});

describe('import and require', () => {
  it('give the same classes and the same state', () => {
    const answer = runScript(
      first,
      `const required = {
         root: require('gpu-exceptions'), http: require('gpu-exceptions/http'),
         cuda: require('gpu-exceptions/cuda'), mock: require('gpu-exceptions/mock'),
       };
       Promise.all([
         import('gpu-exceptions'), import('gpu-exceptions/http'),
         import('gpu-exceptions/cuda'), import('gpu-exceptions/mock'),
       ]).then(([root, http, cuda, mock]) => {
         const imported = { root, http, cuda, mock };
         const different = [];
         for (const [entry, names] of Object.entries(required))
           for (const name of Object.keys(names))
             if (imported[entry][name] !== names[name]) different.push(entry + ' ' + name);
         for (const [entry, names] of Object.entries(imported))
           for (const name of Object.keys(names))
             if (!(name in required[entry])) different.push(entry + ' ' + name + ' (only imported)');
         console.log(JSON.stringify(different));
       });`,
    );
    expect(answer).toEqual([]);
  });
});

it('the folder of the header is told, and it is there', () => {
  const answer = runScript(
    first,
    `import('gpu-exceptions').then(({ include }) => {
       const { existsSync } = require('node:fs');
       const path = require('node:path');
       console.log(JSON.stringify([
         include === require('gpu-exceptions').include, path.isAbsolute(include),
         existsSync(path.join(include, 'gpu_exceptions.h')),
       ]));
     });`,
  );
  expect(answer).toEqual([true, true, true]);
});

describe('two installed copies', () => {
  const both = () =>
    `const a = require(${JSON.stringify(`${first}/node_modules/gpu-exceptions`)});
     const b = require(${JSON.stringify(`${second}/node_modules/gpu-exceptions`)});`;

  it('are two copies, and know each other’s exceptions', () => {
    const answer = runScript(
      first,
      `${both()}
       const names = Object.keys(a).filter((name) => /(Exception|Error)$/.test(name) && /^[A-Z]/.test(name));
       class Mine extends a.GPUException {}
       const mine = new Mine();
       console.log(JSON.stringify({
         distinct: names.every((name) => a[name] !== b[name]),
         names: names.length,
         recognised: names.every((name) => {
           const made = Reflect.construct(b[name], ['x', 500, 'y']);
           return made instanceof a[name] && made instanceof a.FalServerlessException;
         }),
         notOverdone: !(new b.GPUException() instanceof a.CUDAOutOfMemoryException) &&
           !(new b.GPUException() instanceof Mine) && mine instanceof b.GPUException,
       }));`,
    );
    expect(answer).toEqual({ distinct: true, names: 10, recognised: true, notOverdone: true });
  });

  it('hand an exception of the other through as the same object', () => {
    const answer = runScript(
      first,
      `${both()}
       const thrown = new b.GPUException('theirs', 500);
       try { a.catchGpuExceptions(() => { throw thrown; }); }
       catch (error) { console.log(JSON.stringify(error === thrown)); }`,
    );
    expect(answer).toBe(true);
  });

  it('share one latch', () => {
    const answer = runScript(
      first,
      `${both()}
       const poisoned = Object.assign(new Error('launch failed'), {});
       Object.defineProperty(poisoned, Symbol.for('gpu-exceptions.tag'), {
         value: { v: 1, library: 'cudart', code: 700, call: 'cudaLaunchKernel', device: 0,
                  requestedBytes: null, file: null, line: null },
       });
       try { a.catchGpuExceptions(() => { throw poisoned; }); } catch {}
       let ran = false;
       let refused;
       try { b.catchGpuExceptions(() => { ran = true; }); } catch (error) { refused = error; }
       console.log(JSON.stringify([a.fatalState()?.code, b.fatalState()?.code, ran,
         refused instanceof a.GPUException]));`,
    );
    expect(answer).toEqual([700, 700, false, true]);
  });
});

describe('across processes and threads', () => {
  const serialised = `
    const { catchGpuExceptions, serializeException, deserializeException, CUDAOutOfMemoryException } =
      require('gpu-exceptions');
    function make() {
      try {
        catchGpuExceptions(() => { throw new Error('CUDA error: out of memory'); });
      } catch (error) { return error; }
    }
    function describe(json) {
      const back = deserializeException(json);
      return [back instanceof CUDAOutOfMemoryException, back.failure?.category, back.cause?.message];
    }`;
  const expected = [true, 'out-of-memory', 'CUDA error: out of memory'];

  it('an exception survives process.send', () => {
    const answer = runScript(
      first,
      `${serialised}
       const { fork } = require('node:child_process');
       const { writeFileSync } = require('node:fs');
       const script = ${JSON.stringify(`${serialised} process.send(serializeException(make()));`)};
       writeFileSync('child.cjs', script);
       fork('./child.cjs').on('message', (json) => console.log(JSON.stringify(describe(json))));`,
    );
    expect(answer).toEqual(expected);
  });

  it('an exception survives postMessage from a worker', () => {
    const answer = runScript(
      first,
      `${serialised}
       const { Worker } = require('node:worker_threads');
       const script = ${JSON.stringify(
         `${serialised} require('node:worker_threads').parentPort.postMessage(serializeException(make()));`,
       )};
       new Worker(script, { eval: true }).on('message', (json) => console.log(JSON.stringify(describe(json))));`,
    );
    expect(answer).toEqual(expected);
  });
});

describe('a vm realm', () => {
  it('errors of another realm are judged, and ours are recognised there', () => {
    const answer = runScript(
      first,
      `const vm = require('node:vm');
       const gpu = require('gpu-exceptions');
       const foreign = vm.runInNewContext("new Error('CUDA error: out of memory')");
       let made;
       try { gpu.catchGpuExceptions(() => { throw foreign; }); } catch (error) { made = error; }
       const { readFileSync } = require('node:fs');
       // The whole package once more, evaluated in another realm.
       const path = require('node:path');
       const realm = vm.createContext({ process, console, setTimeout, clearTimeout, Buffer, SharedArrayBuffer, Atomics });
       const cache = new Map();
       function load(file) {
         if (cache.has(file)) return cache.get(file).exports;
         const module = { exports: {} };
         cache.set(file, module);
         const local = require('node:module').createRequire(file);
         const wrapped = vm.runInContext('(function (exports, require, module, __filename, __dirname) {' +
           readFileSync(file, 'utf8') + '\\n})', realm, { filename: file });
         wrapped(module.exports, (request) => request.startsWith('.') ? load(local.resolve(request)) : local(request),
           module, file, path.dirname(file));
         return module.exports;
       }
       const other = load(require.resolve('gpu-exceptions'));
       console.log(JSON.stringify([
         made instanceof gpu.CUDAOutOfMemoryException, made.cause === foreign,
         other.GPUException !== gpu.GPUException,
         made instanceof other.GPUException,
         new other.CUDAOutOfMemoryException() instanceof gpu.GPUOutOfMemoryException,
         require('node:util').types.isNativeError(new other.GPUException()),
       ]));`,
    );
    expect(answer).toEqual([true, true, true, true, true, true]);
  });
});

describe('the command', () => {
  it('lists the libraries of the stand-in, and says that it is one', () => {
    const answer = runScript(
      first,
      `const { spawnSync } = require('node:child_process');
       const child = spawnSync(process.execPath,
         [require.resolve('gpu-exceptions/package.json').replace('package.json', 'dist/cli/main.js'), 'libraries'],
         { encoding: 'utf8', env: { ...process.env, GPU_EXCEPTIONS_BACKEND: 'mock' } });
       console.log(JSON.stringify([child.status, child.stdout]));`,
    ) as [number, string];
    expect(answer[0]).toBe(0);
    for (const library of ['cudart', 'cuda', 'nvml', 'cudnn'])
      expect(answer[1]).toMatch(new RegExp(`^${library}: .*STAND-IN`, 'm'));
  });

  it.each([
    [['help'], 0, /^Usage: gpu-exceptions/, /^$/],
    [['--version'], 0, /^\d+\.\d+\.\d+\n$/, /^$/],
    [
      ['libraries', '--nonsense'],
      2,
      /^$/,
      /^gpu-exceptions libraries: .*'--nonsense'[^]*\n\nUsage: /,
    ],
  ] as const)('%j', (args, status, stdout, stderr) => {
    const answer = runScript(
      first,
      `const { spawnSync } = require('node:child_process');
       const child = spawnSync(process.execPath,
         [require.resolve('gpu-exceptions/package.json').replace('package.json', 'dist/cli/main.js'), ...${JSON.stringify(args)}],
         { encoding: 'utf8' });
       console.log(JSON.stringify([child.status, child.stdout, child.stderr]));`,
    ) as [number, string, string];
    expect(answer[0]).toBe(status);
    expect(answer[1]).toMatch(stdout);
    expect(answer[2]).toMatch(stderr);
    expect(answer[2]).not.toMatch(/^\s+at /m);
  });

  it('names an unknown command and lists what there is', () => {
    const answer = runScript(
      first,
      `const { spawnSync } = require('node:child_process');
       const child = spawnSync(process.execPath,
         [require.resolve('gpu-exceptions/package.json').replace('package.json', 'dist/cli/main.js'), 'mend'],
         { encoding: 'utf8' });
       console.log(JSON.stringify([child.status, child.stderr]));`,
    ) as [number, string];
    expect(answer[0]).toBe(2);
    expect(answer[1]).toContain('"mend"');
    expect(answer[1]).toContain('build');
  });
});
