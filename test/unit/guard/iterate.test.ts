import { Readable } from 'node:stream';
import {
  catchGpuExceptions,
  CUDAOutOfMemoryException,
  GPUException,
  resetFatalState,
} from '../../../lib/index.js';
import { outOfMemoryText, rejectionOf, tagged, thrownBy } from '../../helpers/gpu-errors.js';

afterEach(resetFatalState);

async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of iterable) values.push(value);
  return values;
}

describe('generators', () => {
  function* tokens(events: string[] = []): Generator<number, string, string> {
    try {
      const told = yield 1;
      events.push(`told ${told}`);
      yield 2;
      return 'end';
    } finally {
      events.push('closed');
    }
  }

  test('yield, take and return what they do without the guard', () => {
    const events: string[] = [];
    const guarded = catchGpuExceptions(() => tokens(events));
    expect(guarded.next()).toEqual({ value: 1, done: false });
    expect(guarded.next('x')).toEqual({ value: 2, done: false });
    expect(guarded.next()).toEqual({ value: 'end', done: true });
    expect(guarded.next()).toEqual({ value: undefined, done: true });
    expect(events).toEqual(['told x', 'closed']);
  });

  test('an early break calls the inner return', () => {
    const events: string[] = [];
    const guarded: Iterable<number> = catchGpuExceptions(() => tokens(events)) as never;
    for (const _ of guarded) break;
    expect(events).toEqual(['closed']);
  });

  test('throw reaches the inner generator', () => {
    function* recovering(): Generator<string> {
      try {
        yield 'a';
      } catch (error) {
        yield `caught ${(error as Error).message}`;
      }
    }
    const guarded = catchGpuExceptions(recovering);
    guarded.next();
    expect(guarded.throw(new Error('stop')).value).toBe('caught stop');
  });

  test('a failure inside becomes our exception; the iteration is over', () => {
    const original = outOfMemoryText();
    const guarded = catchGpuExceptions(function* () {
      yield 1;
      throw original;
    });
    guarded.next();
    const thrown = thrownBy(() => guarded.next());
    expect(thrown).toBeInstanceOf(CUDAOutOfMemoryException);
    expect((thrown as Error).cause).toBe(original);
    expect(guarded.next()).toEqual({ value: undefined, done: true });
  });

  test('look like generators', () => {
    const guarded = catchGpuExceptions(tokens);
    expect(guarded[Symbol.iterator]()).toBe(guarded);
    expect(Object.prototype.toString.call(guarded)).toBe('[object Generator]');
    expect(guarded).toBeInstanceOf(tokens);
    expect(Object.keys(guarded)).toEqual([]);
  });

  test('a wrapped generator function guards what it makes', () => {
    const guarded = catchGpuExceptions.wrap(function* (n: number) {
      yield n;
      throw tagged();
    });
    const generator = guarded(5);
    expect(generator.next().value).toBe(5);
    expect(thrownBy(() => generator.next())).toBeInstanceOf(CUDAOutOfMemoryException);
  });
});

describe('async generators', () => {
  test('a token stream is guarded', async () => {
    const original = outOfMemoryText();
    const seen: string[] = [];
    const thrown = await rejectionOf(
      (async () => {
        for await (const token of catchGpuExceptions(async function* () {
          yield 'a';
          yield 'b';
          throw original;
        })) {
          seen.push(token);
        }
      })(),
    );
    expect(seen).toEqual(['a', 'b']);
    expect(thrown).toBeInstanceOf(CUDAOutOfMemoryException);
    expect((thrown as Error).cause).toBe(original);
  });

  test('keep return values, the queue of calls, and their looks', async () => {
    async function* stream(): AsyncGenerator<number, string> {
      yield 1;
      yield 2;
      return 'end';
    }
    const guarded = catchGpuExceptions(stream);
    expect(guarded[Symbol.asyncIterator]()).toBe(guarded);
    expect(Object.prototype.toString.call(guarded)).toBe('[object AsyncGenerator]');
    const steps = await Promise.all([guarded.next(), guarded.next(), guarded.next()]);
    expect(steps).toEqual([
      { value: 1, done: false },
      { value: 2, done: false },
      { value: 'end', done: true },
    ]);
  });

  test('an early break calls the inner return', async () => {
    let closed = false;
    const guarded = catchGpuExceptions(async function* () {
      try {
        yield 1;
      } finally {
        closed = true;
      }
    });
    for await (const _ of guarded) break;
    expect(closed).toBe(true);
  });

  test('a programming error leaves as the same value', async () => {
    const original = new TypeError('no');
    const guarded = catchGpuExceptions.wrap(async function* () {
      yield 1;
      throw original;
    });
    expect(await rejectionOf(all(guarded()))).toBe(original);
  });
});

describe('iterate: any other iterable', () => {
  test('a stream', async () => {
    const source = Readable.from([1, 2, 3]);
    expect(await all(catchGpuExceptions.iterate<number>(source))).toEqual([1, 2, 3]);
    const broken = new Readable({
      read() {
        this.destroy(tagged());
      },
    });
    expect(await rejectionOf(all(catchGpuExceptions.iterate(broken)))).toBeInstanceOf(
      CUDAOutOfMemoryException,
    );
  });

  test('an array, a set, a string', () => {
    expect([...catchGpuExceptions.iterate([1, 2])]).toEqual([1, 2]);
    expect([...catchGpuExceptions.iterate(new Set(['a']))]).toEqual(['a']);
    expect([...catchGpuExceptions.iterate('ab')]).toEqual(['a', 'b']);
  });

  test('opens the iterable at the first step, once', () => {
    const open = jest.fn(() => [1][Symbol.iterator]());
    const iterator = catchGpuExceptions.iterate({ [Symbol.iterator]: open });
    expect(open).not.toHaveBeenCalled();
    expect(iterator.next()).toEqual({ value: 1, done: false });
    expect(iterator.next()).toEqual({ value: undefined, done: true });
    expect(open).toHaveBeenCalledTimes(1);
  });

  test('a failure to open is guarded: thrown, or rejected where it is asynchronous', async () => {
    const fail = (): never => {
      throw tagged();
    };
    const sync = catchGpuExceptions.iterate({ [Symbol.iterator]: fail });
    expect(thrownBy(() => sync.next())).toBeInstanceOf(GPUException);
    const async = catchGpuExceptions.iterate({ [Symbol.asyncIterator]: fail });
    expect(await rejectionOf(async.next())).toBeInstanceOf(GPUException);
  });

  test('an iterator without return or throw', async () => {
    let count = 0;
    const bare = {
      [Symbol.asyncIterator]: () => ({ next: async () => ({ value: count++, done: false }) }),
    };
    const iterator = catchGpuExceptions.iterate<number>(bare);
    await iterator.next();
    expect(await iterator.return?.('over')).toEqual({ value: 'over', done: true });
    expect(await iterator.next()).toEqual({ value: undefined, done: true });
    const second = catchGpuExceptions.iterate<number>(bare);
    await second.next();
    const stop = new Error('stop');
    expect(await rejectionOf(second.throw?.(stop) as Promise<unknown>)).toBe(stop);
    expect(await second.next()).toEqual({ value: undefined, done: true });
    expect(count).toBe(2);
  });

  test('steps may be thenables or plain results', async () => {
    let step = 0;
    const iterable = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          step += 1;
          if (step === 1) return { value: 'plain', done: false };
          return {
            then: (_: unknown, reject: (error: unknown) => void) => {
              reject(tagged());
            },
          };
        },
      }),
    };
    const iterator = catchGpuExceptions.iterate(iterable as never);
    expect(await iterator.next()).toEqual({ value: 'plain', done: false });
    expect(await rejectionOf(iterator.next())).toBeInstanceOf(CUDAOutOfMemoryException);
  });

  test.each([undefined, null, 5, {}, () => 1])('%p is no iterable', (given) => {
    expect(() => catchGpuExceptions.iterate(given as never)).toThrow(TypeError);
    expect(() => catchGpuExceptions.iterate(given as never)).toThrow(
      /^catchGpuExceptions\.iterate: iterable must have/,
    );
  });
});

describe('iterate at its edges', () => {
  test('return before next ends it without opening', () => {
    const open = jest.fn(() => [1][Symbol.iterator]());
    const guarded = catchGpuExceptions.iterate({ [Symbol.iterator]: open });
    expect(guarded.return?.(7)).toEqual({ value: 7, done: true });
    expect(guarded.next()).toEqual({ value: undefined, done: true });
    expect(open).not.toHaveBeenCalled();
  });

  test('promises among the values are guarded', async () => {
    const guarded = catchGpuExceptions.iterate([Promise.resolve(1), Promise.reject(tagged())]);
    const read = async (): Promise<void> => {
      for await (const value of guarded as unknown as AsyncIterable<number>) expect(value).toBe(1);
    };
    expect(await rejectionOf(read())).toBeInstanceOf(CUDAOutOfMemoryException);
  });
});
