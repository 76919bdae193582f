import {
  catchGpuExceptions,
  CUDAOutOfMemoryException,
  resetFatalState,
} from '../../../lib/index.js';
import type { GPUException } from '../../../lib/index.js';
import { rejectionOf, tagged, thrownBy } from '../../helpers/gpu-errors.js';

afterEach(resetFatalState);

describe('TC39 decorators', () => {
  class Model {
    readonly #factor = 2;

    @catchGpuExceptions()
    async predict(x: number): Promise<number> {
      if (x < 0) throw tagged();
      return x * this.#factor;
    }

    @catchGpuExceptions
    shape(x: number, y: number): number {
      if (x < 0) throw tagged();
      return x * y * this.#factor;
    }

    @catchGpuExceptions({ device: 3 })
    static async load(fail: boolean): Promise<string> {
      if (fail) throw tagged({ device: null });
      return this.name;
    }

    @catchGpuExceptions()
    async *stream(): AsyncGenerator<number> {
      yield this.#factor;
      throw tagged();
    }
  }

  test('with parentheses', async () => {
    const model = new Model();
    expect(await model.predict(4)).toBe(8);
    expect(await rejectionOf(model.predict(-1))).toBeInstanceOf(CUDAOutOfMemoryException);
  });

  test('without parentheses; name and length stay', () => {
    const model = new Model();
    expect(model.shape(2, 3)).toBe(12);
    expect(thrownBy(() => model.shape(-1, 0))).toBeInstanceOf(CUDAOutOfMemoryException);
    const method = Object.getOwnPropertyDescriptor(Model.prototype, 'shape')?.value as () => void;
    expect([method.name, method.length]).toEqual(['shape', 2]);
  });

  test('with options, on a static method', async () => {
    expect(await Model.load(false)).toBe('Model');
    const exception = (await rejectionOf(Model.load(true))) as GPUException;
    expect(exception.failure?.device).toBe(3);
  });

  test('on an async generator method', async () => {
    const stream = new Model().stream();
    expect((await stream.next()).value).toBe(2);
    expect(await rejectionOf(stream.next())).toBeInstanceOf(CUDAOutOfMemoryException);
  });

  test.each(['class', 'field', 'getter', 'accessor'])('a %s is refused', (kind) => {
    const context = { kind, name: 'x', addInitializer: () => undefined };
    const decorator = catchGpuExceptions() as (value: unknown, context: unknown) => unknown;
    const value = kind === 'field' ? undefined : () => 1;
    expect(() => decorator(value, context)).toThrow(
      new TypeError(
        `@catchGpuExceptions decorates methods, static or not; got a ${kind}. ` +
          'For a function in a field or variable use catchGpuExceptions.wrap.',
      ),
    );
    const bare = catchGpuExceptions as unknown as typeof decorator;
    expect(() => bare(value, context)).toThrow(TypeError);
  });
});

describe('legacy decorators, as TypeScript calls them', () => {
  type Legacy = (
    target: object,
    key: string,
    descriptor?: PropertyDescriptor,
  ) => PropertyDescriptor;

  const forms: [string, Legacy][] = [
    ['bare', catchGpuExceptions as unknown as Legacy],
    ['with parentheses', catchGpuExceptions() as unknown as Legacy],
    ['with options', catchGpuExceptions({ probe: false }) as unknown as Legacy],
  ];

  test.each(forms)('%s', (_name, decorate) => {
    class Model {
      factor = 2;
      static fail(): never {
        throw tagged();
      }
      double(x: number): number {
        if (x < 0) throw tagged();
        return x * this.factor;
      }
    }
    for (const [target, key] of [
      [Model.prototype, 'double'],
      [Model, 'fail'],
    ] as [object, string][]) {
      const descriptor = Object.getOwnPropertyDescriptor(target, key) as PropertyDescriptor;
      const decorated = decorate(target, key, descriptor);
      expect(decorated).toMatchObject({ writable: true, enumerable: false, configurable: true });
      Object.defineProperty(target, key, decorated);
    }
    const model = new Model();
    expect(model.double(4)).toBe(8);
    const method = Object.getOwnPropertyDescriptor(Model.prototype, 'double')?.value as () => void;
    expect([method.name, method.length]).toEqual(['double', 1]);
    expect(thrownBy(() => model.double(-1))).toBeInstanceOf(CUDAOutOfMemoryException);
    expect(thrownBy(() => Model.fail())).toBeInstanceOf(CUDAOutOfMemoryException);
  });

  test.each(forms)('%s: a field or an accessor is refused', (_name, decorate) => {
    expect(() => decorate({}, 'field', undefined)).toThrow(/decorates methods.*got a field/);
    expect(() => decorate({}, 'x', { get: () => 1 })).toThrow(/got an? accessor/);
  });
});
