import fc from 'fast-check';
import { catchGpuExceptions, GPUException, resetFatalState } from '../../../lib/index.js';
import { outOfMemoryText, rejectionOf, tagged, thrownBy } from '../../helpers/gpu-errors.js';

afterEach(resetFatalState);

const boom = (): never => {
  throw new Error('boom');
};

/** The value itself must not become the result of an async function: that asks it for `then`. */
function rejectsWith(promise: Promise<unknown>, value: unknown): Promise<boolean> {
  return promise.then(
    () => false,
    (reason: unknown) => Object.is(reason, value),
  );
}

/** Every question that one can ask an object throws. */
function trapped(): object {
  return new Proxy(new Error('x'), {
    get: boom,
    has: boom,
    getPrototypeOf: boom,
    ownKeys: boom,
    getOwnPropertyDescriptor: boom,
  });
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function throwingGetters(): object {
  const error = new Error('plain');
  for (const key of ['stack', 'message', 'name', 'code', 'cause', 'errors', 'status', 'toString']) {
    Object.defineProperty(error, key, { get: boom });
  }
  return error;
}

function cyclic(): Error {
  const error = new Error('round') as Error & { cause: unknown; errors: unknown };
  error.cause = error;
  error.errors = [error, { error }];
  return error;
}

/** Values that are not the GPU's whatever a reader tries with them. */
const hostile: [string, () => unknown][] = [
  ['a proxy whose traps throw', trapped],
  ['a revoked proxy', revoked],
  ['throwing getters', throwingGetters],
  ['a cycle', cyclic],
  ['no prototype', () => Object.create(null)],
  ['a frozen error', () => Object.freeze(new Error('frozen'))],
  ['lone surrogates', () => new Error('\ud800 \udfff')],
  ['10 MB', () => new Error('x'.repeat(10_000_000))],
  ['a function', () => boom],
  ['a bigint', () => 10n],
  ['NaN', () => NaN],
  ['a symbol', () => Symbol('s')],
  ['a getter for then', () => Object.defineProperty({}, 'then', { get: boom })],
];
describe.each(hostile)('%s', (_name, make) => {
  test('leaves as the same value, thrown, rejected and from a generator', async () => {
    const value = make();
    const fail = (): never => {
      throw value;
    };
    expect(
      Object.is(
        thrownBy(() => catchGpuExceptions(fail)),
        value,
      ),
    ).toBe(true);
    expect(Object.is(thrownBy(catchGpuExceptions.wrap(fail)), value)).toBe(true);
    expect(
      await rejectsWith(
        catchGpuExceptions(async () => fail()),
        value,
      ),
    ).toBe(true);
    const generator = catchGpuExceptions(function* (): Generator<number> {
      yield fail();
    });
    expect(
      Object.is(
        thrownBy(() => generator.next()),
        value,
      ),
    ).toBe(true);
    const stream = catchGpuExceptions(async function* (): AsyncGenerator<number> {
      yield fail();
    });
    expect(await rejectsWith(stream.next(), value)).toBe(true);
  });

  test('comes back as the same value', () => {
    const value = make();
    const result: unknown = catchGpuExceptions(() => value);
    expect(Object.is(result, value)).toBe(true);
  });
});

test('whatever is thrown: the same value, or an exception of ours with it as the cause', () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (value) => {
      const thrown = thrownBy(() =>
        catchGpuExceptions(() => {
          throw value;
        }),
      );
      return Object.is(thrown, value) || (thrown as Error).cause === value;
    }),
  );
});

test('whatever the text says: the same error, or an exception of ours with it as the cause', () => {
  const words = fc.constantFrom('CUDA', 'error', 'out of memory', 'cuda', 'nccl', ':', ' ', '2');
  const message = fc.array(fc.oneof(words, fc.string()), { maxLength: 12 }).map((p) => p.join(''));
  fc.assert(
    fc.property(message, (text) => {
      resetFatalState();
      const error = new Error(text);
      const thrown = thrownBy(() =>
        catchGpuExceptions(() => {
          throw error;
        }),
      );
      return thrown === error || (thrown instanceof GPUException && thrown.cause === error);
    }),
  );
});

test('a frozen GPU failure is a GPU failure; it is left as it was', () => {
  const original = Object.freeze(outOfMemoryText());
  const thrown = thrownBy(() =>
    catchGpuExceptions(() => {
      throw original;
    }),
  );
  expect(thrown).toBeInstanceOf(GPUException);
  expect((thrown as Error).cause).toBe(original);
});

test('a hostile promise class changes nothing', async () => {
  class Hostile<T> extends Promise<T> {
    static override get [Symbol.species](): never {
      return boom();
    }
  }
  const promise = Hostile.resolve(1);
  const results = [
    catchGpuExceptions(() => promise),
    catchGpuExceptions(() => promise, { timeoutMs: 1000 }),
    catchGpuExceptions.wrap(async () => 1)(),
  ];
  expect(results[0]).toBe(promise);
  expect(results[1]).toBe(promise);
  expect(await results[2]).toBe(1);
});

test('prototypes that others have changed do not reach the guard', async () => {
  const then = Object.getOwnPropertyDescriptor(Promise.prototype, 'then') as PropertyDescriptor;
  const original = tagged();
  let thrown: unknown;
  try {
    Promise.prototype.then = boom;
    const guarded = catchGpuExceptions(() => Promise.reject(original));
    Reflect.defineProperty(Promise.prototype, 'then', then);
    thrown = await rejectionOf(guarded);
  } finally {
    Reflect.defineProperty(Promise.prototype, 'then', then);
  }
  expect(thrown).toBeInstanceOf(GPUException);
});
