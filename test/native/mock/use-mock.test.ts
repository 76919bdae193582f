import * as koffi from 'koffi';
import { useMock } from '../../../lib/mock/index';
import type { MockRule, MockScenario } from '../../../lib/mock/index';
import { loadBinding, mockLibraryPath } from '../../../lib/native/load';
import { eachTestFindsDevicesAtRest } from '../../helpers/devices-at-rest';

const GiB = 2 ** 30;

eachTestFindsDevicesAtRest();

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** The library that the addon has loaded, called past the addon. */
const library = koffi.load(mockLibraryPath());
const cudaMalloc = library.func('cudaMalloc', 'int', ['void *', 'size_t']);
const malloc = (bytes: number): unknown => cudaMalloc(Buffer.alloc(8), bytes);

describe('useMock', () => {
  test('makes the stand-in the backend, and says so', () => {
    useMock();
    expect(loadBinding().libraries()).toHaveLength(5);
    for (const report of loadBinding().libraries()) {
      expect(report).toMatchObject({ loaded: true, mock: true, path: mockLibraryPath() });
    }
    expect(loadBinding().deviceCount()).toBe(1);
  });

  test('takes every key of a scenario', () => {
    const scenario: Required<MockScenario> = {
      devices: [
        {
          profile: 'l4',
          name: 'NVIDIA L4',
          uuid: 'GPU-11111111-2222-3333-4444-555555555555',
          pciBusId: '0000:3B:00.0',
          memoryBytes: 24 * GiB,
          reservedBytes: GiB,
          usedByOthersBytes: 2 * GiB,
          computeCapability: '8.9',
        },
        {},
      ],
      driverVersion: '570.86.15',
      nvmlVersion: '12.570.86.15',
      cudaDriverVersion: 12080,
      cudaRuntimeVersion: 12060,
      cudnnVersion: '9.7.1',
      contextOverheadBytes: GiB,
      presets: [],
      clock: 'real',
      callLog: 10,
      hostPids: false,
      strict: false,
      visibleDevices: '0',
      cudaOrder: [1, 0],
      rules: [{ library: 'cudart', call: 'cudaMalloc', code: 2, afterCalls: 1, times: 1 }],
    };
    const mock = useMock(scenario);
    expect(mock.state().devices[1]).toEqual({
      nvmlIndex: 1,
      cudaOrdinal: null,
      name: 'NVIDIA L4',
      uuid: 'GPU-11111111-2222-3333-4444-555555555555',
      pciBusId: '0000:3B:00.0',
      computeCapability: '8.9',
      total: 24 * GiB,
      free: 21 * GiB,
      used: 2 * GiB,
      reserved: GiB,
      allocations: 0,
      contextActive: false,
      contextReferences: 0,
      poisoned: null,
    });
    const binding = loadBinding();
    const versions = binding.libraries().map(({ library: name, version }) => [name, version]);
    expect(Object.fromEntries(versions)).toMatchObject({
      nvml: '12.570.86.15',
      cudnn: '9.7.1',
    });
    expect(binding.deviceCount()).toBe(1);
    expect(mock.state().devices[1]?.cudaOrdinal).toBe(0);
    const live = binding.alloc(GiB, 0, 0);
    expect(mock.state().devices[1]).toMatchObject({ used: 4 * GiB, contextActive: true });
    expect(() => binding.alloc(GiB, 0, 0)).toThrow('CUDA error: out of memory');
    binding.free(live);
    expect(mock.state().devices[1]?.used).toBe(3 * GiB);
  });

  test('starts afresh when it is called again', () => {
    const first = useMock({ devices: 3 });
    expect(malloc(GiB)).toBe(0);
    const second = useMock({ devices: 2 });
    expect(second.state()).toMatchObject({ allocations: 0 });
    expect(first.state().devices).toHaveLength(2);
    expect(loadBinding().deviceCount()).toBe(2);
  });

  test.each<[string, unknown]>([
    ['null', null],
    ['an array', []],
    ['text', '{}'],
    ['a number', 1],
    ['a function', () => ({})],
  ])('refuses %s', (_, scenario) => {
    expect(thrown(() => useMock(scenario as MockScenario))).toMatchObject({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_TYPE',
      message: expect.stringMatching(/^"scenario" must be an object\. Received /),
    });
  });

  test('runs nothing of what it refuses', () => {
    const custom = jest.fn(() => 'shown');
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const trapped = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('a trap was sprung');
        },
      },
    );
    const odd = Object.assign(() => 1, { [Symbol.for('nodejs.util.inspect.custom')]: custom });
    for (const scenario of [odd, { devices: odd }, proxy, { devices: proxy }, trapped]) {
      expect(thrown(() => useMock(scenario as MockScenario))).toMatchObject({
        name: 'TypeError',
        code: 'ERR_INVALID_ARG_TYPE',
        message: expect.stringMatching(/^"scenario/),
      });
    }
    expect(custom).not.toHaveBeenCalled();
  });

  const cyclic: Record<string, unknown> = {};
  cyclic['devices'] = [cyclic];

  test.each<[string, unknown, string]>([
    [
      'devices',
      { devices: NaN },
      '"scenario.devices" must be plain data (as JSON has it). Received NaN',
    ],
    [
      'a bigint',
      { contextOverheadBytes: 5n },
      '"scenario.contextOverheadBytes" must be plain data',
    ],
    ['a function', { devices: [{ name() {} }] }, '"scenario.devices[0].name" must be plain data'],
    ['a symbol', { rules: [Symbol('x')] }, '"scenario.rules[0]" must be plain data'],
    ['a map', { devices: new Map() }, '"scenario.devices" must be plain data'],
    ['a hole', { devices: Array(1) }, '"scenario.devices[0]" must be plain data'],
    ['a cycle', cyclic, 'must not be nested deeper than 64'],
  ])('refuses what JSON would change: %s', (_, scenario, words) => {
    expect(thrown(() => useMock(scenario as MockScenario))).toMatchObject({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_TYPE',
      message: expect.stringContaining(words),
    });
  });

  test('takes a key set to undefined for one left out', () => {
    const scenario = { devices: 2, rules: undefined } as unknown as MockScenario;
    expect(useMock(scenario).state().devices).toHaveLength(2);
  });

  test("passes on the stand-in's own words, and the scenario before stays", () => {
    const mock = useMock({ devices: 2 });
    const scenario = { rules: [{ library: 'cudart', call: 'cudaMaloc', code: 2 }] };
    expect(thrown(() => useMock(scenario as MockScenario))).toMatchObject({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_VALUE',
      message: expect.stringContaining(
        'rules[0].call "cudaMaloc" matches no function of cudart that the stand-in has; the nearest is "cudaMalloc"',
      ),
    });
    expect(mock.state().devices).toHaveLength(2);
  });
});

describe('the handle', () => {
  test('injects rules', () => {
    const mock = useMock();
    mock.inject({
      library: 'cudart',
      call: 'cudaMalloc',
      code: 'cudaErrorMemoryAllocation',
      times: 1,
    });
    expect(malloc(1)).toBe(2);
    expect(malloc(1)).toBe(0);
  });

  test.each<[unknown, string, string]>([
    [undefined, 'ERR_INVALID_ARG_TYPE', '"rule" must be an object. Received undefined'],
    [{ delayMs: Infinity }, 'ERR_INVALID_ARG_TYPE', '"rule.delayMs" must be plain data'],
    [{ library: 'nvm', call: '*', code: 1 }, 'ERR_INVALID_ARG_VALUE', 'rule.library must be'],
    [{}, 'ERR_INVALID_ARG_VALUE', 'rule.library is missing'],
  ])('refuses the rule %p', (rule, code, words) => {
    const mock = useMock();
    expect(thrown(() => mock.inject(rule as MockRule))).toMatchObject({
      name: 'TypeError',
      code,
      message: expect.stringContaining(words),
    });
  });

  test('resets to the beginning', () => {
    const mock = useMock({ devices: 2 });
    mock.inject({ library: 'cudart', call: 'cudaMalloc', code: 700 });
    expect([malloc(1), malloc(1)]).toEqual([700, 700]);
    expect(mock.state().devices[0]?.poisoned).toBe(700);
    mock.reset();
    expect(mock.state().devices[0]?.poisoned).toBeNull();
    expect(malloc(1)).toBe(0);
  });

  test('lets the addon go on after a reset', () => {
    const mock = useMock({ devices: 2 });
    const binding = loadBinding();
    binding.deviceMemory(1);
    mock.reset();
    expect(() => binding.deviceMemory(1)).not.toThrow();
    expect(binding.deviceCount()).toBe(2);
  });

  test('tells the calls', () => {
    const mock = useMock();
    expect(mock.calls()).toEqual({});
    malloc(1);
    malloc(1);
    expect(mock.calls()).toEqual({ cudaMalloc: 2 });
    expect(mock.calls('cudaMalloc')).toBe(2);
    expect(mock.calls('cudaFree')).toBe(0);
  });

  test('knows which calls there are', () => {
    const mock = useMock();
    expect(thrown(() => mock.calls('cudaMaloc'))).toMatchObject({
      name: 'RangeError',
      code: 'ERR_OUT_OF_RANGE',
      message: expect.stringContaining('a function that the stand-in has'),
    });
    expect(thrown(() => mock.calls('toString'))).toMatchObject({ name: 'RangeError' });
    expect(thrown(() => mock.calls(1 as unknown as string))).toMatchObject({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_TYPE',
    });
  });
});
