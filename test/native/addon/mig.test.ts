import { alloc, contextHealth, deviceMemory, devices, processes } from '../../../lib/cuda/index.js';
import { resetFatalState } from '../../../lib/index.js';
import { useMock } from '../../../lib/mock/index.js';
import type { Mock, MockDeviceState } from '../../../lib/mock/index.js';
import { eachTestFindsDevicesAtRest } from '../../helpers/devices-at-rest';
import { answerOf, failureOf, runProgram } from './support';

const GiB = 2 ** 30;
/** A whole board before the divided one, so that no number is 0 by chance. */
const BOARDS = [
  { profile: 'l4' as const, uuid: 'GPU-aaaaaaaa-0000-1111-2222-aaaaaaaaaaaa' },
  { profile: 'a100-40gb' as const, mig: ['3g.20gb', '2g.10gb', '1g.5gb'] },
];

const instancesOf = (mock: Mock): MockDeviceState[] => mock.state().devices[1]?.migDevices ?? [];
const uuids = instancesOf(useMock({ devices: BOARDS })).map(({ uuid }) => uuid);
const [large = '', middle = '', small = ''] = uuids;
/** As much of the second one's UUID as tells it from the others. */
const beginning = Array.from(middle, (_, i) => middle.slice(0, i + 1)).find(
  (start) => uuids.filter((uuid) => uuid.startsWith(start)).length === 1,
);

eachTestFindsDevicesAtRest();
afterEach(resetFatalState);

describe('MIG instances under CUDA_VISIBLE_DEVICES', () => {
  it.each<[string, string, [string, number][]]>([
    ['a UUID', middle, [[middle, 10]]],
    ['the beginning of a UUID', beginning ?? '', [[middle, 10]]],
    ['a beginning of several, which names none', 'MIG-', []],
    ['a list, in its order', `${small},${large}`, [[small, 5], [large, 20]]], // prettier-ignore
    ['a UUID of none, which ends the list', `${middle},MIG-none,${small}`, [[middle, 10]]],
    ['the older form, which ends the list', `${small},MIG-GPU-0/7/0`, [[small, 5]]],
  ])('%s', (_what, list, expected) => {
    const result = runProgram('devices.cjs', {
      GPU_EXCEPTIONS_BACKEND: 'mock',
      GPU_EXCEPTIONS_MOCK_SCENARIO: JSON.stringify({ devices: BOARDS }),
      CUDA_VISIBLE_DEVICES: list,
    });
    if (expected.length === 0) {
      expect(result.stderr).toContain('CUDA_ERROR_NO_DEVICE');
      return;
    }
    const seen = answerOf<ReturnType<typeof devices>>(result);
    expect(seen.map(({ device }) => device)).toEqual(expected.map((_, ordinal) => ordinal));
    expect(seen.map(({ uuid, memory }) => [uuid, (memory?.total ?? 0) / GiB])).toEqual(expected);
    // NVML's number is that of the board, which no variable changes.
    for (const each of seen) expect(each).toMatchObject({ mig: true, nvmlIndex: 1, failure: null });
  });

  it('every question is about the instance, and not about its board or another one', async () => {
    const mock = useMock({ devices: BOARDS, visibleDevices: `${small},${middle}` });
    const before = deviceMemory(1);
    const buffer = alloc(GiB, { device: 1 });
    const state = instancesOf(mock)[1] as MockDeviceState;
    expect([state.uuid, state.contextActive]).toEqual([middle, true]);
    expect(deviceMemory(1)).toMatchObject({ free: state.free, total: 10 * GiB, source: 'nvml' });
    expect((before.free ?? 0) - (deviceMemory(1).free ?? 0)).toBeGreaterThanOrEqual(GiB);
    expect(deviceMemory(0)).toMatchObject({ used: 0, total: 5 * GiB });
    expect(processes(1)).toMatchObject([{ pid: process.pid, type: 'compute' }]);
    expect(processes(0)).toEqual([]);
    expect(await contextHealth(1)).toMatchObject({ active: true, poisoned: null });
    expect(await contextHealth(0)).toMatchObject({ active: false, poisoned: null });
    buffer.free();
  });

  it('an instance that is not in the list is no device', () => {
    useMock({ devices: BOARDS, visibleDevices: `${small},MIG-none,${large}` });
    expect(devices()).toHaveLength(1);
    expect(failureOf(() => deviceMemory(1))).toMatchObject({ code: 101, device: 1 });
    expect(failureOf(() => processes(1))).toMatchObject({ code: 101, device: 1 });
  });
});

describe('where NVML does not support everything, what is unknown is null', () => {
  it('WSL 2: no lists of processes', () => {
    const notSupported = { library: 'nvml', code: 'NVML_ERROR_NOT_SUPPORTED' } as const;
    useMock({ rules: [{ ...notSupported, call: '*RunningProcesses*' }] });
    const buffer = alloc(1);
    expect(processes()).toBeNull();
    expect(devices()[0]).toMatchObject({ nvmlIndex: 0, memory: { source: 'nvml' }, failure: null });
    buffer.free();
  });

  it('unified memory: no figures of NVML’s, and no reserved part', () => {
    const mock = useMock({ devices: [{ profile: 'jetson-orin' }] });
    const total = mock.state().devices[0]?.total;
    const memory = { free: null, used: null, reserved: null, total, source: 'cuda' };
    expect(devices()[0]).toMatchObject({ name: 'Orin', mig: false, memory, failure: null });
    expect(mock.state().devices[0]?.contextActive).toBe(false);
  });
});
