import {
  FUNCTIONS,
  call,
  callBlindly,
  callElsewhere,
  configure,
  control,
  device,
  inject,
  isUntouched,
  malloc,
  out,
  readInt,
  reset,
  state,
} from './stand-in';

/** All of cudart's functions that a failed start decides about. */
const NEED_START = FUNCTIONS.filter(
  ({ library, name }) =>
    library === 'cudart' && !['cudaRuntimeGetVersion', 'cudaDriverGetVersion'].includes(name),
).map(({ name }) => name);

function expectEverythingToAnswer(code: number): void {
  for (const name of NEED_START) expect([name, callBlindly(name)]).toEqual([name, code]);
  // Nothing clears it.
  expect([1, 2, 3].map(() => call('cudaGetLastError'))).toEqual([code, code, code]);
}

describe('the start of the runtime', () => {
  test.each([100, 999, 3, 4, 34, 46, 101, 802, 803, 804, 2, 801, 36])(
    'when cuInit answers %i, so does every call, whatever its arguments',
    (code) => {
      configure({ rules: [{ library: 'cuda', call: 'cuInit', code }] });
      expectEverythingToAnswer(code);
      const pointer = out(8);
      const count = out(4);
      expect(call('cudaMalloc', pointer, 16)).toBe(code);
      expect(call('cudaGetDeviceCount', count)).toBe(code);
      expect([isUntouched(pointer), isUntouched(count)]).toEqual([true, true]);
      expect(readInt('cudaRuntimeGetVersion')).toEqual({ status: 0, value: 13000 });
      expect(readInt('cudaDriverGetVersion')).toEqual({ status: 0, value: 13000 });
    },
  );

  test('is tried once, though a second time would succeed', () => {
    configure({ rules: [{ library: 'cuda', call: 'cuInit', code: 999, times: 1 }] });
    expect(call('cudaPeekAtLastError')).toBe(999);
    expect(call('cuInit', 0)).toBe(0);
    expect(call('cudaPeekAtLastError')).toBe(999);
    expect(malloc(1).status).toBe(999);
  });

  test('is seen by every thread', async () => {
    configure({ rules: [{ library: 'cuda', call: 'cuInit', code: 802 }] });
    expect(call('cudaFree', 0n)).toBe(802);
    expect(await callElsewhere('cudaGetLastError')).toBe(802);
  });

  test('begins with the first call of any kind, but the runtime version', () => {
    configure();
    expect(call('cudaRuntimeGetVersion', out(4))).toBe(0);
    expect(call('cuDeviceGetCount', out(4))).toBe(3);
    expect(call('cudaPeekAtLastError')).toBe(0);
    expect(readInt('cuDeviceGetCount')).toEqual({ status: 0, value: 1 });
  });

  test.each(['cudaDriverGetVersion', 'cudaGetLastError', 'cudaGetDeviceCount'])(
    'is begun by %s and makes no context',
    (name) => {
      configure();
      callBlindly(name);
      expect(call('cuDeviceGetCount', out(4))).toBe(0);
      expect(device().contextActive).toBe(false);
    },
  );

  test('without a driver everything is 35 and its version 0', () => {
    configure({ cudaDriverVersion: 0 });
    expectEverythingToAnswer(35);
    expect(readInt('cudaDriverGetVersion')).toEqual({ status: 0, value: 0 });
    expect(readInt('cudaRuntimeGetVersion')).toEqual({ status: 0, value: 13000 });
    expect(call('cudaRuntimeGetVersion', null)).toBe(1);
    expect(call('cudaGetLastError')).toBe(35);
    expect(call('cuInit', 0)).toBe(100);
    expect(call('nvmlInit_v2')).toBe(9);
  });

  test.each([11000, 12080, 12090])('with the older driver %i everything is 35', (version) => {
    configure({ cudaDriverVersion: version });
    expectEverythingToAnswer(35);
    expect(readInt('cudaDriverGetVersion')).toEqual({ status: 0, value: version });
    expect(call('nvmlInit_v2')).toBe(0);
  });

  test('a driver of the same major version suffices', () => {
    configure({ cudaDriverVersion: 13000, cudaRuntimeVersion: 13020 });
    expect(malloc(1).status).toBe(0);
    expect(readInt('cudaRuntimeGetVersion').value).toBe(13020);
  });

  test('a driver that does not tell its version ends in 35 and version 0', () => {
    configure({ rules: [{ library: 'cuda', call: 'cuDriverGetVersion', code: 999 }] });
    expectEverythingToAnswer(35);
    expect(readInt('cudaDriverGetVersion')).toEqual({ status: 0, value: 0 });
  });

  test('a driver that cannot count its devices ends in 3', () => {
    configure({ rules: [{ library: 'cuda', call: 'cuDeviceGetCount', code: 999 }] });
    expectEverythingToAnswer(3);
  });

  test('without a device everything is 100', () => {
    configure({ devices: 0 });
    expectEverythingToAnswer(100);
    expect(call('cuInit', 0)).toBe(100);
    expect(call('nvmlInit_v2')).toBe(0);
    expect(readInt('nvmlDeviceGetCount_v2')).toEqual({ status: 0, value: 0 });
  });

  test('is forgotten with the scenario', () => {
    configure({ rules: [{ library: 'cuda', call: 'cuInit', code: 999, times: 1 }] });
    expect(call('cudaGetLastError')).toBe(999);
    configure();
    expect(call('cudaGetLastError')).toBe(0);
  });
});

describe('the driver before cuInit', () => {
  test.each(
    FUNCTIONS.filter(
      ({ library, name }) =>
        library === 'cuda' && name !== 'cuInit' && name !== 'cuDriverGetVersion',
    ).map(({ name }) => name),
  )('%s answers 3', (name) => {
    configure();
    expect(callBlindly(name)).toBe(3);
  });

  test('tells its version', () => {
    configure({ cudaDriverVersion: 12080 });
    expect(readInt('cuDriverGetVersion')).toEqual({ status: 0, value: 12080 });
    expect(call('cuDriverGetVersion', null)).toBe(1);
  });

  test('takes no flags, and may be initialised again', () => {
    configure();
    expect(call('cuInit', 1)).toBe(1);
    expect(call('cuInit', 0)).toBe(0);
    expect(call('cuInit', 0)).toBe(0);
  });
});

describe('NVML', () => {
  test.each(
    FUNCTIONS.filter(
      ({ library, name }) =>
        library === 'nvml' && !/^nvml(Init|ErrorString$|SystemGetCudaDriverVersion)/.test(name), // work before it
    ).map(({ name }) => name),
  )('%s answers 1 before the initialisation', (name) => {
    configure();
    expect(callBlindly(name)).toBe(1);
  });

  test('counts initialisations', () => {
    configure();
    expect(call('nvmlInit_v2')).toBe(0);
    expect(call('nvmlInit_v2')).toBe(0);
    expect(call('nvmlShutdown')).toBe(0);
    expect(call('nvmlDeviceGetCount_v2', out(4))).toBe(0);
    expect(call('nvmlShutdown')).toBe(0);
    expect(call('nvmlDeviceGetCount_v2', out(4))).toBe(1);
  });

  test('takes a shutdown too many, which does not count against the next initialisation', () => {
    configure();
    expect(call('nvmlInit_v2')).toBe(0);
    expect([call('nvmlShutdown'), call('nvmlShutdown')]).toEqual([0, 0]);
    expect(call('nvmlInit_v2')).toBe(0);
    expect(call('nvmlDeviceGetCount_v2', out(4))).toBe(0);
  });

  test('an initialisation that fails does not count', () => {
    configure({ rules: [{ library: 'nvml', call: 'nvmlInit_v2', code: 18, times: 2 }] });
    expect([call('nvmlInit_v2'), call('nvmlInit_v2')]).toEqual([18, 18]);
    expect(call('nvmlDeviceGetCount_v2', out(4))).toBe(1);
    expect(call('nvmlInit_v2')).toBe(0);
    expect(call('nvmlDeviceGetCount_v2', out(4))).toBe(0);
  });
});

describe('reset', () => {
  test('goes back to the beginning of the scenario, its rules included', () => {
    configure({
      devices: 2,
      rules: [{ library: 'cudart', call: 'cudaMalloc', code: 2, times: 1 }],
    });
    expect(malloc(16).status).toBe(2);
    const { status, address } = malloc(16);
    expect(status).toBe(0);
    inject({ library: 'cudart', call: 'cudaFree', code: 719 });
    expect(call('cudaFree', address)).toBe(719);
    expect(call('nvmlInit_v2')).toBe(0);

    reset();

    expect(state()).toMatchObject({ allocations: 0, hanging: 0 });
    expect(Object.values(state().calls).every((count) => count === 0)).toBe(true);
    expect(state().devices.map(({ contextActive, poisoned }) => [contextActive, poisoned])).toEqual(
      [
        [false, null],
        [false, null],
      ],
    );
    expect(call('nvmlDeviceGetCount_v2', out(4))).toBe(1);
    expect(call('cudaGetLastError')).toBe(0);
    expect(malloc(16).status).toBe(2);
    // The old address means nothing to the new machine.
    expect(call('cudaFree', address)).toBe(1);
  });

  test('takes an empty argument for the scenario of the environment', () => {
    configure({ devices: 3 });
    expect(control('configure', '').status).toBe(0);
    expect(state().devices).toHaveLength(1);
  });
});
