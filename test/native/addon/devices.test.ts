import { devices, snapshot } from '../../../lib/cuda/index.js';
import type { DeviceInfo } from '../../../lib/cuda/index.js';
import { resetFatalState } from '../../../lib/index.js';
import { useMock } from '../../../lib/mock/index.js';
import type { MockScenario } from '../../../lib/mock/index.js';
import { eachTestFindsDevicesAtRest } from '../../helpers/devices-at-rest';
import { aboveTheStandIn, itCompiled, openWorkshop } from './compile';
import { answerOf, failureOf, runProgram } from './support';

const GiB = 2 ** 30;
const uuid = (digit: string): string => `GPU-${digit.repeat(8)}-0000-1111-2222-${digit.repeat(12)}`;
const THREE = [
  { name: 'first', uuid: uuid('a'), pciBusId: '0000:31:00.0', memoryBytes: GiB },
  { name: 'second', uuid: uuid('b'), pciBusId: '0000:11:00.0', memoryBytes: 2 * GiB },
  { name: 'third', uuid: uuid('c'), pciBusId: '0000:21:00.0', memoryBytes: 3 * GiB },
];

/** Name, NVML index and memory in GiB, by ordinal. */
const seen = (): unknown[] =>
  devices().map(({ device, name, nvmlIndex, memory }) => [
    device,
    name,
    nvmlIndex,
    (memory?.total ?? 0) / GiB,
  ]);

eachTestFindsDevicesAtRest();
afterEach(resetFatalState);

describe('devices', () => {
  it('tells who each device is, by CUDA and by NVML, without a context', () => {
    const mock = useMock({
      devices: [{ ...THREE[0], computeCapability: '8.6', reservedBytes: 0 }, { ...THREE[1] }],
    });
    expect(devices()[0]).toEqual({
      device: 0,
      nvmlIndex: 1,
      name: 'first',
      uuid: uuid('a'),
      pciBusId: '0000:31:00.0',
      computeCapability: '8.6',
      mig: false,
      memory: { free: GiB, used: 0, reserved: 0, total: GiB, source: 'nvml' },
      failure: null,
    });
    expect(mock.state().devices.some(({ contextActive }) => contextActive)).toBe(false);
    expect(mock.calls('cuDevicePrimaryCtxRetain')).toBe(0);
  });

  it.each<[string, Omit<MockScenario, 'devices'>, unknown[]]>([
    ['indexes', { visibleDevices: '2,0' }, [[0, 'third', 1, 3], [1, 'first', 2, 1]]], // prettier-ignore
    ['an invalid index, which ends the list', { visibleDevices: '1,7,0' }, [[0, 'second', 0, 2]]],
    ['beginnings of UUIDs', { visibleDevices: 'GPU-cc,GPU-b' }, [[0, 'third', 1, 3], [1, 'second', 0, 2]]], // prettier-ignore
    ['an unknown UUID, which ends the list', { visibleDevices: `${uuid('b')},GPU-f,GPU-a` }, [[0, 'second', 0, 2]]], // prettier-ignore
    ['a -1, which ends the list', { visibleDevices: '0,-1,1' }, [[0, 'first', 2, 1]]],
    ['another order', { cudaOrder: [1, 0, 2] }, [[0, 'third', 1, 3], [1, 'second', 0, 2], [2, 'first', 2, 1]]], // prettier-ignore
    ['both', { cudaOrder: [1, 0, 2], visibleDevices: '2,1' }, [[0, 'first', 2, 1], [1, 'second', 0, 2]]], // prettier-ignore
  ])('joins CUDA’s numbers to NVML’s under %s', (_what, order, expected) => {
    useMock({ devices: THREE, ...order });
    expect(seen()).toEqual(expected);
  });

  it.each([
    [{}, ['first', 'second', 'third']],
    [{ CUDA_DEVICE_ORDER: 'PCI_BUS_ID' }, ['second', 'third', 'first']],
    [{ CUDA_DEVICE_ORDER: 'PCI_BUS_ID', CUDA_VISIBLE_DEVICES: '2,0' }, ['first', 'second']],
    [{ CUDA_VISIBLE_DEVICES: 'GPU-c' }, ['third']],
  ])('is right under the variables of the process: %j', (env, names) => {
    const answer = answerOf<{ name: string; nvmlIndex: number }[]>(
      runProgram('devices.cjs', {
        GPU_EXCEPTIONS_BACKEND: 'mock',
        GPU_EXCEPTIONS_MOCK_SCENARIO: JSON.stringify({ devices: THREE }),
        ...env,
      }),
    );
    expect(answer.map(({ name }) => name)).toEqual(names);
    const index = { second: 0, third: 1, first: 2 } as Record<string, number>;
    expect(answer.map(({ nvmlIndex }) => nvmlIndex)).toEqual(names.map((name) => index[name]));
  });

  describe('with MIG', () => {
    const workshop = openWorkshop();
    afterAll(() => {
      workshop.remove();
    });

    itCompiled('takes name and UUID of the instance, and the index of its GPU', () => {
      const nvml = workshop.compile('nvml-mig.cc', { flags: aboveTheStandIn() });
      const answer = answerOf<DeviceInfo[]>(
        runProgram('devices.cjs', {
          GPU_EXCEPTIONS_BACKEND: 'mock',
          GPU_EXCEPTIONS_NVML: nvml,
          GPU_EXCEPTIONS_MOCK_SCENARIO: JSON.stringify({ devices: THREE.slice(0, 2) }),
        }),
      );
      expect(answer.map(({ mig, uuid: id, nvmlIndex }) => [mig, id, nvmlIndex])).toEqual([
        [true, uuid('a').replace('GPU', 'MIG'), 1],
        [true, uuid('b').replace('GPU', 'MIG'), 1],
      ]);
      expect(answer[0]?.memory?.total).toBe(GiB);
    });
  });

  it('tells the kind of UUID by the name where NVML is absent', () => {
    useMock({
      devices: [{ name: 'NVIDIA A100-SXM4-40GB MIG 1g.5gb', uuid: uuid('d') }, {}],
      rules: [{ library: 'nvml', call: 'nvmlInit_v2', code: 12 }],
    });
    const [instance, whole] = devices();
    expect(instance).toMatchObject({ uuid: uuid('d').replace('GPU', 'MIG'), mig: true });
    expect(whole?.uuid).toMatch(/^GPU-/);
    expect(whole?.mig).toBeNull();
    expect(whole).toMatchObject({ nvmlIndex: null, memory: { source: 'cuda', free: null } });
  });

  it('answers null for what neither library tells', () => {
    const mock = useMock({
      rules: [
        { library: 'cuda', call: 'cuDeviceGetName', code: 999 },
        { library: 'cuda', call: 'cuDeviceGetAttribute', code: 1 },
        { library: 'nvml', call: 'nvmlDeviceGetIndex', code: 3 },
        { library: 'nvml', call: 'nvmlDeviceIsMigDeviceHandle', code: 3 },
        { library: 'nvml', call: 'nvmlDeviceGetMemoryInfo*', code: 3 },
      ],
    });
    expect(devices()[0]).toMatchObject({
      name: null,
      computeCapability: null,
      nvmlIndex: null,
      mig: null,
      memory: { free: null, total: mock.state().devices[0]?.total, source: 'cuda' },
      failure: null,
    });
  });

  it('keeps a lost device in the list and says what it answered', () => {
    useMock({
      devices: THREE,
      rules: [{ library: 'nvml', call: 'nvmlDeviceGetMemoryInfo*', device: 2, code: 15 }],
    });
    const [lost, healthy] = devices();
    expect(lost).toMatchObject({ name: 'first', memory: null });
    expect(lost?.failure).toMatchObject({
      category: 'device-lost',
      evidence: 'probe',
      library: 'nvml',
      code: 15,
      call: 'nvmlDeviceGetMemoryInfo_v2',
      device: 0,
    });
    expect(healthy).toMatchObject({ name: 'second', failure: null });
  });

  it('starts NVML again when its driver was unloaded below it', () => {
    const mock = useMock({ devices: THREE });
    devices();
    const before = mock.calls('nvmlInit_v2');
    mock.inject({ library: 'nvml', call: 'nvmlDeviceGetMemoryInfo_v2', code: 9, times: 1 });
    expect(devices().map(({ memory }) => memory?.source)).toEqual(['nvml', 'nvml', 'nvml']);
    expect(mock.calls('nvmlInit_v2')).toBe(before + 1);
    // Its own hold was given up, or the new start would only have been counted.
    expect(mock.calls('nvmlShutdown')).toBe(1);
  });

  it.each([9, 18, 999])(
    'lists what the driver tells where NVML refuses to start: %p',
    async (code) => {
      useMock({
        devices: THREE,
        rules: [{ library: 'nvml', call: 'nvmlInit_v2', code }],
      });
      const told = { name: 'second', uuid: uuid('b'), pciBusId: '0000:11:00.0' };
      const failure = { library: 'nvml', code, call: 'nvmlInit_v2', device: 1 };
      const expected = { ...told, nvmlIndex: null, memory: null, failure };
      expect(devices()).toHaveLength(3);
      expect(devices()[1]).toMatchObject(expected);
      expect((await snapshot()).devices?.[1]).toMatchObject({ ...expected, timedOut: false });
    },
  );

  it('finds NVML again after it refused for a while', () => {
    const mock = useMock({ devices: 2 });
    devices();
    mock.inject({ library: 'nvml', call: 'nvmlDeviceGetMemoryInfo_v2', code: 9, times: 2 });
    mock.inject({ library: 'nvml', call: 'nvmlInit_v2', code: 9, times: 2 });
    expect(devices().map(({ failure }) => failure?.code ?? null)).toEqual([9, null]);
    expect(devices().map(({ failure }) => failure)).toEqual([null, null]);
  });

  it('throws with the driver’s own code where there is no device', () => {
    useMock({ devices: 0 });
    expect(failureOf(() => devices())).toMatchObject({ category: 'no-device', code: 100 });
  });
});
