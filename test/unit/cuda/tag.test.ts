import { tag } from '../../../lib/cuda/index.js';
import type { TagFields } from '../../../lib/cuda/index.js';
import { classifyGpuFailure } from '../../../lib/index.js';

const KEY = Symbol.for('gpu-exceptions.tag');
const read = (error: object): unknown => Object.getOwnPropertyDescriptor(error, KEY)?.value;

describe('tag', () => {
  it('puts a complete tag on the error, out of sight, and answers the same error', () => {
    const error = new Error('inference failed');
    expect(
      tag(error, { library: 'cudart', code: 2, call: 'cudaMalloc', requestedBytes: 512 }),
    ).toBe(error);
    expect(read(error)).toEqual({
      v: 1,
      library: 'cudart',
      code: 2,
      call: 'cudaMalloc',
      device: null,
      requestedBytes: 512,
      file: null,
      line: null,
    });
    expect(Object.keys(error)).toEqual([]);
  });

  it('is what decides afterwards, and a later one replaces it', () => {
    const error = tag(new Error('something else entirely'), { library: 'cudart', code: 2 });
    expect(classifyGpuFailure(error)).toMatchObject({ category: 'out-of-memory', evidence: 'tag' });
    tag(error, { library: 'cuda', code: 700, device: 1 });
    expect(classifyGpuFailure(error)).toMatchObject({ category: 'kernel-fault', device: 1 });
  });

  it.each<[string, unknown, unknown, string, RegExp]>([
    ['a string', 'oops', { library: 'cuda' }, 'TypeError', /^error must be an object; got "oops"/],
    ['null', null, { library: 'cuda' }, 'TypeError', /^error must be an object; got null/],
    [
      'a frozen error',
      Object.freeze(new Error('x')),
      { library: 'cuda' },
      'TypeError',
      /^error must be extensible/,
    ],
    ['no fields', new Error('x'), undefined, 'TypeError', /^fields must be an object/],
    ['no library', new Error('x'), {}, 'TypeError', /^fields\.library must be one of cudart, cuda/],
    [
      'another library',
      new Error('x'),
      { library: 'cuda2' },
      'TypeError',
      /must be one of .*cann; got "cuda2"/,
    ],
    ['an inherited name', new Error('x'), { library: 'toString' }, 'TypeError', /^fields\.library/],
    [
      'code 2.5',
      new Error('x'),
      { library: 'cuda', code: 2.5 },
      'RangeError',
      /^fields\.code .* got 2\.5/,
    ],
    [
      'code as text',
      new Error('x'),
      { library: 'cuda', code: '2' },
      'TypeError',
      /^fields\.code .* got "2"/,
    ],
    ['device -1', new Error('x'), { library: 'cuda', device: -1 }, 'RangeError', /^fields\.device/],
    [
      'negative bytes',
      new Error('x'),
      { library: 'cuda', requestedBytes: -1 },
      'RangeError',
      /^fields\.requestedBytes/,
    ],
    [
      'a call that is no text',
      new Error('x'),
      { library: 'cuda', call: Symbol('c') },
      'TypeError',
      /^fields\.call must be a string; got a Symbol/,
    ],
    [
      'an unknown field',
      new Error('x'),
      { library: 'cuda', bytes: 1 },
      'TypeError',
      /^fields\.bytes is not an option; allowed: library, code/,
    ],
  ])('rejects %s and leaves the error as it was', (_what, error, fields, name, message) => {
    let thrown: unknown;
    try {
      tag(error as Error, fields as TagFields);
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown).toMatchObject({ name, message: expect.stringMatching(message) });
    if (error instanceof Error) expect(read(error)).toBeUndefined();
  });
});

test('messages name the fields', () => {
  const refuse = (fields: unknown): string => {
    try {
      tag(new Error('x'), fields as TagFields);
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing was thrown';
  };
  expect(refuse({ library: 'cudart', code: 'x' })).toMatch(/^fields\.code must be/);
  expect(refuse({ library: 'no' })).toMatch(/^fields\.library must be/);
  expect(refuse({ library: 'cudart', more: 1 })).toMatch(/^fields\.more is not/);
  expect(refuse(null)).toMatch(/^fields must be an object/);
});
