import { alloc, deviceCount, deviceMemory, devices } from '../../../lib/cuda/index.js';
import { resetFatalState } from '../../../lib/index.js';
import { useMock } from '../../../lib/mock/index.js';
import type { MockDeviceState } from '../../../lib/mock/index.js';
import { eachTestFindsDevicesAtRest } from '../../helpers/devices-at-rest';
import { answerOf, failureOf, runProgram, thrownBy } from './support';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

eachTestFindsDevicesAtRest();
afterEach(resetFatalState);

describe('deviceMemory', () => {
  it('answers what NVML says, in bytes, by the second accounting', () => {
    const mock = useMock({
      devices: [{ memoryBytes: 16 * GiB, reservedBytes: GiB / 2, usedByOthersBytes: 3 * GiB }],
    });
    expect(deviceMemory()).toEqual({
      free: 12.5 * GiB,
      used: 3 * GiB,
      reserved: GiB / 2,
      total: 16 * GiB,
      source: 'nvml',
    });
    expect(mock.state().devices[0]?.contextActive).toBe(false);
  });

  it('creates no context and asks NVML alone once the devices are joined', () => {
    const mock = useMock();
    deviceMemory(0);
    const before = mock.calls();
    deviceMemory(0);
    const after = mock.calls();
    const changed = Object.keys(after).filter((name) => after[name] !== (before[name] ?? 0));
    expect(changed).toEqual(['nvmlDeviceGetMemoryInfo_v2']);
    expect(mock.calls('cuDevicePrimaryCtxRetain')).toBe(0);
    expect(mock.state().devices.every((device) => !device.contextActive)).toBe(true);
  });

  it.each([
    ['visibleDevices', { visibleDevices: '2,0' }, [3, 1]],
    ['cudaOrder', { cudaOrder: [1, 2, 0] }, [2, 3, 1]],
    ['both', { visibleDevices: '1', cudaOrder: [2, 0, 1] }, [1]],
  ])('joins the CUDA ordinal to its NVML device under %s', (_name, order, sizes) => {
    const devices = [1, 2, 3].map((size) => ({ memoryBytes: size * GiB }));
    const mock = useMock({ devices, ...order });
    expect(deviceCount()).toBe(sizes.length);
    expect(sizes.map((_, ordinal) => (deviceMemory(ordinal).total ?? 0) / GiB)).toEqual(sizes);
    for (const device of mock.state().devices) {
      if (device.cudaOrdinal === null) continue;
      expect(deviceMemory(device.cudaOrdinal).total).toBe(device.total);
    }
  });

  it('joins by PCI bus id where the driver tells no UUID', () => {
    const mock = useMock({
      devices: [{ memoryBytes: GiB }, { memoryBytes: 2 * GiB }],
      cudaOrder: [1, 0],
      rules: [{ library: 'cuda', call: 'cuDeviceGetUuid*', code: 801 }],
    });
    expect([deviceMemory(0).total, deviceMemory(1).total]).toEqual([2 * GiB, GiB]);
    expect(mock.calls('nvmlDeviceGetHandleByPciBusId_v2')).toBe(2);
    expect(mock.calls('nvmlDeviceGetHandleByUUID')).toBe(0);
  });

  it('reports the reserved part as unknown where only the first accounting exists', () => {
    useMock({
      devices: [{ memoryBytes: 8 * GiB, reservedBytes: GiB }],
      rules: [{ library: 'nvml', call: 'nvmlDeviceGetMemoryInfo_v2', code: 13 }],
    });
    expect(deviceMemory()).toEqual({
      free: 7 * GiB,
      used: GiB,
      reserved: null,
      total: 8 * GiB,
      source: 'nvml',
    });
  });

  it('asks the driver about unified memory, and answers null for what that does not know', () => {
    const mock = useMock({ devices: [{ profile: 'jetson-orin' }] });
    const now = (): MockDeviceState => mock.state().devices[0] as MockDeviceState;
    const unknown = { free: null, used: null, reserved: null };
    expect(deviceMemory()).toEqual({ ...unknown, total: now().total, source: 'cuda' });
    expect(now().contextActive).toBe(false);
    const buffer = alloc(MiB);
    expect(deviceMemory()).toEqual({
      free: now().free,
      used: now().total - now().free,
      reserved: null,
      total: now().total,
      source: 'cuda',
    });
    buffer.free();
  });

  it('initialises NVML once, and again when somebody has shut it down', () => {
    const mock = useMock();
    deviceMemory();
    deviceMemory();
    expect(mock.calls('nvmlInit_v2')).toBe(1);
    mock.inject({
      library: 'nvml',
      call: 'nvmlDeviceGetMemoryInfo_v2',
      code: 'NVML_ERROR_UNINITIALIZED',
      times: 2, // the fast way and the careful one
    });
    expect(deviceMemory().total).toBe(mock.state().devices[0]?.total);
    expect(mock.calls('nvmlInit_v2')).toBe(2);
  });

  it('does not remember that NVML refused to start', () => {
    useMock({ rules: [{ library: 'nvml', call: 'nvmlInit_v2', code: 9, times: 1 }] });
    expect(failureOf(() => deviceMemory())).toMatchObject({
      library: 'nvml',
      code: 9,
      name: 'NVML_ERROR_DRIVER_NOT_LOADED',
      call: 'nvmlInit_v2',
    });
    expect(deviceMemory().source).toBe('nvml');
  });

  it('says which device was lost', () => {
    useMock({
      devices: 2,
      rules: [{ library: 'nvml', call: 'nvmlDeviceGetMemoryInfo*', code: 15, device: 1 }],
    });
    expect(deviceMemory(0).total).toBeGreaterThan(0);
    expect(failureOf(() => deviceMemory(1))).toMatchObject({
      category: 'device-lost',
      library: 'nvml',
      code: 15,
      device: 1,
      call: 'nvmlDeviceGetMemoryInfo_v2',
    });
  });

  it('finds a device again that could not be found at first', () => {
    useMock({
      rules: [{ library: 'nvml', call: 'nvmlDeviceGetHandleBy*', code: 15, times: 6 }],
    });
    expect(failureOf(() => deviceMemory())).toMatchObject({ library: 'nvml', code: 15 });
    expect(deviceMemory().source).toBe('nvml');
  });

  it('asks the driver about a device that NVML may not show', () => {
    const mock = useMock({ rules: [{ library: 'nvml', call: 'nvmlDeviceGetHandleBy*', code: 4 }] });
    expect(deviceMemory()).toEqual({
      free: null,
      used: null,
      reserved: null,
      total: mock.state().devices[0]?.total,
      source: 'cuda',
    });
    expect(mock.state().devices[0]?.contextActive).toBe(false);
  });

  it.each([
    ['NVML may not be used at all', { library: 'nvml', call: 'nvmlInit_v2', code: 4 }],
    [
      'NVML finds another UUID at the bus id, that of the GPU it is a part of',
      { library: 'nvml', call: 'nvmlDeviceGetHandleByUUID', code: 6 },
      { library: 'nvml', call: 'nvmlDeviceGetUUID', code: 999 },
    ],
  ])('asks the driver where %s', (_why, ...rules) => {
    useMock({ rules: rules as never });
    expect(deviceMemory()).toMatchObject({ source: 'cuda', free: null });
  });

  it('lets a device that the driver refuses cost the others nothing', () => {
    useMock({
      devices: 2,
      rules: [{ library: 'cuda', call: 'cuDeviceGet', device: 1, code: 46 }],
    });
    expect(deviceMemory(0).source).toBe('nvml');
    expect(failureOf(() => deviceMemory(1))).toMatchObject({ code: 46, device: 1 });
    expect(devices().map(({ failure }) => failure?.code ?? null)).toEqual([null, 46]);
  });

  it('hands on that there is no such device', () => {
    useMock({ devices: 2 });
    expect(failureOf(() => deviceMemory(2))).toMatchObject({
      category: 'invalid-argument',
      library: 'cuda',
      code: 101,
      name: 'CUDA_ERROR_INVALID_DEVICE',
      call: 'cuDeviceGet',
      device: 2,
    });
  });

  it('fails with no-device where CUDA sees none', () => {
    useMock({ devices: 0 });
    expect(failureOf(() => deviceMemory())).toMatchObject({
      category: 'no-device',
      code: 100,
      call: 'cuInit',
      restart: 'environment',
    });
    expect(failureOf(() => deviceCount())).toMatchObject({ category: 'no-device', code: 100 });
  });

  it('sees the devices of a stand-in that was configured afresh', () => {
    useMock({ devices: [{ memoryBytes: GiB }] });
    expect(deviceMemory().total).toBe(GiB);
    const mock = useMock({ devices: [{ memoryBytes: 2 * GiB }] });
    expect(deviceMemory().total).toBe(2 * GiB);
    mock.reset();
    expect(deviceMemory().total).toBe(2 * GiB);
  });

  it.each<[unknown, string]>([
    [-1, 'RangeError'],
    [1.5, 'RangeError'],
    [Number.NaN, 'RangeError'],
    [2 ** 53, 'RangeError'],
    [2 ** 31, 'RangeError'],
    ['0', 'TypeError'],
    [null, 'TypeError'],
    [0n, 'TypeError'],
    [Symbol('0'), 'TypeError'],
    [{ valueOf: () => 0 }, 'TypeError'],
  ])('rejects the device %p before it asks anybody', (device, name) => {
    const mock = useMock();
    const error = thrownBy(() => deviceMemory(device as number));
    expect(error.name).toBe(name);
    expect(error.message).toMatch(/^device must be an integer from 0 to 2147483647; got /);
    expect(mock.calls()).toEqual({});
  });

  it('asks the driver where NVML is absent: the total, and the rest once the device is in use', () => {
    interface Answer {
      idle: object;
      contextAfterIdle: boolean;
      active: object;
      state: { total: number; free: number };
      missing: { reason: string }[];
    }
    const { idle, contextAfterIdle, active, state, missing } = answerOf<Answer>(
      runProgram('without-nvml.cjs', { GPU_EXCEPTIONS_NVML: '/nonexistent/libnvidia-ml.so.1' }),
    );
    expect(idle).toEqual({
      free: null,
      used: null,
      reserved: null,
      total: state.total,
      source: 'cuda',
    });
    expect(contextAfterIdle).toBe(false);
    expect(active).toEqual({
      free: state.free,
      used: state.total - state.free,
      reserved: null,
      total: state.total,
      source: 'cuda',
    });
    expect(missing).toHaveLength(1);
    expect(missing[0]?.reason).toMatch(/No such file/);
  });
});
