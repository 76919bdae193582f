import { catchGpuExceptions, engineLog, resetFatalState } from '../../../lib/index.js';
import type { GPUException } from '../../../lib/index.js';
import { tagged, thrownBy } from '../../helpers/gpu-errors.js';

afterEach(resetFatalState);

const wrong: [string, unknown, typeof TypeError | typeof RangeError, RegExp][] = [
  ['null', null, TypeError, /^options must be an object; got null$/],
  ['a number', 5, TypeError, /^options must be an object; got 5$/],
  ['an array', [], TypeError, /^options must be an object; got an array$/],
  [
    'an unknown key',
    { timeout: 5 },
    TypeError,
    /^options\.timeout is not an option; allowed: device, probe/,
  ],
  ['an unknown symbol', { [Symbol('k')]: 5 }, TypeError, /^options\.Symbol\(k\) is not an option/],
  [
    'device -1',
    { device: -1 },
    RangeError,
    /^options\.device must be an integer from 0 to 2147483647; got -1$/,
  ],
  ['device 1.5', { device: 1.5 }, RangeError, /options\.device .*got 1\.5$/],
  ['device NaN', { device: NaN }, RangeError, /options\.device .*got NaN$/],
  ['device 2^53', { device: 2 ** 53 }, RangeError, /options\.device .*got 9007199254740992$/],
  ["device '0'", { device: '0' }, TypeError, /options\.device .*got "0"$/],
  ['device 0n', { device: 0n }, TypeError, /options\.device .*got 0n$/],
  ['device null', { device: null }, TypeError, /options\.device .*got null$/],
  ['device Symbol', { device: Symbol('s') }, TypeError, /options\.device .*got a Symbol$/],
  ['probe 1', { probe: 1 }, TypeError, /^options\.probe must be true or false; got 1$/],
  [
    'timeoutMs 0',
    { timeoutMs: 0 },
    RangeError,
    /^options\.timeoutMs must be an integer from 1 to 2147483647; got 0$/,
  ],
  ['timeoutMs 2^31', { timeoutMs: 2 ** 31 }, RangeError, /got 2147483648$/],
  ['timeoutMs Infinity', { timeoutMs: Infinity }, RangeError, /got Infinity$/],
  ['timeoutMs text', { timeoutMs: '5s' }, TypeError, /got "5s"$/],
  [
    'log',
    { log: { logger: () => undefined } },
    TypeError,
    /^options\.log must be made by engineLog\(\); got an object$/,
  ],
  [
    'onFailure',
    { onFailure: 'warn' },
    TypeError,
    /^options\.onFailure must be a function; got "warn"$/,
  ],
  ['rules', { rules: {} }, TypeError, /options\.rules/],
  ['a rule', { rules: [{ match: 5, veto: true }] }, TypeError, /options\.rules\[0\]\.match/],
];

describe.each(wrong)('options: %s', (_name, options, kind, message) => {
  const forms: [string, (run: () => unknown) => unknown][] = [
    ['block', (run) => catchGpuExceptions(run, options as never)],
    ['wrap', (run) => catchGpuExceptions.wrap(run, options as never)],
    ['iterate', () => catchGpuExceptions.iterate([], options as never)],
  ];
  test.each(forms)('%s refuses before anything else happens', (_form, use) => {
    const run = jest.fn(() => 1);
    const error = thrownBy(() => use(run));
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toMatch(message);
    expect(run).not.toHaveBeenCalled();
  });
});

test.each(wrong.filter(([, options]) => typeof options === 'object' && options !== null))(
  'decorator factory refuses %s',
  (_name, options, kind) => {
    expect(() => catchGpuExceptions(options as never)).toThrow(kind);
  },
);

test('absent and undefined options have their defaults', () => {
  const options = {
    device: undefined,
    probe: undefined,
    timeoutMs: undefined,
    log: undefined,
    onFailure: undefined,
    rules: undefined,
  };
  expect(catchGpuExceptions(() => 1, options)).toBe(1);
  expect(catchGpuExceptions(() => 2, {})).toBe(2);
  expect(catchGpuExceptions(() => 3, { device: 2 ** 31 - 1, timeoutMs: 1, log: engineLog() })).toBe(
    3,
  );
});

test('options are read once: changing them later changes nothing', () => {
  const options = { device: 1 };
  const guarded = catchGpuExceptions.wrap(() => {
    throw tagged({ device: null });
  }, options);
  options.device = 2;
  expect((thrownBy(guarded) as GPUException).failure?.device).toBe(1);
});

describe('device', () => {
  test('stands in the failure where the error names none, and only there', () => {
    const fail = (device: number | null) =>
      thrownBy(() =>
        catchGpuExceptions(
          () => {
            throw tagged({ device });
          },
          { device: 3 },
        ),
      ) as GPUException;
    expect(fail(null).failure?.device).toBe(3);
    expect(fail(1).failure?.device).toBe(1);
  });
});

describe('rules', () => {
  const error = new Error('the accelerator is on fire');

  test('say what else is a GPU failure, and what is none', () => {
    const rules = [
      { match: 'on fire', failure: { category: 'hardware' as const } },
      { match: /out of memory/, veto: true as const },
    ];
    const run = (thrown: unknown) =>
      thrownBy(() =>
        catchGpuExceptions(
          () => {
            throw thrown;
          },
          { rules },
        ),
      );
    expect((run(error) as GPUException).failure).toMatchObject({ category: 'hardware' });
    const vetoed = new Error('CUDA error: out of memory');
    expect(run(vetoed)).toBe(vetoed);
  });
});

describe('what cannot be read', () => {
  const boom = (): never => {
    throw new Error('a trap was sprung');
  };
  const traps = { get: boom, has: boom, ownKeys: boom, getPrototypeOf: boom };
  const revoked = (target: object): never => {
    const { proxy, revoke } = Proxy.revocable(target, {});
    revoke();
    return proxy as never;
  };

  test.each<[string, () => unknown, RegExp]>([
    ['a throwing proxy', () => catchGpuExceptions(() => 1, new Proxy({}, traps)), /^options /],
    ['a revoked one', () => catchGpuExceptions(() => 1, revoked({})), /^options /],
    ['as rules', () => catchGpuExceptions(() => 1, { rules: revoked([]) }), /^options\.rules /],
    ['as the block', () => catchGpuExceptions(revoked(() => 1)), /^block /],
    ['as an iterable', () => catchGpuExceptions.iterate(revoked([])), /iterable must/],
    ['a string', () => catchGpuExceptions(() => 1, 'cuda:0' as never), /^options .*"cuda:0"/],
    ['a symbol', () => catchGpuExceptions(() => 1, Symbol('x') as never), /^options .*a Symbol/],
  ])('%s is refused by name', (_name, call, message) => {
    let thrown: unknown;
    try {
      call();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(TypeError);
    expect((thrown as Error).message).toMatch(message);
  });

  test('an enormous bigint or key is not printed', () => {
    for (const options of [{ device: 10n ** 100_000n }, { ['k'.repeat(100_000)]: 1 }]) {
      let message = '';
      try {
        catchGpuExceptions(() => 1, options as never);
      } catch (error) {
        ({ message } = error as Error);
      }
      expect(message).toMatch(/^options\./);
      expect(message.length).toBeLessThan(300);
    }
  });
});
