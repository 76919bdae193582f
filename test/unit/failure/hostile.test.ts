import { classifyGpuFailure, explainGpuFailure, judge } from '../../../lib/failure/judge';
import { readText } from '../../../lib/failure/from-message';

const OOM = 'CUDA out of memory. Tried to allocate 2.00 GiB';

function throwing(): never {
  throw new Error('a trap of the user’s');
}

const traps: ProxyHandler<object> = {
  get: throwing,
  has: throwing,
  ownKeys: throwing,
  getPrototypeOf: throwing,
  getOwnPropertyDescriptor: throwing,
};

describe('whatever is thrown, the judge throws nothing', () => {
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a number', 2],
    ['a bigint', 2n],
    ['a symbol', Symbol('CUDA error')],
    ['a function', () => undefined],
    ['an empty object', {}],
    ['an object without prototype', Object.create(null)],
    ['a proxy with throwing traps', new Proxy(new Error(OOM), traps)],
    ['a proxied array', new Proxy([new Error(OOM)], traps)],
    ['a throwing message', Object.defineProperty(new Error(), 'message', { get: throwing })],
    [
      'a message that is no string',
      Object.assign(new Error(), { message: { toString: throwing } }),
    ],
    ['a lone surrogate', new Error('\ud800')],
    ['a date', new Date(NaN)],
    ['nested arrays', [[[[[]]]]]],
  ])('%s', (_what, value) => {
    expect(judge(value)).toBeNull();
    expect(explainGpuFailure(value).failure).toBeNull();
  });

  it('a revoked proxy', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(judge(proxy)).toBeNull();
    expect(judge(new Error('x', { cause: proxy }))).toBeNull();
  });

  it('one hostile getter hides no more than itself', () => {
    const error = new Error(OOM);
    for (const key of ['name', 'code', 'cause', 'errors', 'constructor', 'status']) {
      Object.defineProperty(error, key, { get: throwing });
    }
    expect(classifyGpuFailure(error)?.category).toBe('out-of-memory');
    const wrapped = Object.defineProperty(new Error('x', { cause: new Error(OOM) }), 'message', {
      get: throwing,
    });
    expect(judge(wrapped)?.path).toBe('cause');
  });

  it('chains without end are bounded', () => {
    const endless = {
      message: 'x',
      get cause(): unknown {
        return Object.create(
          Object.getPrototypeOf(this) as object,
          Object.getOwnPropertyDescriptors(this),
        );
      },
    };
    expect(judge(endless)).toBeNull();
    let deep = new Error(OOM);
    for (let i = 0; i < 10_000; i += 1) deep = new Error('wrapped', { cause: deep });
    expect(judge(deep)).toBeNull();
    const wide = new AggregateError(Array.from({ length: 100_000 }, () => new Error('x')));
    expect(judge(wide)).toBeNull();
  });

  it('frozen errors are judged like others and stay as they are', () => {
    const frozen = Object.freeze(new Error(OOM));
    expect(classifyGpuFailure(frozen)?.category).toBe('out-of-memory');
  });
});

describe('hostile text', () => {
  it('of 10 MB is judged by its beginning and its end, quickly', () => {
    const filler = 'lorem ipsum '.repeat(900_000);
    const started = performance.now();
    expect(classifyGpuFailure(new Error(OOM + filler))?.category).toBe('out-of-memory');
    expect(classifyGpuFailure(new Error(filler + OOM))?.category).toBe('out-of-memory');
    expect(classifyGpuFailure(new Error(filler))).toBeNull();
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('of 1 MiB costs at most 20 times 64 KiB of it', () => {
    const parts = [
      'CUDA error ',
      'cudaMalloc(',
      'failed to allocate ',
      '"input": "CUDA out of ',
      '\u001b[31m',
    ];
    for (const part of parts) {
      const cost = (length: number): number => {
        const text = part.repeat(Math.ceil(length / part.length)).slice(0, length);
        let best = Infinity;
        for (let run = 0; run < 3; run += 1) {
          const started = performance.now();
          readText(text);
          best = Math.min(best, performance.now() - started);
        }
        return best;
      };
      expect(cost(1024 * 1024)).toBeLessThanOrEqual(20 * cost(64 * 1024) + 5);
    }
  });

  it('has colours and control characters taken out before it is judged', () => {
    const coloured =
      '\u001b[1;31mCUDA\u001b[0m out of \u0000memory\u001b]0;title\u0007. Tried to allocate 2.00 GiB';
    expect(classifyGpuFailure(new Error(coloured))).toMatchObject({
      category: 'out-of-memory',
      requestedBytes: 2 * 1024 ** 3,
    });
  });

  it('in look-alike letters is not matched', () => {
    // Cyrillic С, U and А; full width; Kelvin sign; long s.
    for (const text of [
      'СUDA out of memory',
      'CUDА error: out of memory',
      'ＣＵＤＡ out of memory',
      'V\u212a_ERROR_DEVICE_LOST',
      'VK_ERROR_DEVICE_LO\u017fT',
    ]) {
      expect(classifyGpuFailure(new Error(text))).toBeNull();
    }
  });
});
