import { createContext, runInContext } from 'node:vm';
import {
  catchGpuExceptions,
  CUDAOutOfMemoryException,
  FieldException,
  GPUException,
  GPUOutOfMemoryException,
  RequestCancelledException,
  resetFatalState,
} from '../../../lib/index.js';
import { outOfMemoryText, rejectionOf, tagged, thrownBy } from '../../helpers/gpu-errors.js';

afterEach(resetFatalState);

describe('a block runs now', () => {
  test('what is synchronous stays so', () => {
    const value = { answer: 42 };
    expect(catchGpuExceptions(() => value)).toBe(value);
    expect(catchGpuExceptions(() => undefined)).toBeUndefined();
  });

  test('a GPU failure leaves as our exception with the original as cause', () => {
    const original = outOfMemoryText();
    const thrown = thrownBy(() =>
      catchGpuExceptions(() => {
        throw original;
      }),
    );
    expect(thrown).toBeInstanceOf(CUDAOutOfMemoryException);
    expect((thrown as Error).cause).toBe(original);
    expect((thrown as GPUException).failure).toMatchObject({ category: 'out-of-memory' });
    expect((thrown as GPUException).statusCode).toBe(503);
  });

  test('a block function that declares parameters is a mistake, told before it runs', () => {
    const handler = jest.fn((request: unknown) => request);
    Object.defineProperty(handler, 'length', { value: 1 });
    expect(() => catchGpuExceptions(handler as never)).toThrow(TypeError);
    expect(() => catchGpuExceptions(handler as never)).toThrow(
      /did you mean catchGpuExceptions\.wrap\?/,
    );
    expect(handler).not.toHaveBeenCalled();
  });

  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['block', '"block"'],
    [5, '5'],
    [Symbol('s'), 'a Symbol'],
  ])('%p is no block', (given, shown) => {
    const call = catchGpuExceptions as (block: unknown) => unknown;
    expect(() => call(given)).toThrow(TypeError);
    expect(() => call(given)).toThrow(`got ${shown}`);
  });
});

describe('which exception', () => {
  test.each([
    ['cudart', 2, CUDAOutOfMemoryException],
    ['cuda', 2, CUDAOutOfMemoryException],
    ['cublas', 3, CUDAOutOfMemoryException],
    ['hip', 2, GPUOutOfMemoryException],
  ])('%s %d', (library, code, expected) => {
    const thrown = thrownBy(() =>
      catchGpuExceptions(() => {
        throw tagged({ library, code });
      }),
    );
    expect((thrown as object).constructor).toBe(expected);
    expect((thrown as GPUException).failure).toMatchObject({
      category: 'out-of-memory',
      library,
      code,
      evidence: 'tag',
    });
  });

  test.each([
    ['Vulkan', 'vk::Device::allocateMemory: ErrorOutOfDeviceMemory', GPUOutOfMemoryException],
    ['HIP text', 'HIP out of memory. Tried to allocate 2.00 GiB', GPUOutOfMemoryException],
    ['PyTorch', 'CUDA out of memory. Tried to allocate 2.00 GiB', CUDAOutOfMemoryException],
  ])('%s', (_name, message, expected) => {
    const thrown = thrownBy(() =>
      catchGpuExceptions(() => {
        throw new Error(message);
      }),
    );
    expect((thrown as object).constructor).toBe(expected);
  });

  test('every other GPU failure is a plain GPUException', () => {
    const thrown = thrownBy(() =>
      catchGpuExceptions(() => {
        throw tagged({ code: 100, call: 'cudaGetDeviceCount' });
      }),
    );
    expect((thrown as object).constructor).toBe(GPUException);
    expect((thrown as GPUException).failure).toMatchObject({ category: 'no-device' });
  });
});

describe('what is not the GPU’s leaves as the same value', () => {
  test.each<[string, unknown]>([
    ['a programming error', new TypeError('x is not a function')],
    ['a field error that names CUDA', new FieldException('cuda_device', 'not a CUDA device')],
    ['our cancellation', new RequestCancelledException('CUDA error: out of memory')],
    ['an abort', new DOMException('CUDA error: out of memory', 'AbortError')],
    ['null', null],
    ['undefined', undefined],
    ['a string', 'nothing here'],
    ['a number', 2],
    ['a frozen object', Object.freeze({ code: 'E_OTHER' })],
    ['a missing file', new Error("ENOENT: no such file or directory, open '/models/triton/x'")],
    ['a fish', new Error('barracuda not found')],
  ])('%s', async (_name, value) => {
    const fail = (): never => {
      throw value;
    };
    expect(thrownBy(() => catchGpuExceptions(fail))).toBe(value);
    expect(await rejectionOf(catchGpuExceptions(async () => fail()))).toBe(value);
  });

  test('a GPUException passes through as the same object, its own status kept', async () => {
    const exception = new GPUException('busy', 429);
    const fail = (): never => {
      throw exception;
    };
    expect(thrownBy(() => catchGpuExceptions(fail))).toBe(exception);
    expect(await rejectionOf(catchGpuExceptions(async () => fail()))).toBe(exception);
    const nested = () => catchGpuExceptions(() => catchGpuExceptions(fail));
    expect(thrownBy(nested)).toBe(exception);
  });
});

describe('promises', () => {
  test('a native promise is guarded', async () => {
    expect(await catchGpuExceptions(() => Promise.resolve(7))).toBe(7);
    const original = outOfMemoryText();
    const thrown = await rejectionOf(catchGpuExceptions(() => Promise.reject(original)));
    expect(thrown).toBeInstanceOf(CUDAOutOfMemoryException);
    expect((thrown as Error).cause).toBe(original);
  });

  test('a promise of another realm is guarded', async () => {
    const realm = createContext({});
    const reject = runInContext(
      '() => Promise.reject(new Error("CUDA error: out of memory"))',
      realm,
    ) as () => Promise<unknown>;
    expect(await rejectionOf(catchGpuExceptions(() => reject()))).toBeInstanceOf(
      CUDAOutOfMemoryException,
    );
  });

  test('a promise of a subclass keeps its class', async () => {
    class Job<T> extends Promise<T> {}
    const guarded = catchGpuExceptions(() => Job.reject(outOfMemoryText()));
    expect(guarded).toBeInstanceOf(Job);
    expect(await rejectionOf(guarded)).toBeInstanceOf(CUDAOutOfMemoryException);
  });

  test('a promise that starts its work at the first then is started', async () => {
    class Lazy<T> extends Promise<T> {
      static override get [Symbol.species](): PromiseConstructor {
        return Promise;
      }
      started: Promise<T> | null = null;
      constructor(readonly work: () => Promise<T>) {
        super(() => undefined);
      }
      override then(...handlers: Parameters<Promise<T>['then']>): never {
        this.started ??= this.work();
        return this.started.then(...handlers) as never;
      }
    }
    const guarded = catchGpuExceptions.wrap((work: () => Promise<number>) => new Lazy(work));
    for (let i = 0; i < 3; i++) expect(await guarded(async () => i)).toBe(i);
    const failing = (): Promise<number> => Promise.reject(outOfMemoryText());
    expect(await rejectionOf(guarded(failing))).toBeInstanceOf(CUDAOutOfMemoryException);
    const timed = catchGpuExceptions(() => new Lazy(failing), { timeoutMs: 10_000 });
    expect(await rejectionOf(timed)).toBeInstanceOf(CUDAOutOfMemoryException);
  });

  test('a promise whose own then throws comes back as it is', () => {
    const promise = Object.assign(Promise.resolve(1), {
      then: () => {
        throw new Error('no');
      },
    });
    for (const options of [{}, { timeoutMs: 1000 }]) {
      expect(catchGpuExceptions(() => promise, options) === (promise as unknown)).toBe(true);
    }
  });

  test('a promise that refuses to make another comes back as it is', async () => {
    const promise = Promise.resolve(1);
    Reflect.defineProperty(promise, 'constructor', {
      get: () => {
        throw new Error('no');
      },
    });
    expect(
      Object.is(
        catchGpuExceptions(() => promise),
        promise,
      ),
    ).toBe(true);
  });

  test('thenables that are no promises come back untouched', () => {
    const touched: PropertyKey[] = [];
    const target = { then: () => undefined };
    const thenable = new Proxy(target, {
      get: (_, key) => void touched.push(key),
      has: (_, key) => touched.push(key) > 0,
      getPrototypeOf: () => {
        touched.push('prototype');
        return null;
      },
    });
    // Again after promises, when the guard expects another one.
    for (let i = 0; i < 3; i++) {
      const result: unknown = catchGpuExceptions(() => thenable);
      expect(result === thenable).toBe(true);
    }
    const run = catchGpuExceptions.wrap((plain: boolean) =>
      plain ? thenable : Promise.resolve(1),
    );
    void run(false);
    expect(touched).toEqual([]);
    // A function that has returned promises only: what it answers is looked at once, and not called.
    expect(run(true) === thenable).toBe(true);
    expect(run(true) === thenable).toBe(true);
    expect(touched).toEqual(['then']);
  });
});

test('an error near the end of the stack leaves as it is', () => {
  const recurse = (): number => 1 + catchGpuExceptions(recurse);
  const thrown = thrownBy(recurse);
  expect(thrown).toBeInstanceOf(RangeError);
  expect((thrown as Error).message).toMatch(/call stack/);
});
