import type { GPUException } from '../../../lib/index.js';
import {
  catchGpuExceptions,
  engineLog,
  GPUOutOfMemoryException,
  resetFatalState,
} from '../../../lib/index.js';
import { rejectionOf, tagged, thrownBy } from '../../helpers/gpu-errors.js';

afterEach(resetFatalState);

// As llama.cpp writes them when a model does not fit.
const LINES = [
  'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 1538.32 MiB on device 0: cudaMalloc failed: out of memory',
  'alloc_tensor_range: failed to allocate CUDA0 buffer of size 1613042688',
  'llama_model_load: error loading model: unable to allocate CUDA0 buffer',
];

test('a synchronous call: the lines of its own time tell why it failed', () => {
  const log = engineLog();
  const original = new Error('Failed to load model');
  const thrown = thrownBy(() =>
    catchGpuExceptions(
      () => {
        for (const line of LINES) log.logger('error', line);
        throw original;
      },
      { log },
    ),
  );
  expect(thrown).toBeInstanceOf(GPUOutOfMemoryException);
  expect((thrown as Error).cause).toBe(original);
  expect((thrown as GPUException).failure).toMatchObject({
    evidence: 'log',
    category: 'out-of-memory',
    device: 0,
  });
});

test('lines from before the call do not count', async () => {
  const log = engineLog();
  for (const line of LINES) log.logger('error', line);
  const original = new Error('Failed to load model');
  const fail = (): never => {
    throw original;
  };
  // performance.now() of the same tick may be the same.
  await new Promise((resume) => setTimeout(resume, 2));
  expect(thrownBy(() => catchGpuExceptions(fail, { log }))).toBe(original);
  expect(await rejectionOf(catchGpuExceptions(async () => fail(), { log }))).toBe(original);
});

test('a promise: lines that come after the rejection are waited for', async () => {
  const log = engineLog();
  const load = catchGpuExceptions.wrap(
    async () => {
      setTimeout(() => LINES.forEach((line) => void log.logger('error', line)), 10);
      throw new Error('Failed to load model');
    },
    { log },
  );
  const exception = await rejectionOf(load());
  expect((exception as GPUException).failure).toMatchObject({
    evidence: 'log',
    device: 0,
  });
});

test.each<[string, Error]>([
  ['is judged by its tag', tagged()],
  ['no line could explain', new TypeError('x is not a function')],
])('an error that %s waits for nothing', async (_name, error) => {
  const log = engineLog();
  let late = false;
  const rejected = rejectionOf(
    catchGpuExceptions(() => Promise.reject(error), { log, probe: false }),
  );
  setTimeout(() => {
    late = true;
  }, 0);
  await rejected;
  expect(late).toBe(false);
});

test('an async generator: the lines of each step', async () => {
  const log = engineLog();
  const stream = catchGpuExceptions(
    async function* () {
      yield 1;
      for (const line of LINES) log.push(line);
      throw new Error('Eval has failed');
    },
    { log },
  );
  await stream.next();
  expect(await rejectionOf(stream.next())).toBeInstanceOf(GPUOutOfMemoryException);
});
