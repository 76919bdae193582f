import { join, resolve } from 'node:path';
import type { Installed } from '../helpers/packed.js';
import { installPacked, runScript } from '../helpers/packed.js';
import { CUDA_PAGES, blocks, programOf } from './pages.js';

const root = resolve(__dirname, '..', '..');
let installed: Installed;
let application: string;

beforeAll(() => {
  installed = installPacked(1);
  [application] = installed.applications as [string];
}, 120_000);
afterAll(() => installed.remove());

/** Runs blocks as one program; `after` prints what the test looks at, as the last line. */
function run(before: string, code: readonly string[], after: string): unknown {
  return runScript(application, programOf(before, code, after), { GPU_EXCEPTIONS_BACKEND: 'mock' });
}

/** The same for one of the pages about gpu-exceptions/cuda. */
function runPage(page: keyof typeof CUDA_PAGES): unknown {
  const { before, after } = CUDA_PAGES[page] ?? { before: '', after: '' };
  return run(before, blocks(page), after);
}

describe('examples in the pages', () => {
  it('README: the server answers, refuses and stays in good health', () => {
    const [server] = blocks('README.md');
    const answers = run(
      `let fail = null;
       const session = { run: async (feeds) => { if (fail) throw new Error(fail); return feeds; } };
       const readFeeds = async (request) => ({ url: request.url });`,
      [(server ?? '').replace('.listen(8080)', '.listen(0, ask)')],
      `async function ask() {
         const base = 'http://127.0.0.1:' + this.address().port;
         const get = async (path) => { const r = await fetch(base + path); return [r.status, await r.text(), r.headers.get('content-type')]; };
         const answers = [await get('/x')];
         fail = 'CUDA error: out of memory';
         answers.push(await get('/y'), await get('/healthz'));
         print(JSON.stringify(answers));
         process.exit(0);
       }`,
    );
    expect(answers).toEqual([
      [200, '{"url":"/x"}', 'application/json'],
      [503, '{"detail":"CUDA error: out of memory"}', 'application/json'],
      [200, '', null],
    ]);
  });

  it('README: the failure that is shown is the one that comes', () => {
    const shown = blocks('README.md')[1] ?? '';
    const failure = run(
      `const cuda = require('gpu-exceptions/cuda');
       require('gpu-exceptions/mock').useMock({ devices: [{ memoryBytes: 25769803776 }] });`,
      [],
      `try { cuda.alloc(48318382080); } catch (error) { print(JSON.stringify(error.failure)); }`,
    ) as Record<string, unknown>;
    for (const [key, value] of Object.entries(failure)) {
      if (key === 'memory') continue;
      const beginning = JSON.stringify(value).replaceAll('"', "'").slice(0, 40).replace(/'$/, '');
      expect(shown).toContain(`${key}: ${beginning}`);
    }
  });

  it('docs/looking-at-the-gpu.md: every block runs on the stand-in', () => {
    const category = runPage('docs/looking-at-the-gpu.md');
    expect(category).toEqual(['kernel-fault', true, true]);
  });

  it('docs/your-own-addon.md: an error of an addon is what the page says', () => {
    const answer = run(
      `const { classifyGpuFailure } = require('gpu-exceptions');
       const addon = { failure: Object.assign(new Error('cudaMalloc failed'), { code: 'cudaErrorMemoryAllocation' }) };
       require('gpu-exceptions/cuda').tag(addon.failure,
         { library: 'cudart', code: 2, call: 'cudaMalloc', device: 0, requestedBytes: 2 ** 50 });`,
      blocks('docs/your-own-addon.md'),
      `print(JSON.stringify([category, device, requestedBytes]));`,
    );
    expect(answer).toEqual(['out-of-memory', 0, 2 ** 50]);
  });

  it('docs/kernels.md: every block runs on the stand-in', () => {
    const answers = runPage('docs/kernels.md');
    expect(answers).toEqual(['_Z5saxpyIfEviT_PKS0_PS0_', 6, 6, 1000, 1024, 8, 1, [2, 4, 6, 8]]);
  });

  it('docs/gpu-work.md: every block runs on the stand-in', () => {
    const answers = runPage('docs/gpu-work.md');
    const lost = 'cudaErrorIllegalAddress';
    const floats = Array.from({ length: 16 }, (_, i) => (i < 8 ? 2 : 0));
    expect(answers).toEqual({
      first: floats,
      ways: 0,
      parts: [1, 2, 1],
      byte: 7,
      elapsed: true,
      progress: [true, true, true, true, 0, false],
      requestedBytes: 2 ** 50,
      names: [lost, lost, lost],
    });
  });

  it('the inference server answers a wrong body with 422', () => {
    const server = JSON.stringify(join(root, 'examples', 'inference-server', 'server.cjs'));
    const answers = run(
      `const Module = require('node:module');
       const resolve = Module._resolveFilename;
       const here = Object.fromEntries(
         ['gpu-exceptions', 'gpu-exceptions/cuda', 'gpu-exceptions/http'].map((id) => [id, require.resolve(id)]),
       );
       Module._resolveFilename = (id, ...rest) => here[id] ?? resolve(id, ...rest);
       const { createServer } = require(${server});`,
      [],
      `const server = createServer({ log() {} }).listen(0, async () => {
         const url = 'http://127.0.0.1:' + server.address().port;
         const bodies = ['{', 'null', '[]', '{"megabytes":1e12}', '{"megabytes":1,"milliseconds":"x"}'];
         const statuses = [];
         for (const body of bodies) statuses.push((await fetch(url, { method: 'POST', body })).status);
         print(JSON.stringify(statuses));
         process.exit(0);
       });`,
    );
    expect(answers).toEqual([422, 422, 422, 422, 422]);
  });

  it('docs/judgement.md: every block says what its comments say', () => {
    // The blocks stand for programs of their own: each may require what another has.
    const [first, wrapping, exit, gone, own] = blocks('docs/judgement.md').map((block) =>
      block.replace(/^const \{[^}]+\} = require\('gpu-exceptions'\);$/m, ''),
    ) as [string, string, string, string, string];
    const answers = run(
      `const { catchGpuExceptions, classifyExit, classifyGpuFailure, explainGpuFailure } = require('gpu-exceptions');`,
      [first, wrapping, exit, gone, own],
      `let thrown;
       try { render(); } catch (error) { thrown = error; }
       print(JSON.stringify([
         [failure.category, failure.library, failure.device, failure.requestedBytes],
         [path, decidedBy, spoken.length > 0],
         [dead.category, dead.restart, dead.evidence],
         onChildGone({ type: 'GPU', reason: 'abnormal-exit', exitCode: 34 }).category,
         [thrown.name, thrown.failure.category],
       ]));`,
    );
    expect(answers).toEqual([
      ['out-of-memory', 'cudart', 0, 1613042688],
      ['cause.errors[1]', ['cuda.out-of-memory'], true],
      ['kernel-fault', 'process', 'exit'],
      'device-lost',
      ['CUDAOutOfMemoryException', 'out-of-memory'],
    ]);
  });
});
