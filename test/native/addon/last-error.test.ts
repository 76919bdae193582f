import {
  alloc,
  deviceCount,
  deviceMemory,
  lastError,
  libraries,
  peekLastError,
} from '../../../lib/cuda/index.js';
import { loadBinding } from '../../../lib/native/load.js';
import { resetFatalState } from '../../../lib/index.js';
import { useMock } from '../../../lib/mock/index.js';
import { eachTestFindsDevicesAtRest } from '../../helpers/devices-at-rest';
import { failureOf, thrownBy } from './support';

const NONE = { device: null, requestedBytes: null, file: null, line: null };

eachTestFindsDevicesAtRest();

// Sticky failures close the latch of the whole process, which other test files share.
afterEach(() => {
  resetFatalState();
});

describe('a version that is refused', () => {
  it('leaves no last error', () => {
    const mock = useMock({
      rules: [{ library: 'cudart', call: 'cuda*GetVersion', code: 46 }],
    });
    libraries();
    expect(mock.calls('cudaGetLastError')).toBe(0); // nor is the runtime initialised
    expect(peekLastError()).toBeNull();
    expect(loadBinding().driverVersion()).toBeNull();
    expect(peekLastError()).toBeNull();
  });
});

describe('the last error', () => {
  it('is null when there is none', () => {
    useMock();
    expect(lastError()).toBeNull();
    expect(peekLastError()).toBeNull();
  });

  it('is cleared by lastError and left by peekLastError', () => {
    const mock = useMock();
    // Somebody else's failure: nobody cleared it.
    mock.inject({ library: 'cudart', call: 'cudaGetDevice', code: 2, times: 1 });
    mock.inject({ library: 'cudart', call: 'cudaGetLastError', code: 2, times: 1 });
    const tag = { v: 1, library: 'cudart', code: 2, ...NONE };
    expect(lastError()).toEqual({ ...tag, call: 'cudaGetLastError' });
    expect(lastError()).toBeNull();
  });

  it('is left clear by a failed call of ours that is not sticky', () => {
    const mock = useMock();
    thrownBy(() => alloc(2 ** 50));
    expect(peekLastError()).toBeNull();
    expect(mock.calls('cudaGetLastError')).toBe(1);
  });

  it('stays after a sticky failure, however often it is asked', () => {
    useMock({
      rules: [{ library: 'cudart', call: 'cudaMalloc', code: 'cudaErrorIllegalAddress', times: 1 }],
    });
    expect(failureOf(() => alloc(16))).toMatchObject({ code: 700, sticky: true });
    const tag = { v: 1, library: 'cudart', code: 700, ...NONE };
    expect(peekLastError()).toEqual({ ...tag, call: 'cudaPeekAtLastError' });
    expect(lastError()).toEqual({ ...tag, call: 'cudaGetLastError' });
    expect(lastError()).toEqual({ ...tag, call: 'cudaGetLastError' });
  });

  it('is not touched by looking at devices and memory', () => {
    const mock = useMock({ devices: 0 });
    thrownBy(() => deviceCount());
    thrownBy(() => deviceMemory());
    const names = Object.keys(mock.calls()).filter((name) => name.startsWith('cuda'));
    expect(names).toEqual([]);
  });

  it('tells "no driver" from "driver too old" by the driver’s version', () => {
    useMock({ cudaDriverVersion: 0 });
    expect(loadBinding().driverVersion()).toBe(0);
    const absent = failureOf(() => alloc(16));
    expect(absent).toMatchObject({
      category: 'no-device',
      library: 'cudart',
      code: 35,
      name: 'cudaErrorInsufficientDriver',
      restart: 'environment',
      retryable: false,
      sticky: false,
      requestedBytes: 16,
    });
    expect(absent.remedy).toMatch(/Install the NVIDIA driver/);

    useMock({ cudaDriverVersion: 11040 });
    const old = failureOf(() => alloc(16));
    expect(old).toMatchObject({ category: 'driver-mismatch', code: 35, restart: 'environment' });
    expect(old.remedy).toMatch(/Update the NVIDIA driver.*11\.4/);
  });

  it('is asked once, not until it clears, where it never does', () => {
    const mock = useMock({ cudaDriverVersion: 0 });
    thrownBy(() => alloc(16));
    // One for the unanswered question after the current device, one for the failure.
    expect(mock.calls('cudaGetLastError')).toBeLessThanOrEqual(2);
    expect(lastError()?.code).toBe(35);
    expect(lastError()?.code).toBe(35);
  });
});
