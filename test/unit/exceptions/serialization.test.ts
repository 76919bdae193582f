import * as fc from 'fast-check';
import { isDeserialized } from '../../../lib/exceptions/deserialized.js';
import {
  AppException,
  AppFileUploadException,
  CUDAOutOfMemoryException,
  deserializeException,
  FalServerlessException,
  FieldException,
  FileTooLargeError,
  GPUException,
  GPUOutOfMemoryException,
  RequestCancelledException,
  serializeException,
  UnauthenticatedException,
} from '../../../lib/exceptions/index.js';
import type { SerializedException } from '../../../lib/exceptions/index.js';
import type { GPUFailure } from '../../../lib/failure/types.js';
import { classifyGpuFailure } from '../../../lib/index.js';
import { toResponse } from '../../../lib/http/index.js';
import { anyValue, HOSTILE, revokedProxy } from './hostile.js';

const TAG = Symbol.for('gpu-exceptions.tag');

const failure: GPUFailure = {
  category: 'out-of-memory',
  evidence: 'tag',
  library: 'cudart',
  code: 2,
  name: 'cudaErrorMemoryAllocation',
  call: 'cudaMalloc',
  device: 1,
  requestedBytes: 2 ** 40,
  memory: { free: 5, used: 6, reserved: null, total: 11, source: 'nvml' },
  sticky: false,
  retryable: false,
  restart: 'none',
  mayBeEarlier: false,
  remedy: 'Use a smaller batch.',
};

const viaJson = (value: unknown): unknown =>
  deserializeException(JSON.parse(JSON.stringify(serializeException(value))));
const viaClone = (value: unknown): unknown =>
  deserializeException(structuredClone(serializeException(value)));

const EXCEPTIONS: FalServerlessException[] = [
  new FalServerlessException('base'),
  new AppException('app', 418),
  new FieldException('seed', 'too big', 400, 'value_error.max', 2.5),
  new RequestCancelledException('gone'),
  new FileTooLargeError('3 GiB'),
  new AppFileUploadException('upload', 'a/b.bin'),
  new UnauthenticatedException(),
  new GPUException('gpu', 507, { failure }),
  new GPUOutOfMemoryException({ failure }),
  new CUDAOutOfMemoryException({ failure, cause: new TypeError('inner') }),
];

describe.each([
  ['JSON', viaJson],
  ['structuredClone', viaClone],
])('through %s', (_, travel) => {
  it.each(EXCEPTIONS.map((exception) => [exception.name, exception] as const))(
    '%s arrives whole',
    (__, exception) => {
      const arrived = travel(exception) as FalServerlessException;
      expect(Object.getPrototypeOf(arrived)).toBe(Object.getPrototypeOf(exception));
      expect(arrived).toBeInstanceOf(FalServerlessException);
      expect(arrived.toJSON()).toEqual(exception.toJSON());
      expect(arrived.stack).toBe(exception.stack);
      expect({ ...arrived }).toEqual({ ...exception });
      expect(Object.hasOwn(arrived, 'cause')).toBe(Object.hasOwn(exception, 'cause'));
      expect(isDeserialized(arrived)).toBe(true);
      expect(isDeserialized(exception)).toBe(false);
    },
  );

  it('a failure and a chain of causes with their tags arrive', () => {
    const tag = { v: 1, library: 'cudart', code: 700, call: 'cudaMemcpy', device: 0 };
    const native = Object.defineProperty(new RangeError('native'), TAG, { value: tag });
    const system = Object.assign(new Error('spawn', { cause: native }), { code: 'ENOENT' });
    const numbered = Object.assign(new Error('addon', { cause: system }), { code: 700 });
    const arrived = travel(new GPUException({ cause: numbered, failure })) as GPUException;
    expect(arrived.failure).toEqual(failure);
    const first = arrived.cause as Error & { code: unknown };
    const second = first.cause as Error & { code: unknown };
    const third = second.cause as Error & Record<symbol, unknown>;
    expect([first.message, first.code]).toEqual(['addon', 700]);
    expect([second.message, second.code]).toEqual(['spawn', 'ENOENT']);
    expect(third).toBeInstanceOf(RangeError);
    expect(third.stack).toBe(native.stack);
    expect(third[TAG]).toEqual(tag);
    expect(Object.keys(third)).toEqual([]);
    for (const error of [first, second, third]) expect(isDeserialized(error)).toBe(true);
  });

  it('a tag on one of our own exceptions arrives', () => {
    const tagged = Object.defineProperty(new GPUException(), TAG, { value: { v: 1, code: 2 } });
    expect((travel(tagged) as Record<symbol, unknown>)[TAG]).toEqual({ v: 1, code: 2 });
  });

  it('a subclass arrives as the nearest class of ours, under its own name and code', () => {
    class QuotaException extends AppException {
      override readonly name = 'QuotaException';
      override readonly code = 'ERR_QUOTA';
      readonly secret = 'stays';
    }
    const arrived = travel(new QuotaException('m', 429)) as AppException;
    expect(Object.getPrototypeOf(arrived)).toBe(AppException.prototype);
    expect(arrived.toJSON()).toEqual({
      name: 'QuotaException',
      code: 'ERR_QUOTA',
      message: 'm',
      status: 429,
    });
    expect(Object.keys(arrived)).not.toContain('name');
  });

  it('a subclass with a status of its own keeps it', () => {
    class Teapot extends FalServerlessException {
      override readonly statusCode = 418;
      override readonly status = 418;
    }
    const arrived = travel(new Teapot('short and stout')) as FalServerlessException;
    expect([arrived.statusCode, arrived.status]).toEqual([418, 418]);
  });

  it('errors that are not ours arrive with name, message, stack and code', () => {
    const abort = new DOMException('stop', 'AbortError');
    expect(travel(abort)).toMatchObject({ name: 'AbortError', message: 'stop', code: 20 });
    const own = Object.assign(new SyntaxError('s'), { code: 'ERR_X' });
    const arrived = travel(own) as SyntaxError;
    expect(arrived).toBeInstanceOf(SyntaxError);
    expect(arrived).toMatchObject({ message: 's', code: 'ERR_X', stack: own.stack });
  });

  it('the members of an AggregateError arrive', () => {
    const several = new AggregateError([new GPUException('one', 500), 'two'], 'several');
    const arrived = travel(several) as AggregateError;
    expect(arrived).toBeInstanceOf(AggregateError);
    expect(arrived.errors[0]).toBeInstanceOf(GPUException);
    expect(arrived.errors[1]).toBe('two');
  });

  it.each([
    ['text', 'text'],
    ['lone surrogate', '\ud800'],
    ['number', 1.5],
    ['NaN', NaN],
    ['negative zero', -0],
    ['infinity', -Infinity],
    ['bigint', 10n ** 40n],
    ['undefined', undefined],
    ['null', null],
    ['boolean', false],
    ['data', { code: 2, nested: [{ message: 'x' }] }],
  ])('a cause and a bill that are a %s arrive', (__, value) => {
    expect(travel(value)).toEqual(value);
    expect((travel(new GPUException({ cause: value })) as Error).cause).toEqual(value);
    if (typeof value === 'object' || value === undefined) return;
    const bill = new FieldException('f', 'm', 422, 'value_error', value);
    expect((travel(bill) as FieldException).billableUnits).toBe(value);
  });

  it('symbols and functions arrive as text', () => {
    expect(travel(Symbol('s'))).toBe('Symbol(s)');
    expect(typeof travel(() => 1)).toBe('string');
  });
});

it('only what was rebuilt is marked as such', () => {
  for (const value of [...HOSTILE, null, new GPUException()]) {
    expect(isDeserialized(value)).toBe(false);
  }
});

it('errors of hostile parts are written without them', () => {
  const refuse = (): never => {
    throw new Error('no');
  };
  const error = new Proxy(new Error('readable'), {
    has: refuse,
    get: (target, key) => {
      if (key === 'errors') return new Proxy([], { get: refuse });
      return key === 'stack' ? refuse() : (Reflect.get(target, key) as unknown);
    },
  });
  expect(viaJson(error)).toMatchObject({ message: 'readable', stack: 'Error: readable' });
});

describe('the limits', () => {
  it('a cycle of causes is cut', () => {
    const first = new GPUException('first', 500);
    const second = new Error('second', { cause: first });
    first.cause = second;
    const arrived = viaJson(first) as Error;
    expect((arrived.cause as Error).message).toBe('second');
    expect(arrived.cause).not.toHaveProperty('cause');
  });

  it('a chain is kept to 32 levels, and an aggregate to 64 members', () => {
    let error = new Error('0');
    for (let i = 1; i < 1000; i += 1) error = new Error(String(i), { cause: error });
    let levels = 0;
    for (let at = viaJson(error) as Error | undefined; at; at = at.cause as Error) levels += 1;
    expect(levels).toBe(32);
    const many = new AggregateError(Array.from({ length: 1000 }, () => new Error('m')));
    expect((viaJson(many) as AggregateError).errors).toHaveLength(64);
  });

  it('an aggregate of aggregates stays small', () => {
    let errors: unknown[] = [new Error('leaf')];
    for (let i = 0; i < 10; i += 1) {
      const below = errors;
      errors = Array.from({ length: 64 }, () => new AggregateError(below, 'x'));
    }
    const text = JSON.stringify(serializeException(new AggregateError(errors)));
    expect(text.match(/"kind":"error"/g)?.length).toBeLessThanOrEqual(256);
  });

  it('a long text is kept whole', () => {
    const arrived = viaJson(new GPUException('x'.repeat(10_000_000))) as Error;
    expect(arrived.message).toHaveLength(10_000_000);
  });

  it('binary data is named, not copied', () => {
    expect(viaJson({ buffer: new Uint8Array(1 << 24) })).toEqual({
      buffer: '[Uint8Array of 16777216 bytes]',
    });
  });
});

describe('deserializeException', () => {
  const whole = serializeException(new CUDAOutOfMemoryException({ failure }));

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['text', 'the string "text"'],
    [5, '5'],
    [[], 'an array'],
    [Symbol('s'), 'Symbol(s)'],
  ])('names what it was given instead: %p', (value, named) => {
    const refused = expect(() => deserializeException(value as unknown as SerializedException));
    refused.toThrow(TypeError);
    refused.toThrow(`serialized must be an object made by serializeException, got ${named}`);
  });

  it.each([[{}], [{ v: 0, kind: 'error' }], [{ v: 1.5, kind: 'error' }], [{ v: '1', kind: 'x' }]])(
    'wants a version: %p',
    (value) => {
      expect(() => deserializeException(value as SerializedException)).toThrow(
        /serialized\.v must/,
      );
    },
  );

  it('wants a kind', () => {
    const value = { v: 1 } as SerializedException;
    expect(() => deserializeException(value)).toThrow(/serialized\.kind must be a string/);
  });

  it('reads what a later version wrote', () => {
    const later = {
      ...whole,
      v: 7,
      classes: ['GPUPartitionException', ...whole.classes],
      unheardOf: { deep: [1] },
      failure: { ...failure, partition: 3 },
    };
    const arrived = deserializeException(later);
    expect(arrived).toBeInstanceOf(CUDAOutOfMemoryException);
    expect((arrived as GPUException).failure).toMatchObject({ partition: 3, code: 2 });
  });

  it('reads what lacks everything', () => {
    const bare = { v: 1, kind: 'exception' } as unknown as SerializedException;
    expect(deserializeException(bare)).toBeInstanceOf(FalServerlessException);
    const error = { v: 1, kind: 'error', errors: [null, 5] } as unknown as SerializedException;
    expect(deserializeException(error)).toBeInstanceOf(Error);
  });

  it('fills in what a failure of another version lacks', () => {
    const sparse = { ...whole, failure: { category: 'busy' } as GPUFailure };
    expect((deserializeException(sparse) as GPUException).failure).toEqual(
      expect.objectContaining({ category: 'busy', restart: 'none', memory: null, sticky: false }),
    );
  });

  it('does not follow what no writer nests so deep', () => {
    let deep: unknown = { v: 1, kind: 'error', message: 'end' };
    for (let i = 0; i < 100_000; i += 1) deep = { v: 1, kind: 'error', message: 'm', cause: deep };
    expect(deserializeException(deep as SerializedException)).toBeInstanceOf(Error);
  });

  it('leaves prototypes alone', () => {
    const evil: unknown = JSON.parse(
      `{"v":1,"kind":"exception","classes":["FieldException"],"facts":{"__proto__":{"v":1,"kind":"plain","value":{"polluted":1}}}}`,
    );
    const arrived = deserializeException(evil as SerializedException);
    expect(arrived).not.toHaveProperty('polluted');
    expect({}).not.toHaveProperty('polluted');
    expect(Object.getPrototypeOf(viaJson(JSON.parse('{"__proto__":{"a":1}}')))).toBe(
      Object.prototype,
    );
  });
});

it('any value travels without anything being thrown, and facts arrive unchanged', () => {
  fc.assert(
    fc.property(anyValue, anyValue, (value, message) => {
      const exception = new GPUException(message() as string, { cause: value(), failure });
      for (const given of [value(), exception]) {
        const written = serializeException(given);
        const text = JSON.stringify(written);
        expect(structuredClone(written)).toEqual(written);
        expect(() => deserializeException(JSON.parse(text))).not.toThrow();
      }
      const arrived = viaJson(exception) as GPUException;
      expect(arrived.toJSON()).toEqual(exception.toJSON());
      expect(arrived.failure).toEqual(exception.failure);
      expect(arrived.stack).toBe(exception.stack);
    }),
    { numRuns: 500 },
  );
});

describe('the same verdict and the same answer after the journey', () => {
  class CUDAError extends Error {}
  const oom = (): Error => new Error('CUDA error: out of memory');
  it.each<[string, () => unknown]>([
    [
      'suppressed',
      () => Object.assign(new Error('x'), { error: new Error('y'), suppressed: oom() }),
    ],
    ['error', () => Object.assign(new Error('x'), { error: oom() })],
    ['originalError', () => Object.assign(new Error('x'), { originalError: oom() })],
    ['inner', () => Object.assign(new Error('x'), { inner: oom() })],
    ['reason', () => Object.assign(new Error('x'), { reason: 'CUDA error: out of memory' })],
    ['a class and errno', () => Object.assign(new CUDAError('x'), { errno: 700 })],
    ['a client’s fault', () => Object.assign(oom(), { status: 400 })],
    ['a client’s fault by response', () => Object.assign(oom(), { response: { status: 400 } })],
    ['an http error', () => Object.assign(new Error('slow'), { status: 429, expose: true, headers: { 'Retry-After': '5' } })], // prettier-ignore
    ['a system call', () => Object.assign(new Error('spawn nvidia-smi ENOENT'), { code: 'ENOENT', errno: -2, syscall: 'spawn' })], // prettier-ignore
  ])('%s', (_, make) => {
    const arrived = viaJson(make());
    expect(classifyGpuFailure(arrived)).toEqual(classifyGpuFailure(make()));
    expect(toResponse(arrived)).toEqual(toResponse(make()));
  });
});

describe('what no writer of ours made', () => {
  const error = (more: object): object => ({
    v: 1,
    kind: 'error',
    name: 'E',
    message: 'm',
    ...more,
  });

  it('is bounded: many, shared, cyclic', () => {
    const flat = error({ errors: Array.from({ length: 100_000 }, () => error({})) });
    expect((deserializeException(flat as never) as unknown as AggregateError).errors).toHaveLength(
      64,
    );
    let shared = error({});
    for (let i = 0; i < 31; i += 1) shared = error({ errors: [shared, shared], cause: shared });
    expect(deserializeException(shared as never)).toBeInstanceOf(Error);
    const cyclic = error({}) as { cause?: object };
    cyclic.cause = cyclic;
    expect(deserializeException(cyclic as never)).not.toHaveProperty('cause');
  }, 5000);

  it('may throw at every touch', () => {
    const refuse = (): never => {
      throw new Error('no');
    };
    const hostile = { get: (_: object, key: PropertyKey) => (key === 'v' ? 1 : key === 'kind' ? 'exception' : refuse()) }; // prettier-ignore
    expect(deserializeException(new Proxy({}, hostile) as never)).toBeInstanceOf(Error);
    const parts = { cause: revokedProxy(), errors: revokedProxy(), tag: revokedProxy(), facts: revokedProxy(), classes: revokedProxy(), failure: new Proxy({}, { ownKeys: refuse }) }; // prettier-ignore
    for (const kind of ['error', 'exception']) {
      expect(deserializeException(error({ ...parts, kind }) as never)).toBeInstanceOf(Error);
    }
    expect(() => deserializeException(revokedProxy() as never)).toThrow(/^serialized\./);
  });
});

it('JSON.stringify of an exception with getters that throw', () => {
  const odd = Object.defineProperty(new GPUException('m'), 'message', {
    get: () => {
      throw new Error('no');
    },
  });
  expect(JSON.parse(JSON.stringify(odd))).toMatchObject({ name: 'GPUException', message: '' });
});

it('a DOMException in the place of the message is text', () => {
  const { reason } = AbortSignal.abort();
  expect(new GPUException(reason as string).message).toMatch(/AbortError/);
  expect(new AppException(reason as string, 400).message).toMatch(/AbortError/);
});
