import { types } from 'node:util';
import * as vm from 'node:vm';
import { hasBrand } from '../../../lib/exceptions/brand.js';
import * as ours from '../../../lib/exceptions/index.js';
import { HOSTILE } from './hostile.js';
import { compileSecondCopy, loadInNewRealm } from './second-copy.js';

type Exceptions = typeof ours;

const NAMES = [
  'FalServerlessException',
  'AppException',
  'FieldException',
  'RequestCancelledException',
  'FileTooLargeError',
  'AppFileUploadException',
  'UnauthenticatedException',
  'GPUException',
  'GPUOutOfMemoryException',
  'CUDAOutOfMemoryException',
] as const;

const MAKE: Record<(typeof NAMES)[number], (from: Exceptions) => Error> = {
  FalServerlessException: (from) => new from.FalServerlessException('m'),
  AppException: (from) => new from.AppException('m', 400),
  FieldException: (from) => new from.FieldException('f', 'm'),
  RequestCancelledException: (from) => new from.RequestCancelledException(),
  FileTooLargeError: (from) => new from.FileTooLargeError(),
  AppFileUploadException: (from) => new from.AppFileUploadException('m', 'p'),
  UnauthenticatedException: (from) => new from.UnauthenticatedException(),
  GPUException: (from) => new from.GPUException(),
  GPUOutOfMemoryException: (from) => new from.GPUOutOfMemoryException(),
  CUDAOutOfMemoryException: (from) => new from.CUDAOutOfMemoryException(),
};

/** Which of our classes the value is an instance of. */
const classesOf = (value: unknown, from: Exceptions): string[] =>
  NAMES.filter((name) => value instanceof from[name]);

function isolatedCopy(): Exceptions {
  let copy: Exceptions | undefined;
  jest.isolateModules(() => {
    copy = require('../../../lib/exceptions/index.js') as Exceptions;
  });
  if (copy === undefined) throw new Error('the copy did not load');
  return copy;
}

const compiled = compileSecondCopy();
afterAll(() => compiled.remove());
const { exports: inRealm, realm } = loadInNewRealm(compiled.index);

const COPIES: [string, Exceptions][] = [
  ['a second copy', isolatedCopy()],
  ['a second copy in another realm', inRealm],
];

describe.each(COPIES)('%s', (_, other) => {
  it('has classes of its own', () => {
    expect(other.GPUException).not.toBe(ours.GPUException);
    expect(Object.getPrototypeOf(new other.GPUException())).not.toBe(ours.GPUException.prototype);
  });

  it.each(NAMES)('agrees with ours on what a %s is', (name) => {
    const expected = classesOf(MAKE[name](ours), ours);
    expect(expected).toContain(name);
    expect(classesOf(MAKE[name](other), ours)).toEqual(expected);
    expect(classesOf(MAKE[name](ours), other)).toEqual(expected);
  });

  it('makes native errors', () => {
    for (const name of NAMES) expect(types.isNativeError(MAKE[name](other))).toBe(true);
  });

  it('keeps subclasses that users write apart', () => {
    class Mine extends ours.GPUException {}
    class Yours extends other.GPUException {}
    expect(new Yours()).toBeInstanceOf(ours.GPUException);
    expect(new Yours()).toBeInstanceOf(Yours);
    expect(new Yours()).not.toBeInstanceOf(Mine);
    expect(new Mine()).not.toBeInstanceOf(Yours);
    expect(new other.GPUException()).not.toBeInstanceOf(Mine);
  });
});

it('the other realm is another realm', () => {
  const made: unknown = new inRealm.GPUException();
  expect(made instanceof (vm.runInContext('Error', realm) as ErrorConstructor)).toBe(true);
  expect(made instanceof Error).toBe(false);
});

describe('subclasses that users write', () => {
  class Mine extends ours.GPUException {}
  class Sibling extends ours.GPUException {}
  class Nested extends Mine {}

  it('are distinct from each other and from their parent', () => {
    expect(new Mine()).toBeInstanceOf(ours.GPUException);
    expect(new Mine()).toBeInstanceOf(ours.FalServerlessException);
    expect(new Mine()).toBeInstanceOf(Mine);
    expect(new Mine()).not.toBeInstanceOf(Sibling);
    expect(new Mine()).not.toBeInstanceOf(Nested);
    expect(new Nested()).toBeInstanceOf(Mine);
    expect(new ours.GPUException()).not.toBeInstanceOf(Mine);
    expect(new Mine()).not.toBeInstanceOf(ours.CUDAOutOfMemoryException);
  });

  it('are distinct even under the name of one of ours', () => {
    const Copycat = class GPUException extends ours.AppException {};
    expect(new Copycat('m', 400)).not.toBeInstanceOf(ours.GPUException);
    expect(new ours.GPUException()).not.toBeInstanceOf(Copycat);
  });
});

describe('instanceof', () => {
  it('is false, and throws nothing, for values that are none of ours', () => {
    class Mine extends ours.GPUException {}
    for (const value of HOSTILE) {
      expect(value instanceof ours.FalServerlessException).toBe(false);
      expect(value instanceof Mine).toBe(false);
      expect(hasBrand(value, 'FalServerlessException')).toBe(false);
    }
    expect((null as unknown) instanceof ours.GPUException).toBe(false);
  });

  it('is false for a prototype, as for every class', () => {
    expect(ours.GPUException.prototype instanceof ours.GPUException).toBe(false);
    expect(ours.GPUException.prototype instanceof ours.AppException).toBe(true);
  });

  it('is true through a proxy and for a frozen exception', () => {
    expect(new Proxy(new ours.GPUException(), {}) instanceof ours.GPUException).toBe(true);
    expect(Object.freeze(new ours.GPUException()) instanceof ours.GPUException).toBe(true);
  });
});

it('hasBrand knows a class by its name, parents included', () => {
  expect(hasBrand(new ours.CUDAOutOfMemoryException(), 'GPUException')).toBe(true);
  expect(hasBrand(new ours.AppException('m', 400), 'GPUException')).toBe(false);
  expect(hasBrand(new ours.GPUException(), 'NoSuchClass')).toBe(false);
});
