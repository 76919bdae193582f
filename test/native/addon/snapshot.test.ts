import { setImmediate as turn } from 'node:timers/promises';
import { alloc, snapshot } from '../../../lib/cuda/index.js';
import { resetFatalState } from '../../../lib/index.js';
import { useMock } from '../../../lib/mock/index.js';
import { eachTestFindsDevicesAtRest } from '../../helpers/devices-at-rest';

eachTestFindsDevicesAtRest();
afterEach(() => {
  resetFatalState();
});

describe('snapshot', () => {
  it('tells devices, memory, processes and health of all devices', async () => {
    const mock = useMock({ devices: 2 });
    const buffer = alloc(4096);
    const { takenAt, devices, failure, timedOut } = await snapshot();
    expect(Date.parse(takenAt)).not.toBeNaN();
    expect([failure, timedOut]).toEqual([null, false]);
    expect(devices?.map(({ device, nvmlIndex }) => [device, nvmlIndex])).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(devices?.[0]).toMatchObject({
      memory: { source: 'nvml' },
      processes: [{ pid: process.pid, type: 'compute' }],
      health: { device: 0, active: true, poisoned: null, timedOut: false },
      failure: null,
      timedOut: false,
    });
    expect(devices?.[1]).toMatchObject({ processes: [], health: { active: false } });
    expect(mock.state().devices.map(({ contextActive }) => contextActive)).toEqual([true, false]);
    buffer.free();
  });

  it('keeps its deadline when one device hangs, and tells the rest', async () => {
    const mock = useMock({
      devices: 3,
      rules: [{ library: 'nvml', call: 'nvmlDeviceGetMemoryInfo_v2', device: 1, hang: true }],
    });
    const started = performance.now();
    let turns = 0;
    const question = snapshot({ timeoutMs: 300 });
    const counting = setInterval(() => (turns += 1), 10);
    const { devices, timedOut } = await question;
    clearInterval(counting);
    expect(performance.now() - started).toBeLessThan(1500);
    expect(turns).toBeGreaterThan(5); // the loop went on
    expect(timedOut).toBe(true);
    expect(devices?.map((device) => device.timedOut)).toEqual([false, true, false]);
    expect(devices?.[1]).toMatchObject({ device: 1, memory: null, processes: null });
    expect(devices?.[2]?.memory?.total).toBeGreaterThan(0);

    // The open question is not asked again.
    const before = mock.calls('nvmlDeviceGetMemoryInfo_v2');
    await snapshot({ timeoutMs: 100 });
    expect(mock.calls('nvmlDeviceGetMemoryInfo_v2')).toBe(before + 2);
    useMock();
    while ((await snapshot()).timedOut) await turn();
  });

  it('tells names and a true health while NVML hangs', async () => {
    const mock = useMock({ devices: [{ name: 'first', computeCapability: '8.6' }] });
    const buffer = alloc(4096);
    mock.inject({ library: 'nvml', call: '*', hang: true });
    const { devices } = await snapshot({ timeoutMs: 300 });
    expect(devices?.[0]).toMatchObject({
      name: 'first',
      uuid: mock.state().devices[0]?.uuid,
      pciBusId: expect.stringMatching(/^[0-9A-F]{4}:/) as string,
      computeCapability: '8.6',
      nvmlIndex: null,
      memory: null,
      processes: null,
      health: { device: 0, active: true, poisoned: null, timedOut: false },
      timedOut: true,
    });
    buffer.free();
    useMock();
    while ((await snapshot()).timedOut) await turn();
  });

  it('tells memory and processes while the context hangs', async () => {
    const mock = useMock();
    const buffer = alloc(4096);
    mock.inject({ library: 'cuda', call: 'cuMemGetInfo*', hang: true });
    const { devices } = await snapshot({ timeoutMs: 300 });
    expect(devices?.[0]).toMatchObject({
      memory: { source: 'nvml' },
      processes: [{ pid: process.pid }],
      health: { active: null, timedOut: true },
      timedOut: true,
    });
    useMock();
    buffer.free();
    while ((await snapshot()).timedOut) await turn();
  });

  it('answers in time when the driver never initialises', async () => {
    useMock({ rules: [{ library: 'cuda', call: 'cuInit', hang: true }] });
    const started = performance.now();
    expect(await snapshot({ timeoutMs: 100 })).toMatchObject({
      devices: null,
      failure: null,
      timedOut: true,
    });
    expect(performance.now() - started).toBeLessThan(1000);
    useMock();
    while ((await snapshot()).timedOut) await turn();
  });

  it('says why there are no devices', async () => {
    useMock({ cudaDriverVersion: 0, devices: 0 });
    const { devices, failure, timedOut } = await snapshot();
    expect([devices, timedOut]).toEqual([null, false]);
    expect(failure).toMatchObject({ category: 'no-device', library: 'cuda', call: 'cuInit' });
  });

  it('says of a device what it refused, and still tells what it did not', async () => {
    useMock({
      devices: 2,
      rules: [{ library: 'nvml', call: '*RunningProcesses*', device: 0, code: 15 }],
    });
    const { devices } = await snapshot();
    expect(devices?.[0]).toMatchObject({
      processes: null,
      failure: { category: 'device-lost', code: 15, device: 0 },
      timedOut: false,
    });
    expect(devices?.[0]?.memory?.total).toBeGreaterThan(0);
    expect(devices?.[1]?.failure).toBeNull();
  });

  it('shares one question among those who ask at once', async () => {
    const mock = useMock();
    await Promise.all([snapshot(), snapshot(), snapshot()]);
    expect(mock.calls('nvmlDeviceGetMemoryInfo_v2')).toBe(1);
  });

  it.each<[unknown, RegExp]>([
    [null, /^options must be an object; got null/],
    [{ timeoutMs: 0 }, /^options\.timeoutMs must be an integer from 1/],
    [{ timeout: 1 }, /^options\.timeout is not an option; allowed: timeoutMs/],
  ])('rejects %p before it asks anybody', async (options, message) => {
    const mock = useMock();
    await expect(snapshot(options as object)).rejects.toThrow(message);
    expect(mock.calls()).toEqual({});
  });
});
