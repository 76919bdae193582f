import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compiledPackage } from '../../helpers/compiled.js';
import { runScript, testWithAddon, WITH_ADDON } from '../../helpers/run-script.js';

const root = resolve(__dirname, '..', '..', '..');

let work: string;
let dist: string;
let second: string;

beforeAll(() => {
  dist = compiledPackage();
  work = mkdtempSync(join(tmpdir(), 'gpu-exceptions-threads-'));
  second = join(work, 'dist');
  cpSync(dist, second, { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(work, 'node_modules'));
}, 60_000);

afterAll(() => {
  rmSync(work, { recursive: true, force: true });
});

/** What scripts find in scope: the package, a sticky failure, and threads that answer questions. */
const PRELUDE = `
const { Worker, parentPort, workerData } = require('node:worker_threads');
const DIST = process.env.DIST;
const load = () => require(DIST + '/index.js');
const fatal = (code = 700) => Object.defineProperty(new Error('CUDA call failed'), Symbol.for('gpu-exceptions.tag'), {
  value: { v: 1, library: 'cudart', code, call: 'cudaMalloc', device: 0, requestedBytes: null, file: null, line: null },
});
const poison = (gpu, code) => { try { gpu.catchGpuExceptions(() => { throw fatal(code); }); } catch (error) { return error; } };
const until = async (question) => {
  const end = Date.now() + 5000;
  while (!(await question())) {
    if (Date.now() > end) throw new Error('waited in vain: ' + question);
    await new Promise((resume) => setTimeout(resume, 2));
  }
};
/** A thread that runs what it is asked: expressions over 'gpu', answered as JSON. */
class Thread {
  constructor(options = {}) {
    this.worker = new Worker(process.env.PRELUDE + \`
      let gpu;
      parentPort.on('message', async (expression) => {
        parentPort.postMessage(JSON.stringify((await eval(expression)) ?? null));
      });
    \`, { eval: true, ...options });
  }
  ask(expression) {
    return new Promise((resolve, reject) => {
      this.worker.once('message', (text) => resolve(JSON.parse(text)));
      this.worker.once('error', reject);
      this.worker.postMessage(expression);
    });
  }
  end() { return this.worker.terminate(); }
}
const LOAD = "gpu = load(), null";
const STATE = "gpu.fatalState() && gpu.fatalState().code";
const REFUSED = "(() => { try { gpu.catchGpuExceptions(() => 1); return null; } catch (error) { return error.cause.failure.code; } })()";
`;

const run = (script: string, environment?: Record<string, string>): unknown =>
  runScript(PRELUDE, script, environment);

describe('the latch across worker threads, without the addon', () => {
  test('closed in a worker: holds in the parent and in its siblings at once', () => {
    const answer = run(`
      const gpu = load();
      const [one, two] = [new Thread(), new Thread()];
      await Promise.all([one.ask(LOAD), two.ask(LOAD)]);
      const before = [gpu.fatalState(), await two.ask(STATE)];
      await one.ask("poison(gpu).name");
      const blocked = Date.now() + 5; while (Date.now() < blocked);
      let refused; try { gpu.catchGpuExceptions(() => 1); } catch (error) { refused = error; }
      const after = [gpu.fatalState().code, refused.cause.failure.code, refused.cause.cause.message, await two.ask(REFUSED)];
      await Promise.all([one.end(), two.end()]);
      return { before, after };
    `);
    expect(answer).toEqual({ before: [null, null], after: [700, 700, 'CUDA call failed', 700] });
  });

  test('closed in the parent: a worker that starts later is born with it', () => {
    const answer = run(`
      poison(load());
      const late = new Thread();
      await late.ask(LOAD);
      const answer = [await late.ask(REFUSED), await late.ask(STATE)];
      await late.end();
      return answer;
    `);
    expect(answer).toEqual([700, 700]);
  });

  test('closed in a worker that has ended since: the next worker sees it', () => {
    const answer = run(`
      load();
      const first = new Thread();
      await first.ask(LOAD);
      await first.ask("poison(gpu).name");
      await first.end();
      const next = new Thread();
      await next.ask(LOAD);
      const answer = await next.ask(REFUSED);
      await next.end();
      return answer;
    `);
    expect(answer).toBe(700);
  });

  test('workers that imported the package on their own tell each other', () => {
    const answer = run(`
      const [one, two] = [new Thread(), new Thread()];
      await Promise.all([one.ask(LOAD), two.ask(LOAD)]);
      await two.ask("gpu.catchGpuExceptions(() => 1)");
      await one.ask("poison(gpu).name");
      await until(async () => (await two.ask(REFUSED)) === 700);
      await two.ask("gpu.resetFatalState()");
      await until(async () => (await one.ask(STATE)) === null);
      await Promise.all([one.end(), two.end()]);
      return 'told';
    `);
    expect(answer).toBe('told');
  });

  test('a parent that imports later than its worker is told, too', () => {
    const answer = run(`
      const worker = new Thread();
      await worker.ask(LOAD);
      const gpu = load();
      gpu.catchGpuExceptions(() => 1);
      await worker.ask("poison(gpu).name");
      await until(() => gpu.fatalState() !== null);
      await worker.end();
      return gpu.fatalState().code;
    `);
    expect(answer).toBe(700);
  });

  test('devices and resets are shared', () => {
    const answer = run(`
      const gpu = load();
      const worker = new Thread();
      await worker.ask(LOAD);
      const lost = Object.defineProperty(new Error('lost'), Symbol.for('gpu-exceptions.tag'), {
        value: { v: 1, library: 'nvml', code: 15, call: null, device: 1, requestedBytes: null, file: null, line: null },
      });
      try { gpu.catchGpuExceptions(() => { throw lost; }); } catch {}
      const seen = await worker.ask("[gpu.fatalState() , gpu.fatalState(1).code, gpu.catchGpuExceptions(() => 5)]");
      await worker.ask("gpu.resetFatalState()");
      await worker.end();
      return { seen, after: gpu.fatalState(1) };
    `);
    expect(answer).toEqual({ seen: [null, 15, 5], after: null });
  });

  test('eight threads that close it at once agree on one first failure', () => {
    const answer = run(`
      const gpu = load();
      const threads = Array.from({ length: 8 }, () => new Thread());
      await Promise.all(threads.map((thread) => thread.ask(LOAD)));
      const codes = [700, 702, 710, 714, 715, 716, 717, 719];
      await Promise.all(threads.map((thread, i) => thread.ask('poison(gpu, ' + codes[i] + ').name')));
      const seen = await Promise.all(threads.map((thread) => thread.ask(STATE)));
      await Promise.all(threads.map((thread) => thread.end()));
      return [codes.includes(gpu.fatalState().code), new Set([...seen, gpu.fatalState().code]).size];
    `);
    expect(answer).toEqual([true, 1]);
  });
});

describe('the latch across worker threads, with the addon', () => {
  testWithAddon('a worker that comes when the closing one is gone sees it', () => {
    // Neither inherits anything: the main thread never imports the package.
    const answer = run(
      `
      const first = new Thread();
      await first.ask(LOAD);
      await first.ask("poison(gpu).name");
      await first.end();
      const next = new Thread();
      await next.ask(LOAD);
      const answer = [await next.ask(REFUSED), await next.ask("gpu.fatalState().name")];
      await next.ask("gpu.resetFatalState()");
      const last = new Thread();
      await last.ask(LOAD);
      answer.push(await last.ask(STATE));
      await Promise.all([next.end(), last.end()]);
      return answer;
    `,
      WITH_ADDON,
    );
    expect(answer).toEqual([700, 'cudaErrorIllegalAddress', null]);
  });

  testWithAddon('a thread that loads the addon learns of it by that', () => {
    const answer = run(
      `
      const worker = new Thread();
      await worker.ask(LOAD);
      await worker.ask("poison(gpu).name");
      await worker.end();
      const gpu = load();
      const state = gpu.fatalState();
      const before = state && { code: state.code };
      require(DIST + '/native/load.js').loadBinding();
      return [before, gpu.fatalState().code];
    `,
      WITH_ADDON,
    );
    // Where the system tells that the addon is there, the question itself loads it.
    expect(answer).toEqual([process.platform === 'linux' ? { code: 700 } : null, 700]);
  });
});

describe('threads that came later', () => {
  testWithAddon('one reset opens what a worker closed that has gone since', () => {
    const answer = run(
      `
      const gpu = load();
      const worker = new Thread();
      await worker.ask(LOAD);
      await worker.ask("poison(gpu).name");
      await worker.end();
      gpu.resetFatalState();
      require(DIST + '/native/load.js').loadBinding();
      return [gpu.fatalState(), gpu.catchGpuExceptions(() => 5)];
    `,
      WITH_ADDON,
    );
    expect(answer).toEqual([null, 5]);
  });

  (process.platform === 'linux' ? testWithAddon : test.skip)(
    'the main thread sees what a worker closed that had gone before it imported the package',
    () => {
      const answer = run(
        `
      const worker = new Thread();
      await worker.ask(LOAD);
      await worker.ask("poison(gpu).name");
      await worker.end();
      const gpu = load();
      try { return gpu.catchGpuExceptions(() => 1); } catch (error) { return error.cause.failure.code; }
    `,
        WITH_ADDON,
      );
      expect(answer).toBe(700);
    },
  );

  test('a thread that inherited from one which does not listen listens itself', () => {
    const answer = run(`
      const alone = new Thread();
      await alone.ask(LOAD);
      const gpu = load();
      const heir = new Thread();
      await heir.ask(LOAD);
      await heir.ask("gpu.catchGpuExceptions(() => 1)");
      await alone.ask("poison(gpu).name");
      await until(async () => (await heir.ask(REFUSED)) === 700);
      await heir.ask("gpu.resetFatalState()");
      await until(async () => (await alone.ask(STATE)) === null);
      await Promise.all([alone.end(), heir.end()]);
      return gpu.fatalState();
    `);
    expect(answer).toBeNull();
  });
});

describe('two installed copies', () => {
  test('share one latch, and know each other’s exceptions', () => {
    const answer = run(
      `
      const [one, two] = [load(), require(process.env.SECOND + '/index.js')];
      const made = poison(one);
      let passed; try { one.resetFatalState(); two.catchGpuExceptions(() => { throw made; }); } catch (error) { passed = error; }
      poison(one);
      let refused; try { two.catchGpuExceptions(() => 1); } catch (error) { refused = error; }
      return [
        one.GPUException !== two.GPUException,
        passed === made,
        two.fatalState().code,
        refused instanceof one.GPUException,
        refused.cause.failure.code,
      ];
    `,
      { SECOND: second },
    );
    expect(answer).toEqual([true, true, 700, true, 700]);
  });
});

describe('the process', () => {
  test('ends by itself after guarded calls, closed or not, in threads, too', () => {
    const answer = run(`
      const gpu = load();
      gpu.catchGpuExceptions(() => 1);
      await gpu.catchGpuExceptions(async () => 1, { timeoutMs: 600000 });
      poison(gpu);
      const worker = new Worker(process.env.PRELUDE + 'load().fatalState(); try { load().catchGpuExceptions(() => 1) } catch {}', { eval: true });
      await new Promise((resolve) => worker.once('exit', resolve));
      gpu.resetFatalState();
      const alone = new Worker(process.env.PRELUDE + 'load().catchGpuExceptions(() => 1)', { eval: true });
      return await new Promise((resolve) => alone.once('exit', resolve));
    `);
    expect(answer).toBe(0);
  });

  test('a rejection that nobody handles is one unhandled rejection', () => {
    const answer = run(`
      const seen = [];
      process.on('unhandledRejection', (reason) => seen.push(reason.name));
      const { catchGpuExceptions } = load();
      catchGpuExceptions(() => Promise.reject(fatal(2)), { probe: false });
      catchGpuExceptions(() => Promise.reject(fatal(2)));
      const late = catchGpuExceptions(() => new Promise((_, reject) => setTimeout(reject, 100, fatal(2))), { timeoutMs: 1 });
      await late.catch((error) => seen.push(error.failure.category));
      await new Promise((resume) => setTimeout(resume, 150));
      return seen;
    `);
    expect(answer).toEqual(['CUDAOutOfMemoryException', 'CUDAOutOfMemoryException', 'timeout']);
  });

  test('importing the root loads at most 10 files: no addon, no rules, no tables', () => {
    const answer = run(`
      load();
      return Object.keys(require.cache).map((file) => file.slice(DIST.length + 1));
    `) as string[];
    expect(answer.length).toBeLessThanOrEqual(10);
    expect(answer).toContain('index.js');
    expect(answer.filter((file) => /^(failure|codes|native)\//.test(file))).toEqual([]);
  });

  test('successful calls load no judge and no addon', () => {
    const answer = run(`
      const gpu = load();
      gpu.catchGpuExceptions(() => 1);
      await gpu.catchGpuExceptions.wrap(async () => 1)();
      await gpu.catchGpuExceptions(async () => 1, { timeoutMs: 1000 });
      for (const _ of gpu.catchGpuExceptions.iterate([1]));
      gpu.fatalState();
      return Object.keys(require.cache).map((file) => file.slice(DIST.length + 1));
    `) as string[];
    expect(
      answer.filter((file) => /^(failure\/judge|failure\/rules|codes|native)/.test(file)),
    ).toEqual([]);
  });

  test('a broken installation hides no error', () => {
    rmSync(join(second, 'failure'), { recursive: true });
    const answer = run(
      `
      const { catchGpuExceptions } = require(process.env.SECOND + '/index.js');
      const warnings = [];
      process.on('warning', ({ code }) => warnings.push(code));
      const error = fatal();
      const same = [];
      try { catchGpuExceptions(() => { throw error; }); } catch (thrown) { same.push(thrown === error); }
      await catchGpuExceptions(() => Promise.reject(error)).catch((thrown) => same.push(thrown === error));
      await new Promise((resume) => setImmediate(resume));
      return [same, warnings];
    `,
      { SECOND: second },
    );
    const warning = 'GPU_EXCEPTIONS_NO_JUDGE';
    expect(answer).toEqual([
      [true, true],
      [warning, warning],
    ]);
  });

  test('import and require give the same guard and the same latch', () => {
    const answer = JSON.parse(
      execFileSync(
        process.execPath,
        [
          '--input-type=module',
          '-e',
          `import { createRequire } from 'node:module';
           const esm = await import(process.env.DIST + '/index.mjs');
           const cjs = createRequire(process.env.DIST + '/')('./index.js');
           const names = Object.keys(cjs).filter((name) => name !== '__esModule').sort();
           console.log(JSON.stringify({
             same: names.every((name) => esm[name] === cjs[name]),
             names, esm: Object.keys(esm).sort(),
           }));`,
        ],
        { encoding: 'utf8', env: { ...process.env, DIST: dist } },
      ),
    ) as { same: boolean; names: string[]; esm: string[] };
    expect(answer.same).toBe(true);
    expect(answer.esm).toEqual(answer.names);
  });
});
