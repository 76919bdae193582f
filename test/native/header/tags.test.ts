/**
 * An addon of two source files – plain Node-API without C++ exceptions, and node-addon-api – on the
 * stand-in: what the header puts on its errors, and what the guard makes of it.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canCompile } from '../addon/compile';
import { answerOf, root, runProgram } from '../addon/support';
import {
  cudaInclude,
  NODE_ADDON_API,
  standInLibraries,
  SWALLOWING,
  WITH_EXCEPTIONS,
  WITHOUT_EXCEPTIONS,
  Workshop,
} from './build';

const workshop = new Workshop();
afterAll(() => workshop.remove());

interface Variant {
  title: string;
  plain: string[];
  napi: string[];
  /** Whether a failure leaves a function of node-addon-api by a C++ exception. */
  throws: boolean;
}
const cuda = ['-DWITH_CUDA_HEADER', '-isystem', cudaInclude ?? ''];
const variants: Variant[] = [
  // The build's word about exceptions is node-addon-api's: a file without it throws none all the same.
  { title: 'the runtime looked up', plain: WITH_EXCEPTIONS, napi: WITH_EXCEPTIONS, throws: true },
  {
    title: "the runtime linked by NVIDIA's header",
    plain: cuda,
    napi: WITHOUT_EXCEPTIONS,
    throws: false,
  },
].filter(({ plain }) => canCompile && (plain !== cuda || cudaInclude !== undefined));

const describeBuilt = variants.length > 0 ? describe : describe.skip;

describeBuilt.each(variants)('$title', ({ title, plain, napi, throws }) => {
  let addon = '';
  beforeAll(async () => {
    const sources = [
      ['plain.cc', ['-fno-exceptions', ...plain]],
      ['with_napi.cc', [...NODE_ADDON_API, ...SWALLOWING, ...napi]],
    ] as const;
    const libraries = standInLibraries('libcudart.so.13', 'libcuda.so.1');
    addon = await workshop.addon(title.replaceAll(/\W/g, '-'), sources, libraries);
  }, 120_000);

  const part = <T>(name: string): T =>
    answerOf<T>(runProgram('../header/program.cjs', {}, ['--expose-gc'], [addon, name]));

  const tag = (fields: object): object => ({
    v: 1,
    device: 0,
    requestedBytes: null,
    file: 'plain.cc',
    line: 'number',
    ...fields,
  });

  it('every code of every library becomes what our own addon makes of it', () => {
    const answer = part<{ different: string[]; failures: number; passed: number }>('codes');
    expect(answer.different).toEqual([]);
    expect(answer.failures).toBeGreaterThan(500);
    expect(answer.passed).toBeGreaterThan(5);
  });

  it('every code from cudaMalloc becomes what cuda.alloc throws, and leaves no last error', () => {
    const answer = part<{ different: string[]; compared: number }>('allocations');
    expect(answer.different).toEqual([]);
    expect(answer.compared).toBeGreaterThan(100);
  });

  it('out of memory names call, bytes, device, file and line', () => {
    const words =
      'cudaMalloc (1125899906842624 bytes) on device 1 answered cudaErrorMemoryAllocation (2) at plain.cc';
    const error = {
      message: words,
      code: 'cudaErrorMemoryAllocation',
      tag: tag({
        library: 'cudart',
        code: 2,
        call: 'cudaMalloc',
        device: 1,
        requestedBytes: 2 ** 50,
      }),
      enumerable: ['code'],
      cause: null,
    };
    expect(part('memory')).toMatchObject({
      name: 'CUDAOutOfMemoryException',
      failure: { evidence: 'tag', call: 'cudaMalloc', device: 1, requestedBytes: 2 ** 50 },
      error,
      lastError: 0,
      cleared: 1,
      after: 4096,
      soft: [error, 1],
      tooLargeToTell: null,
    });
  });

  it('the environment is asked for by a failure only, but by GPU_EXCEPTIONS_OK always', () => {
    const page = readFileSync(join(root, 'docs', 'your-own-addon.md'), 'utf8');
    expect(page).toContain('but for `GPU_EXCEPTIONS_OK`, which evaluates it once always');
    expect(part('evaluations')).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });

  it('the driver is known by its own current device', () => {
    expect(part('driver')).toMatchObject([
      'CUDAOutOfMemoryException',
      { library: 'cuda', code: 2, call: 'cuMemAlloc_v2', device: 1, requestedBytes: 2 ** 50 },
    ]);
  });

  it('a sticky fault closes the latch, and its last error stays', () => {
    expect(part('sticky')).toMatchObject({
      failure: { code: 700, call: 'cudaDeviceSynchronize', sticky: true, restart: 'process' },
      lastError: 700,
      cleared: 0,
      latched: 700,
      refused: true,
      ran: false,
    });
  });

  it('what the runtime says below a library is the cause, and decides where it is sticky', () => {
    const blas = { library: 'cublas', code: 13, call: 'someCall' };
    const below = { library: 'cudart', call: 'cudaPeekAtLastError', file: null };
    expect(part('belowALibrary')).toMatchObject({
      mild: [{ tag: tag(blas), cause: { tag: { ...below, code: 101 } } }, 'cublas'],
      cleared: 0,
      grave: [{ tag: blas, cause: { tag: { ...below, code: 700 } } }, 'cudart', 700],
      kept: 700,
      latched: 700,
      notTheirs: null,
    });
  });

  it('"not ready" is told, is no failure of the GPU, and clears nothing', () => {
    expect(part('notReady')).toMatchObject([
      {
        code: 'cudaErrorNotReady',
        tag: { library: 'cudart', code: 600, call: 'cudaStreamQuery', device: null },
      },
      101,
    ]);
  });

  it('an exception that is pending stays, and a value is whole all the same', () => {
    expect(part('pending')).toMatchObject({
      thrown: 'the first',
      inCpp: 'the first',
      first: 'the first',
      second: { tag: tag({ library: 'cudart', code: 700, call: null }) },
      success: true,
    });
  });

  it('a worker’s failure rejects, also while an exception is pending', () => {
    const memory = { library: 'cudart', code: 2, call: 'cudaMalloc', device: 1 };
    expect(part('promises')).toMatchObject({
      good: [4096, 0],
      failure: { ...memory, requestedBytes: 2 ** 50 },
      error: { tag: tag({ ...memory, requestedBytes: 2 ** 50 }) },
      whilePending: 2,
      uncaught: ['the first'],
      deferred: { tag: { library: 'nvml', code: 15, call: 'someCall', device: 2 } },
      worker: { tag: { library: 'cudnn', code: 4000, call: null, requestedBytes: 4096 } },
    });
  });

  it('a failure in node-addon-api leaves the functions it must leave, and destroys what is there', () => {
    const answer = part<{ caught: string | null; error: object; destroyed: number }>('napi');
    expect(answer).toMatchObject({
      error: { tag: { library: 'cublas', code: 3, file: 'with_napi.cc' } },
      success: 'no failure',
      destroyed: 4,
    });
    expect(answer.caught === null).toBe(!throws);
  });

  it('an error comes even where the program has broken Symbol.for', () => {
    const words = 'someCall on device 0 answered cudaErrorMemoryAllocation (2)';
    expect(part('tampered')).toEqual(Array.from({ length: 3 }, () => [words, false]));
  });

  it('making errors keeps nothing alive', () => {
    expect(part('growth')).toEqual([20_000, true]);
  });
});
