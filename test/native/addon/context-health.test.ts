import { setImmediate as turn } from 'node:timers/promises';
import type { GPUException } from '../../../lib/exceptions/index.js';
import { alloc, contextHealth, snapshot } from '../../../lib/cuda/index.js';
import { resetFatalState } from '../../../lib/index.js';
import { useMock } from '../../../lib/mock/index.js';
import { eachTestFindsDevicesAtRest } from '../../helpers/devices-at-rest';
import { thrownBy } from './support';

const rejection = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => {
      throw new Error('it was fulfilled');
    },
    (error: unknown) => error as Error,
  );

eachTestFindsDevicesAtRest();

// Sticky failures close the latch of the whole process, which other test files share.
afterEach(() => {
  resetFatalState();
});

describe('contextHealth', () => {
  it('finds no context where there is none, and makes none', async () => {
    const mock = useMock({ devices: 2 });
    expect(await contextHealth(1)).toEqual({
      device: 1,
      active: false,
      poisoned: null,
      timedOut: false,
    });
    expect(mock.state().devices.map(({ contextActive }) => contextActive)).toEqual([false, false]);
    expect(mock.calls('cuDevicePrimaryCtxRetain')).toBe(0);
  });

  it('looks into an active context and leaves it as it was', async () => {
    const mock = useMock();
    const buffer = alloc(16);
    expect(await contextHealth()).toEqual({
      device: 0,
      active: true,
      poisoned: null,
      timedOut: false,
    });
    expect(mock.calls('cuCtxPopCurrent_v2')).toBe(mock.calls('cuCtxPushCurrent_v2'));
    expect(mock.calls('cuDevicePrimaryCtxRelease_v2')).toBe(mock.calls('cuDevicePrimaryCtxRetain'));
    // Relaxed, and back.
    expect(mock.calls('cuThreadExchangeStreamCaptureMode')).toBe(2);
    buffer.free();
  });

  it('says with what a poisoned context answers', async () => {
    useMock({ rules: [{ library: 'cudart', call: 'cudaMalloc', code: 700, times: 1 }] });
    thrownBy(() => alloc(16));
    const { active, poisoned, timedOut } = await contextHealth();
    expect([active, timedOut]).toEqual([true, false]);
    expect(poisoned).toMatchObject({
      category: 'kernel-fault',
      evidence: 'probe',
      library: 'cuda',
      code: 700,
      name: 'CUDA_ERROR_ILLEGAL_ADDRESS',
      device: 0,
      sticky: true,
      restart: 'process',
    });
    expect(poisoned?.call).toMatch(/^cu/);
  });

  it('rejects with the driver’s own answer when the question cannot be asked', async () => {
    useMock({ devices: 0 });
    const none = (await rejection(contextHealth())) as GPUException;
    expect(none.failure).toMatchObject({ category: 'no-device', code: 100, call: 'cuInit' });

    useMock();
    const wrong = (await rejection(contextHealth(5))) as GPUException;
    expect(wrong.failure).toMatchObject({ code: 101, call: 'cuDeviceGet', device: 5 });
  });

  it.each([
    ['cuDevicePrimaryCtxRetain', 2],
    ['cuDevicePrimaryCtxRelease_v2', 4],
  ])('takes a refusal of %s that will not stay for no answer', async (call, code) => {
    const mock = useMock();
    const buffer = alloc(16);
    mock.inject({ library: 'cuda', call, code, times: 1 });
    const { failure } = (await rejection(contextHealth())) as GPUException;
    expect(failure).toMatchObject({ code, call, device: 0, sticky: false });
    expect(await contextHealth()).toMatchObject({ active: true, poisoned: null });
    buffer.free();
  });

  it('neither holds up the event loop nor other devices when the driver hangs', async () => {
    const mock = useMock({
      devices: 2,
      rules: [{ library: 'cuda', call: 'cuDevicePrimaryCtxGetState', device: 0, hang: true }],
    });
    const hung = [contextHealth(0, { timeoutMs: 150 }), contextHealth(0, { timeoutMs: 150 })];
    while (mock.state().hanging === 0) await turn();
    expect(await contextHealth(1)).toMatchObject({ active: false, timedOut: false });
    for (const answer of await Promise.all(hung)) {
      expect(answer).toEqual({ device: 0, active: null, poisoned: null, timedOut: true });
    }
    // The question is still with the driver and is not asked again: one for each device.
    const late = contextHealth(0, { timeoutMs: 10_000 });
    expect(mock.calls('cuDevicePrimaryCtxGetState')).toBe(2);
    useMock(); // the hung call returns; the machine it was asked of is gone
    expect((await rejection(late)).name).toBe('GPUException');
    expect(await contextHealth(0)).toMatchObject({ device: 0, active: false, timedOut: false });
  });

  it('waits for no answer of NVML’s, since it asks the driver alone', async () => {
    const mock = useMock();
    const buffer = alloc(16);
    mock.inject({ library: 'nvml', call: 'nvmlDevice*', hang: true });
    const open = snapshot({ timeoutMs: 60_000 });
    while (mock.state().hanging === 0) await turn();
    expect(await contextHealth(0, { timeoutMs: 30_000 })).toMatchObject({
      active: true,
      poisoned: null,
      timedOut: false,
    });
    buffer.free();
    useMock(); // the hung call returns
    await open;
  });

  it.each<[unknown, unknown, string, RegExp]>([
    [-1, {}, 'RangeError', /^device must be an integer/],
    ['0', {}, 'TypeError', /^device must be an integer.*got "0"/],
    [Symbol('0'), {}, 'TypeError', /^device must be an integer/],
    [0, null, 'TypeError', /^options must be an object; got null/],
    [0, { timeoutMs: 0 }, 'RangeError', /^options\.timeoutMs must be an integer from 1/],
    [0, { timeoutMs: '1' }, 'TypeError', /^options\.timeoutMs must be an integer from 1/],
    [0, { timeout: 5 }, 'TypeError', /^options\.timeout is not an option; allowed: timeoutMs/],
  ])('rejects (%p, %p) before it asks anybody', async (device, options, name, message) => {
    const mock = useMock();
    const error = await rejection(contextHealth(device as number, options as object));
    expect(error.name).toBe(name);
    expect(error.message).toMatch(message);
    expect(mock.calls()).toEqual({});
  });
});
