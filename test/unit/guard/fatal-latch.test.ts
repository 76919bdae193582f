import {
  catchGpuExceptions,
  deserializeException,
  fatalState,
  GPUException,
  resetFatalState,
  serializeException,
} from '../../../lib/index.js';
import type { GuardOptions } from '../../../lib/index.js';
import {
  CudaError,
  illegalAddressText,
  outOfMemoryText,
  rejectionOf,
  tagged,
  thrownBy,
} from '../../helpers/gpu-errors.js';

// Without the addon nobody can ask the context, so that texts count; with it: probe.test.ts.
beforeAll(() => {
  process.env['GPU_EXCEPTIONS_ADDON'] = '/nowhere';
});
afterEach(resetFatalState);

/** What leaves a guarded block that throws `error`. */
const meet = (error: unknown, options?: GuardOptions): unknown =>
  thrownBy(() =>
    catchGpuExceptions(() => {
      throw error;
    }, options),
  );

describe('what closes the latch', () => {
  test('a tag whose code is documented as sticky', () => {
    expect(fatalState()).toBeNull();
    meet(tagged({ code: 700, call: 'cudaDeviceSynchronize' }));
    expect(fatalState()).toMatchObject({ code: 700, sticky: true, evidence: 'tag' });
  });

  test('a structured native code that is documented as sticky', async () => {
    await rejectionOf(catchGpuExceptions(() => Promise.reject(new CudaError(719))));
    expect(fatalState()).toMatchObject({ code: 719, evidence: 'code' });
  });

  test('the same sticky text three times in a row', () => {
    meet(illegalAddressText());
    meet(illegalAddressText());
    expect(fatalState()).toBeNull();
    meet(illegalAddressText());
    expect(fatalState()).toMatchObject({ name: 'cudaErrorIllegalAddress', evidence: 'message' });
  });
});

describe('what does not close it', () => {
  test.each([2, 35, 100, 802, 803, 804, 34, 46, 3])('code %d', (code) => {
    meet(tagged({ code }));
    meet(new CudaError(code));
    expect(fatalState()).toBeNull();
  });

  test.each<[string, () => unknown]>([
    ['a block', () => catchGpuExceptions(() => 1)],
    ['a wrapped function', () => catchGpuExceptions.wrap(() => ({}))()],
    ['a promise', () => catchGpuExceptions(async () => 1)],
    ['a constructor', () => new (catchGpuExceptions.wrap(class {}))()],
    ['a generator', () => [...catchGpuExceptions.iterate([1])]],
    ['a promise in time', () => catchGpuExceptions(async () => 1, { timeoutMs: 1000 })],
  ])('the same text thrice with a success of %s between', async (_name, succeed) => {
    meet(illegalAddressText());
    meet(illegalAddressText());
    await succeed();
    meet(illegalAddressText());
    meet(illegalAddressText());
    expect(fatalState()).toBeNull();
  });

  test('three different texts, or another failure between', () => {
    meet(illegalAddressText());
    meet(illegalAddressText());
    meet(outOfMemoryText());
    meet(illegalAddressText());
    meet(new Error('CUDA error: unspecified launch failure'));
    meet(illegalAddressText());
    expect(fatalState()).toBeNull();
  });

  test.each<[string, () => unknown]>([
    ['the error of an HTTP client', () => Object.assign(illegalAddressText(), { status: 503 })],
    [
      'a response on it',
      () => Object.assign(illegalAddressText(), { response: { data: 'CUDA error' } }),
    ],
    [
      'a relayed code',
      () =>
        Object.assign(new Error('upstream'), {
          code: 'CUDA_ERROR_ILLEGAL_ADDRESS',
          statusCode: 502,
        }),
    ],
    [
      'one that wraps it',
      () =>
        new Error('worker failed', { cause: Object.assign(illegalAddressText(), { status: 500 }) }),
    ],
    [
      'execFile',
      () => Object.assign(illegalAddressText(), { cmd: 'infer', code: 1, killed: false }),
    ],
    [
      'execSync',
      () => Object.assign(illegalAddressText(), { status: 1, stderr: Buffer.from('x') }),
    ],
    ['execa', () => Object.assign(illegalAddressText(), { exitCode: 134, stdout: '' })],
    ['spawn', () => Object.assign(illegalAddressText(), { spawnargs: [] })],
    ['gRPC', () => Object.assign(illegalAddressText(), { code: 13, details: 'x', metadata: {} })],
    ['AWS', () => Object.assign(illegalAddressText(), { $metadata: {}, $fault: 'server' })],
    ['JSON-RPC', () => Object.assign(illegalAddressText(), { code: -32603, data: null })],
    ['HTTP in words', () => new Error(`HTTP 500: ${illegalAddressText().message}`)],
    [
      'a client in words',
      () => new Error(`Request failed with status code 500: ${illegalAddressText().message}`),
    ],
    ['a string', () => `HTTP 503: ${illegalAddressText().message}`],
    ['a child with a code', () => Object.assign(new CudaError(700), { exitCode: 1, stderr: 'x' })],
  ])('a relayed upstream text: %s', (_name, make) => {
    for (let i = 0; i < 5; i++) meet(make());
    expect(fatalState()).toBeNull();
  });

  test('an exception that passes through, alone or as a cause', () => {
    const failure = (meet(illegalAddressText()) as GPUException).failure;
    const passing = new GPUException('from elsewhere', { failure });
    for (let i = 0; i < 5; i++) {
      expect(meet(passing)).toBe(passing);
      expect(meet(new Error('wrapped', { cause: passing }))).toBeInstanceOf(GPUException);
    }
    expect(fatalState()).toBeNull();
  });

  test('an exception that was deserialised, alone or as a cause', () => {
    const elsewhere = meet(tagged({ code: 700 })) as GPUException;
    resetFatalState();
    const arrived = deserializeException(JSON.parse(JSON.stringify(serializeException(elsewhere))));
    for (let i = 0; i < 5; i++) {
      expect(meet(arrived)).toBe(arrived);
      meet(new Error('wrapped', { cause: arrived }));
      meet(arrived.cause); // the tagged error itself, rebuilt
    }
    expect(fatalState()).toBeNull();
  });

  test('a cancellation, whatever its text', () => {
    for (let i = 0; i < 3; i++) meet(new DOMException('CUDA error 700', 'AbortError'));
    expect(fatalState()).toBeNull();
  });
});

describe('while it is closed', () => {
  const closeIt = (): GPUException => meet(new CudaError(700)) as GPUException;

  test('calls refuse without running, with a fresh exception whose cause is the first', () => {
    const first = closeIt();
    const run = jest.fn();
    const refusals = [
      thrownBy(() => catchGpuExceptions(run as () => void)),
      thrownBy(() => catchGpuExceptions(run as () => void)),
      thrownBy(catchGpuExceptions.wrap(run)),
    ];
    expect(run).not.toHaveBeenCalled();
    expect(new Set(refusals).size).toBe(3);
    for (const refusal of refusals) {
      expect(refusal).toBeInstanceOf(GPUException);
      expect((refusal as Error).cause).toBe(first);
      expect((refusal as Error).stack).toContain('fatal-latch.test');
      expect((refusal as GPUException).failure).toMatchObject({
        code: 700,
        retryable: false,
        remedy: expect.stringMatching(/^Refused without touching the GPU/),
      });
    }
  });

  test('an async function rejects instead of throwing', async () => {
    const once = catchGpuExceptions.wrap(() => Promise.resolve(1));
    await once();
    const first = closeIt();
    const run = jest.fn();
    for (const promise of [
      catchGpuExceptions(async () => run()),
      catchGpuExceptions.wrap(async () => run())(),
      once(), // no async function, but it has returned promises only
    ]) {
      expect(((await rejectionOf(promise as Promise<unknown>)) as Error).cause).toBe(first);
    }
    expect(run).not.toHaveBeenCalled();
  });

  test('a function of which nothing is known throws', () => {
    closeIt();
    const unknown = catchGpuExceptions.wrap(() => Promise.resolve(1));
    expect(thrownBy(unknown)).toBeInstanceOf(GPUException);
  });

  test('generators refuse at next(), also half-way; what they hold is given back', async () => {
    const events: string[] = [];
    const running = catchGpuExceptions(function* () {
      try {
        yield 1;
        events.push('went on');
      } finally {
        events.push('closed');
      }
    });
    running.next();
    const first = closeIt();
    const make = catchGpuExceptions.wrap(async function* () {
      events.push('started');
      yield 1;
    });
    const fresh = make();
    expect((thrownBy(() => running.next()) as Error).cause).toBe(first);
    expect(((await rejectionOf(fresh.next())) as Error).cause).toBe(first);
    expect(events).toEqual(['closed']);
    expect(running.next()).toEqual({ value: undefined, done: true });
    expect(await fresh.next()).toEqual({ value: undefined, done: true });
    expect(events).toEqual(['closed']);
  });

  test('the first exception stays the first', () => {
    const first = closeIt();
    // Work that was under way when the latch closed.
    const late = catchGpuExceptions.wrap(() => {
      throw new CudaError(719);
    });
    thrownBy(late);
    expect(fatalState()).toEqual(first.failure);
  });

  test('its record is its own, whatever is done to what it answers and what was thrown', () => {
    const first = closeIt();
    (fatalState() as { code: number }).code = 1;
    expect(() => ((first.failure as { code: number }).code = 2)).toThrow('read only');
    const refusal = thrownBy(() => catchGpuExceptions(() => 1)) as GPUException;
    (refusal.failure as { code: number }).code = 3;
    expect(fatalState()).toMatchObject({ code: 700 });
  });

  test('resetFatalState opens it', () => {
    closeIt();
    resetFatalState();
    expect(fatalState()).toBeNull();
    expect(catchGpuExceptions(() => 1)).toBe(1);
  });
});

describe('devices', () => {
  // NVML_ERROR_GPU_IS_LOST
  const lost = (device: number | null) => tagged({ library: 'nvml', code: 15, device });

  test('a lost device closes the latch only for guards that name it', () => {
    const first = meet(lost(1));
    expect(fatalState()).toBeNull();
    expect(fatalState(0)).toBeNull();
    expect(fatalState(1)).toMatchObject({ library: 'nvml', code: 15, device: 1 });
    expect(catchGpuExceptions(() => 'any')).toBe('any');
    expect(catchGpuExceptions(() => 'other', { device: 0 })).toBe('other');
    const refusal = thrownBy(() => catchGpuExceptions(() => 1, { device: 1 }));
    expect((refusal as Error).cause).toBe(first);
  });

  test('the guard’s own device counts where the error names none', () => {
    meet(lost(null));
    expect(fatalState(2)).toBeNull();
    meet(lost(null), { device: 2 });
    expect(fatalState(2)).not.toBeNull();
  });

  test.each([226, 911])('the sticky code %d, which is hardware, counts for the process', (code) => {
    meet(tagged({ code, device: 1 }));
    expect(fatalState()).toMatchObject({ code, category: 'hardware', sticky: true });
  });

  test('a closed process counts for every device', () => {
    meet(new CudaError(700));
    expect(fatalState(7)).toMatchObject({ code: 700 });
  });

  test('16 devices are kept apart; more are not latched', () => {
    for (let device = 0; device < 18; device++) meet(lost(device));
    expect(fatalState(0)).toMatchObject({ device: 0 });
    expect(fatalState(15)).toMatchObject({ device: 15 });
    expect(fatalState(16)).toBeNull();
  });

  test.each<[unknown, typeof TypeError | typeof RangeError, RegExp]>([
    [-1, RangeError, /^device must be an integer from 0 to 2147483647; got -1$/],
    [1.5, RangeError, /got 1\.5/],
    ['0', TypeError, /got "0"/],
    [null, TypeError, /got null/],
    [Symbol('d'), TypeError, /got a Symbol/],
  ])('fatalState(%p) is refused', (device, kind, message) => {
    const error = thrownBy(() => fatalState(device as number));
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toMatch(message);
  });
});

test('an enormous first error is kept in part', () => {
  const huge = Object.assign(new CudaError(700, 'x'.repeat(1_000_000)), {
    cause: new Error('y'.repeat(1_000_000)),
  });
  meet(huge);
  expect(fatalState()).toMatchObject({ code: 700 });
});
