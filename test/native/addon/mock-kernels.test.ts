import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  Stream,
  alloc,
  compile,
  f32,
  f64,
  i16,
  i32,
  i64,
  i8,
  loadModule,
  pointer,
  synchronize,
  u16,
  u32,
  u64,
  u8,
} from '../../../lib/cuda/index.js';
import type { Kernel } from '../../../lib/cuda/index.js';
import type { GPUException } from '../../../lib/index.js';
import { resetFatalState } from '../../../lib/index.js';
import { useMock } from '../../../lib/mock/index.js';
import type { Mock, MockSpan } from '../../../lib/mock/index.js';
import { compiledPackage } from '../../helpers/compiled';
import { aboveTheStandIn, itCompiled, openWorkshop } from './compile';
import { addonPath, answerOf, failureOf, runProgram, thrownBy } from './support';

const SOURCE = `
__global__ void scale(float* values, float by, int n) {}
extern "C" __global__ void types(char a, unsigned char b, short c, unsigned short d, int e,
                                 unsigned f, long long g, unsigned long long h, float i, double j) {}
`;

let mock: Mock;
let scale: Kernel;

beforeEach(async () => {
  resetFatalState();
  mock = useMock();
  const program = await compile(SOURCE, { nameExpressions: ['scale'] });
  scale = loadModule(program).kernel(program.loweredNames['scale'] ?? '');
});

const failure = async (work: Promise<unknown>): Promise<GPUException> =>
  work.then(
    () => {
      throw new Error('nothing was thrown');
    },
    (error: unknown) => error as GPUException,
  );

function implement(body: (values: MockSpan<'f32'>, by: number, n: number) => void): () => void {
  return mock.kernel('scale', ['f32*', 'f32', 'i32'], (_, values, by, n) => {
    body(values, by, n);
  });
}

describe('a kernel in JavaScript', () => {
  it('computes on the memory itself, in the order of its stream', async () => {
    implement((values, by, n) => {
      for (let i = 0; i < n; ++i) values[i] = (values[i] ?? 0) * by;
    });
    using stream = new Stream();
    const buffer = alloc(16);
    void buffer.write(Float32Array.of(1, 2, 3, 4), { stream });
    scale.launch({ grid: 1, block: 4, stream }, buffer, 10, 4);
    scale.launch({ grid: 1, block: 4, stream }, buffer, 2, 2);
    await expect(buffer.read({ as: Float32Array, stream })).resolves.toEqual(
      Float32Array.of(20, 40, 30, 40),
    );
    buffer.free();
  });

  it('sees the launch, and every type', async () => {
    const seen: unknown[] = [];
    const types = ['i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'i64', 'u64', 'f32', 'f64'] as const;
    mock.kernel('types', types, (launch, ...args) => seen.push(launch, args));
    const kernel = loadModule(await compile(SOURCE)).kernel('types');
    kernel.launch({ grid: [2, 3], block: [4, 5, 6], sharedBytes: 7 }, -1, 255, -2n, 65535n, -3, 2 ** 32 - 1, -4n, 2n ** 64n - 1n, 0.5, 0.25); // prettier-ignore
    await synchronize();
    expect(seen).toEqual([
      { kernel: 'types', grid: [2, 3, 1], block: [4, 5, 6], sharedBytes: 7, threads: 720 },
      [-1, 255, -2, 65535, -3, 2 ** 32 - 1, -4n, 2n ** 64n - 1n, 0.5, 0.25],
    ]);
  });

  it('sees what was said of each type, where no image tells it', async () => {
    const seen: unknown[] = [];
    const types = ['i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'i64', 'u64', 'f32', 'f64'] as const;
    mock.kernel('types', types, (_, ...args) => seen.push(args));
    const kernel = loadModule(await compile(SOURCE)).kernel('types');
    kernel.launch({ grid: 1, block: 1 }, i8(-1), u8(255), i16(-2), u16(65535), i32(-3), u32(2 ** 32 - 1), i64(-4n), u64(2n ** 64n - 1n), f32(0.5), f64(0.25)); // prettier-ignore
    await synchronize();
    expect(seen).toEqual([[-1, 255, -2, 65535, -3, 2 ** 32 - 1, -4n, 2n ** 64n - 1n, 0.5, 0.25]]);
  });

  it('sees what booleans and bigints stand for, and what fits by its bits alone', async () => {
    const seen: unknown[] = [];
    const types = ['i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'i64', 'u64', 'f32', 'f64'] as const;
    mock.kernel('types', types, (_, ...args) => seen.push(args));
    const kernel = loadModule(await compile(SOURCE)).kernel('types');
    using buffer = alloc(16);
    kernel.launch({ grid: 1, block: 1 }, 200, true, 7n, 65535n, -8n, 0, -9n, pointer(buffer.address), 1, 2); // prettier-ignore
    kernel.launch({ grid: 1, block: 1 }, false, 255, 65535, 8n, 2 ** 32 - 1, 9n, 2n ** 64n - 1n, buffer, -1, -2); // prettier-ignore
    await synchronize();
    expect(seen).toEqual([
      [-56, 1, 7, 65535, -8, 0, -9n, buffer.address, 1, 2],
      [0, 255, -1, 8, -1, 9, -1n, buffer.address, -1, -2],
    ]);
  });

  it('is given a slice where it begins', async () => {
    implement((values, by) => (values[0] = by));
    const buffer = alloc(16);
    await buffer.fill(0);
    scale.launch({ grid: 1, block: 1 }, buffer.slice(8), 3, 1);
    await expect(buffer.read({ as: Float32Array })).resolves.toEqual(Float32Array.of(0, 0, 3, 0));
    buffer.free();
  });

  it('is not waited for by a free, which needs no answer', async () => {
    let ran = 0;
    implement(() => ++ran);
    const buffer = alloc(256);
    for (let i = 0; i < 3; ++i) scale.launch({ grid: 1, block: 1 }, buffer, 1, 1);
    buffer.free();
    await synchronize();
    expect(ran).toBe(3);
  });

  it('is not waited for for ever by an allocation that finds no room', async () => {
    let ran = 0;
    implement(() => ++ran);
    const buffer = alloc(256);
    scale.launch({ grid: 1, block: 1 }, buffer, 1, 1);
    // Its end waits for the kernel, and the kernel for this thread.
    buffer.free();
    expect(failureOf(() => alloc(2 ** 45))).toMatchObject({ category: 'out-of-memory' });
    await synchronize();
    expect(ran).toBe(1);
  });

  it.each<[string, (values: MockSpan<'f32'>) => void]>([
    ['reads outside', (values) => void values[64]],
    ['writes outside', (values) => (values[64] = 1)],
    ['goes below', (values) => void values[-1]],
    ['hides it', (values) => { try { values[64] = 1; } catch { /* nothing */ } }], // prettier-ignore
  ])('that %s loses the context', async (_, body) => {
    implement(body);
    const buffer = alloc(256);
    scale.launch({ grid: 1, block: 1 }, buffer, 1, 1);
    const error = await failure(synchronize());
    expect(error.failure).toMatchObject({ code: 700, sticky: true, mayBeEarlier: true });
    expect(error.cause).toMatchObject({
      recentLaunches: expect.arrayContaining([
        { kernel: scale.name, grid: [1, 1, 1], block: [1, 1, 1], sharedBytes: 0, stream: expect.any(Number) as number }, // prettier-ignore
      ]) as object,
    });
    expect(failureOf(() => alloc(16)).code).toBe(700);
  });

  it('that is given memory that is gone loses the context', async () => {
    implement((values) => void values[0]);
    const buffer = alloc(256);
    const { address } = buffer;
    buffer.free();
    await synchronize(); // on the thread that may have been handed the free
    scale.launch({ grid: 1, block: 1 }, pointer(address), 1, 1);
    expect((await failure(synchronize())).failure?.code).toBe(700);
  });

  it('that throws loses the context, with a warning that says what', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    implement(() => {
      throw new Error('my mistake');
    });
    scale.launch({ grid: 1, block: 1 }, alloc(16), 1, 1);
    expect((await failure(synchronize())).failure?.code).toBe(700);
    // Among others: what an earlier test has forgotten may be collected meanwhile.
    const warnings = warn.mock.calls.map(([warning]) => String(warning));
    expect(warnings).toContainEqual(expect.stringContaining('my mistake'));
    warn.mockRestore();
  });

  it('may not call CUDA, nor replace the machine', async () => {
    const thrown: unknown[] = [];
    implement(() => {
      for (const call of [
        () => void alloc(16),
        () => {
          mock.reset();
        },
        () => void useMock(),
      ]) {
        // prettier-ignore
        thrown.push(thrownBy(call));
      }
    });
    scale.launch({ grid: 1, block: 1 }, alloc(16), 1, 1);
    await synchronize();
    expect(thrown[0]).toMatchObject({ failure: { name: 'cudaErrorNotPermitted' } });
    expect(String(thrown[1])).toContain('from within a kernel');
    expect(String(thrown[2])).toContain('from within a kernel');
  });

  it('gives nothing to who keeps its memory', async () => {
    let kept: Float32Array | undefined;
    implement((values) => (kept = values.array));
    scale.launch({ grid: 1, block: 1 }, alloc(256), 1, 1);
    await synchronize();
    expect(kept).toHaveLength(0);
  });

  it('does not hold up a reset, and is not run for a machine that is gone', async () => {
    let ran = 0;
    implement(() => ++ran);
    scale.launch({ grid: 1, block: 1 }, alloc(16), 1, 1);
    mock.reset();
    await new Promise((resolve) => setImmediate(resolve));
    expect(ran).toBeLessThan(2);
    alloc(16).free();
  });

  it('is replaced by a later one, and can be taken back', async () => {
    const seen: string[] = [];
    implement(() => seen.push('first'));
    const back = implement(() => seen.push('second'));
    const buffer = alloc(16);
    scale.launch({ grid: 1, block: 1 }, buffer, 1, 1);
    await synchronize();
    back();
    scale.launch({ grid: 1, block: 1 }, buffer, 1, 1);
    await synchronize();
    expect(seen).toEqual(['second']);
  });

  it('of other parameters than the kernel’s is not run', () => {
    mock.kernel('scale', ['f32*'], () => undefined)();
    mock.kernel('scale', ['f32*', 'f32', 'i64'], () => undefined);
    expect(
      failureOf(() => {
        scale.launch({ grid: 1, block: 1 }, alloc(16), 1, 1);
      }).name,
    ).toBe('CUDA_ERROR_INVALID_VALUE');
  });

  it.each<[string, unknown[], RegExp]>([
    ['no name', ['', [], () => undefined], /^name must be a string, not empty/],
    ['no list', ['k', 'f32', () => undefined], /^parameters must be an array/],
    [
      'a type that is none',
      ['k', ['f32', 'float*'], () => undefined],
      /^parameters\[1\] must be one of i8, u8/,
    ],
    ['no function', ['k', [], null], /^body must be a function; got null$/],
  ])('is refused: %s', (_, args, message) => {
    const kernel = mock.kernel as (...given: unknown[]) => unknown;
    expect(() => kernel(...args)).toThrow(message);
  });
});

describe('a kernel in JavaScript whose thread waits for the device itself', () => {
  const workshop = openWorkshop();
  afterAll(() => {
    workshop.remove();
  });

  itCompiled('is run meanwhile', () => {
    const nodeApi = join(dirname(require.resolve('node-api-headers/package.json')), 'include');
    const flags = ['-isystem', nodeApi, ...aboveTheStandIn()];
    const engine = workshop.compile('waiting-engine.cc', { flags });
    const environment = { GPU_EXCEPTIONS_BACKEND: 'mock', ENGINE: engine };
    const answer = answerOf(runProgram('served.cjs', environment));
    expect(answer).toEqual({ before: 0, after: 3, total: 6 });
  });
});

describe('a worker with kernels of its own', () => {
  it('ends, whatever of them still waits', async () => {
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads');
       const cuda = require(${JSON.stringify(compiledPackage())} + '/cuda/index.js');
       const { useMock } = require(${JSON.stringify(compiledPackage())} + '/mock/index.js');
       const mock = useMock();
       mock.kernel('scale', ['f32*', 'f32', 'i32'], () => {});
       cuda.compile(${JSON.stringify(SOURCE)}, { nameExpressions: ['scale'] }).then((program) => {
         const kernel = cuda.loadModule(program).kernel(program.loweredNames.scale);
         const buffer = cuda.alloc(256);
         for (let i = 0; i < 100; ++i) kernel.launch({ grid: 1, block: 1 }, buffer, 1, 1);
         parentPort.postMessage('launched');
         for (;;);
       });`,
      { eval: true, env: { ...process.env, GPU_EXCEPTIONS_ADDON: addonPath } },
    );
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    await expect(worker.terminate()).resolves.toBe(1);
    // The device is not held up by what the worker left.
    await synchronize();
    alloc(16).free();
  }, 30_000);
});
