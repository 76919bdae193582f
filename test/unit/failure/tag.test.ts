import { runInNewContext } from 'node:vm';

import { TAG, readTag, setTag } from '../../../lib/failure/tag';
import type { GPUTag } from '../../../lib/failure/types';

const tag: GPUTag = {
  v: 1,
  library: 'cudart',
  code: 2,
  call: 'cudaMalloc',
  device: 0,
  requestedBytes: 1024,
  file: 'model.cu',
  line: 7,
};

describe('the tag', () => {
  it('stands under the registered symbol, so that other copies and addons find it', () => {
    expect(TAG).toBe(Symbol.for('gpu-exceptions.tag'));
  });

  it('is read back as it was set, and is not enumerable', () => {
    const error = new Error('failed');
    expect(setTag(error, tag)).toBe(true);
    expect(readTag(error)).toEqual(tag);
    expect(Object.keys(error)).toEqual([]);
    expect(JSON.stringify(error)).toBe('{}');
  });

  it('replaces an older tag', () => {
    const error = new Error('failed');
    setTag(error, tag);
    setTag(error, { ...tag, code: 700 });
    expect(readTag(error)?.code).toBe(700);
  });

  it('is understood whoever set it: plain objects, other realms, functions', () => {
    expect(readTag({ [TAG]: { ...tag } })).toEqual(tag);
    expect(
      readTag(runInNewContext('({ [Symbol.for("gpu-exceptions.tag")]: t })', { t: tag })),
    ).toEqual(tag);
    const thrown = (): void => undefined;
    expect(setTag(thrown, tag)).toBe(true);
    expect(readTag(thrown)).toEqual(tag);
  });

  it('reads wrong fields as null and keeps the rest', () => {
    const odd = {
      v: 1,
      library: 'cuda',
      code: '2',
      call: 7,
      device: -1,
      requestedBytes: 1.5,
      line: NaN,
    };
    expect(readTag({ [TAG]: odd })).toEqual({
      v: 1,
      library: 'cuda',
      code: null,
      call: null,
      device: null,
      requestedBytes: null,
      file: null,
      line: null,
    });
  });

  it.each([
    ['another version', { ...tag, v: 2 }],
    ['no library', { ...tag, library: undefined }],
    ['an empty library', { ...tag, library: '' }],
    ['a string', 'cudart'],
    ['null', null],
  ])('is no tag with %s', (_what, value) => {
    expect(readTag({ [TAG]: value })).toBeNull();
  });

  it('is an own data property: getters are not run and prototypes do not count', () => {
    let ran = false;
    const withGetter = Object.defineProperty({}, TAG, {
      get: () => {
        ran = true;
        return tag;
      },
    });
    expect(readTag(withGetter)).toBeNull();
    expect(ran).toBe(false);
    expect(readTag(Object.create({ [TAG]: tag }))).toBeNull();
  });

  it('says false and throws nothing for values that cannot carry one', () => {
    for (const value of [null, undefined, 'text', 7, Symbol('s'), Object.freeze(new Error('x'))]) {
      expect(setTag(value, tag)).toBe(false);
      expect(readTag(value)).toBeNull();
    }
    const hostile = new Proxy(new Error('x'), {
      defineProperty: () => {
        throw new Error('no');
      },
      getOwnPropertyDescriptor: () => {
        throw new Error('no');
      },
    });
    expect(setTag(hostile, tag)).toBe(false);
    expect(readTag(hostile)).toBeNull();
  });
});
