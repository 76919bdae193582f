import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  catchGpuExceptions,
  fatalState,
  GPUException,
  resetFatalState,
} from '../../../lib/index.js';
import { CudaError, rejectionOf, tagged, thrownBy } from '../../helpers/gpu-errors.js';

afterEach(resetFatalState);

/** A promise and its handles. */
function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

/** The next exception that is published. */
function nextPublished(): Promise<GPUException> {
  return new Promise((resolve) => {
    const listener = (message: unknown): void => {
      unsubscribe('gpu-exceptions:failure', listener);
      resolve((message as { exception: GPUException }).exception);
    };
    subscribe('gpu-exceptions:failure', listener);
  });
}

describe('timeoutMs', () => {
  test('rejects while the call is still stuck', async () => {
    const exception = await rejectionOf(
      catchGpuExceptions(() => new Promise(() => undefined), { timeoutMs: 5, device: 1 }),
    );
    expect(exception).toBeInstanceOf(GPUException);
    expect((exception as GPUException).failure).toMatchObject({
      category: 'timeout',
      device: 1,
      sticky: false,
      restart: 'process',
    });
    expect(fatalState()).toBeNull();
  });

  test('a call that is in time is left alone', async () => {
    const options = { timeoutMs: 10_000 };
    expect(await catchGpuExceptions(async () => 5, options)).toBe(5);
    const original = new TypeError('x');
    expect(await rejectionOf(catchGpuExceptions(() => Promise.reject(original), options))).toBe(
      original,
    );
    const failed = await rejectionOf(catchGpuExceptions(() => Promise.reject(tagged()), options));
    expect((failed as GPUException).failure?.category).toBe('out-of-memory');
  });

  test('does not concern synchronous work', () => {
    const end = Date.now() + 20;
    const result = catchGpuExceptions(
      () => {
        while (Date.now() < end);
        return 'done';
      },
      { timeoutMs: 1 },
    );
    expect(result).toBe('done');
  });

  test('a promise of a subclass keeps its class', async () => {
    class Job<T> extends Promise<T> {}
    const options = { timeoutMs: 1000 };
    const guarded = catchGpuExceptions(() => Job.resolve(1), options);
    expect(guarded).toBeInstanceOf(Job);
    expect(await guarded).toBe(1);
  });

  test('what comes late is still judged, published, latched and told to onFailure', async () => {
    const { promise, reject } = deferred<never>();
    const onFailure = jest.fn();
    const timedOut = await rejectionOf(
      catchGpuExceptions(() => promise, { timeoutMs: 5, onFailure }),
    );
    const published = nextPublished();
    reject(new CudaError(700));
    const late = await published;
    expect(late.failure).toMatchObject({ category: 'kernel-fault', code: 700 });
    expect(fatalState()).toMatchObject({ code: 700 });
    expect(onFailure.mock.calls).toEqual([[timedOut], [late]]);
  });

  test('per next() of an async generator; the generator is closed when it comes back', async () => {
    const stuck = deferred<void>();
    const closed = deferred<void>();
    const guarded = catchGpuExceptions(
      async function* () {
        try {
          yield 1;
          await stuck.promise;
          yield 2;
        } finally {
          closed.resolve();
        }
      },
      { timeoutMs: 20 },
    );
    expect(await guarded.next()).toEqual({ value: 1, done: false });
    const exception = await rejectionOf(guarded.next());
    expect((exception as GPUException).failure?.category).toBe('timeout');
    expect(await guarded.next()).toEqual({ value: undefined, done: true });
    stuck.resolve();
    await closed.promise;
  });

  test('a synchronous generator is not timed', () => {
    const guarded = catchGpuExceptions(
      function* () {
        yield 1;
        throw tagged();
      },
      { timeoutMs: 1 },
    );
    expect(guarded.next().value).toBe(1);
    expect(thrownBy(() => guarded.next())).toBeInstanceOf(GPUException);
  });
});
