import * as fc from 'fast-check';
import * as exceptions from '../../../lib/exceptions/index.js';
import { anyValue, HOSTILE } from './hostile.js';

type Loose = new (...values: unknown[]) => exceptions.FalServerlessException;

const CLASSES = [
  exceptions.FalServerlessException,
  exceptions.AppException,
  exceptions.FieldException,
  exceptions.RequestCancelledException,
  exceptions.FileTooLargeError,
  exceptions.AppFileUploadException,
  exceptions.UnauthenticatedException,
  exceptions.GPUException,
  exceptions.GPUOutOfMemoryException,
  exceptions.CUDAOutOfMemoryException,
] as unknown as Loose[];

function expectSound(made: exceptions.FalServerlessException): void {
  expect(typeof made.message).toBe('string');
  expect(Number.isInteger(made.statusCode)).toBe(true);
  expect(made.statusCode).toBeGreaterThanOrEqual(400);
  expect(made.statusCode).toBeLessThanOrEqual(599);
  expect(made.status).toBe(made.statusCode);
  expect(() => JSON.stringify(made)).not.toThrow();
  if (made instanceof exceptions.FieldException) {
    expect([typeof made.field, typeof made.type]).toEqual(['string', 'string']);
  }
  if (made instanceof exceptions.GPUException) expect(typeof made.failure).toBe('object');
}

describe.each(CLASSES.map((Class) => [Class.name, Class] as const))('%s', (_, Class) => {
  it('is made of any arguments without throwing', () => {
    fc.assert(
      fc.property(fc.array(anyValue, { maxLength: 6 }), (values) => {
        expectSound(new Class(...values.map((value) => value())));
      }),
      { numRuns: 300 },
    );
  });

  it.each(HOSTILE.map((value, index) => [index, value]))(
    'is made of hostile value %i in every place',
    (__, value) => {
      for (let place = 0; place < 6; place += 1) {
        const values: unknown[] = Array.from({ length: place }, () => undefined);
        expectSound(new Class(...values, value));
      }
    },
  );

  it('is made of options whose getters throw', () => {
    const refuse = (): never => {
      throw new Error('no');
    };
    const options = Object.defineProperties(
      {},
      { cause: { get: refuse, enumerable: true }, failure: { get: refuse, enumerable: true } },
    );
    expectSound(new Class(options));
    expectSound(new Class('m', 'n', options));
  });
});

describe('a status', () => {
  const given = (status: unknown): number =>
    new exceptions.AppException('m', status as number).statusCode;

  it('is read from numbers, bigints and numeric text', () => {
    expect([given(404), given(404n), given('404'), given(599), given(400)]).toEqual([
      404, 404, 404, 599, 400,
    ]);
  });

  it.each([200, 399, 600, 404.5, NaN, -1, 1e30, '', 'x', null, undefined, true, {}, 10n ** 400n])(
    'that is no error status becomes 500: %p',
    (status) => {
      expect(given(status)).toBe(500);
    },
  );

  it('that is none becomes the default of classes that have one', () => {
    expect(new exceptions.GPUException('m', NaN).statusCode).toBe(503);
    expect(new exceptions.CUDAOutOfMemoryException('m', 200).statusCode).toBe(503);
    expect(new exceptions.FieldException('f', 'm', 7).statusCode).toBe(422);
  });
});

describe('a text', () => {
  it('is read from anything that String() reads', () => {
    const message = (value: unknown): string =>
      new exceptions.AppException(value as string, 400).message;
    expect(message(Symbol('s'))).toBe('Symbol(s)');
    expect(message(10n)).toBe('10');
    expect(message(null)).toBe('null');
    expect(message(undefined)).toBe('');
    expect(message(new TypeError('t'))).toBe('TypeError: t');
    expect(message(Object.create(null))).toBe('[object]');
  });

  it('is kept whole', () => {
    const long = 'x'.repeat(10_000_000);
    expect(new exceptions.GPUException(long).message).toHaveLength(10_000_000);
    expect(new exceptions.GPUException('a\ud800b').message).toBe('a\ud800b');
  });

  it('is made of an error that stands in the place of a message, not options', () => {
    const made = new exceptions.GPUException(
      new Error('x', { cause: 'hidden' }) as unknown as string,
    );
    expect(made.message).toBe('Error: x');
    expect(made.cause).toBeUndefined();
  });
});

it('takes no failure that is not an object', () => {
  for (const failure of ['x', 1, null, undefined, Symbol('s')]) {
    const made = new exceptions.GPUException({ failure } as never);
    expect(made.failure).toBeNull();
  }
});
