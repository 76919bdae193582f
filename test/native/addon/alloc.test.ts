import { constants } from 'node:buffer';
import { totalmem } from 'node:os';
import fc from 'fast-check';
import * as exceptions from '../../../lib/exceptions/index.js';
import { DeviceBuffer, alloc, deviceMemory, peekLastError } from '../../../lib/cuda/index.js';
import { loadBinding } from '../../../lib/native/load.js';
import { resetFatalState } from '../../../lib/index.js';
import { useMock } from '../../../lib/mock/index.js';
import { eachTestFindsDevicesAtRest } from '../../helpers/devices-at-rest';
import { callsOf, failureOf, thrownBy } from './support';

const GiB = 2 ** 30;

eachTestFindsDevicesAtRest();

// Sticky failures close the latch of the whole process, which other test files share.
afterEach(() => {
  resetFatalState();
});

describe('alloc', () => {
  it('allocates on the device that was asked for, and gives it back', () => {
    const mock = useMock({ devices: 2 });
    const buffer = alloc(4096, { device: 1 });
    expect(buffer).toBeInstanceOf(DeviceBuffer);
    expect([buffer.byteLength, buffer.device, buffer.freed]).toEqual([4096, 1, false]);
    expect(typeof buffer.address).toBe('bigint');
    expect(buffer.address).toBeGreaterThan(0n);
    expect(mock.state().devices.map(({ allocations }) => allocations)).toEqual([0, 1]);
    const live = loadBinding().liveAllocations();
    buffer.free();
    expect(buffer.freed).toBe(true);
    expect(loadBinding().liveAllocations()).toBe(live - 1);
    expect(mock.state().allocations).toBe(0);
  });

  it('leaves the thread’s current device as it was', () => {
    const mock = useMock({ devices: 2 });
    const buffer = alloc(64, { device: 1 });
    alloc(64).free();
    buffer.free();
    expect(mock.calls('cudaSetDevice')).toBe(0);
    expect(mock.calls('cuCtxPopCurrent_v2')).toBe(2);
  });

  it('gives no context to a device that nobody asked for', () => {
    const mock = useMock({ devices: 2 });
    alloc(4096, { device: 1 }).free();
    expect(mock.state().devices.map(({ contextActive }) => contextActive)).toEqual([false, true]);
  });

  it('works on another device while the current one has no room for a context', () => {
    const full = { memoryBytes: GiB, usedByOthersBytes: GiB - 2 ** 20, reservedBytes: 0 };
    useMock({ devices: [full, {}] });
    const buffer = alloc(4096, { device: 1 });
    expect(failureOf(() => alloc(16))).toMatchObject({ code: 2, device: 0 });
    buffer.free();
  });

  it('carries the evidence when memory is exhausted', () => {
    const mock = useMock({
      devices: [{ memoryBytes: 8 * GiB, reservedBytes: 0, usedByOthersBytes: 5 * GiB }],
      contextOverheadBytes: GiB,
    });
    const error = thrownBy(() => alloc(4 * GiB)) as exceptions.CUDAOutOfMemoryException;
    expect(error).toBeInstanceOf(exceptions.CUDAOutOfMemoryException);
    expect(error.message).toBe('CUDA error: out of memory');
    expect(error.failure).toEqual(
      expect.objectContaining({
        category: 'out-of-memory',
        evidence: 'tag',
        library: 'cudart',
        code: 2,
        name: 'cudaErrorMemoryAllocation',
        call: 'cudaMalloc',
        device: 0,
        requestedBytes: 4 * GiB,
        memory: {
          free: 2 * GiB,
          used: 6 * GiB,
          reserved: null,
          total: 8 * GiB,
          source: 'cuda',
        },
        sticky: false,
        retryable: true,
      }),
    );
    expect(peekLastError()).toBeNull();
    expect(mock.state().allocations).toBe(0);
    // What fits is still to be had.
    alloc(GiB).free();
  });

  it('is not retryable when the device is too small in all', () => {
    useMock({ devices: [{ memoryBytes: GiB }] });
    expect(failureOf(() => alloc(2 * GiB))).toMatchObject({
      category: 'out-of-memory',
      retryable: false,
      requestedBytes: 2 * GiB,
    });
  });

  it('does not touch the device again after a sticky failure', () => {
    const mock = useMock({
      rules: [{ library: 'cudart', call: 'cudaMalloc', code: 700, times: 1 }],
    });
    expect(failureOf(() => alloc(16))).toMatchObject({
      category: 'kernel-fault',
      code: 700,
      call: 'cudaMalloc',
      requestedBytes: 16,
      memory: null,
      restart: 'process',
    });
    expect(mock.calls('cudaMemGetInfo')).toBe(0);
    expect(mock.calls('cudaGetLastError')).toBe(0);
  });

  it('names the call that refused the device', () => {
    useMock();
    expect(failureOf(() => alloc(16, { device: 3 }))).toMatchObject({
      category: 'invalid-argument',
      code: 101,
      library: 'cuda',
      call: 'cuDeviceGet',
      device: 3,
      requestedBytes: 16,
    });
    expect(peekLastError()).toBeNull();
  });

  it.each<[unknown, string]>([
    [0, 'RangeError'],
    [-1, 'RangeError'],
    [1.5, 'RangeError'],
    [Number.NaN, 'RangeError'],
    [Infinity, 'RangeError'],
    [2 ** 53, 'RangeError'],
    ['16', 'TypeError'],
    [16n, 'TypeError'],
    [Symbol('16'), 'TypeError'],
    [undefined, 'TypeError'],
  ])('rejects %p bytes before any native call', (bytes, name) => {
    const mock = useMock();
    const error = thrownBy(() => alloc(bytes as number));
    expect(error.name).toBe(name);
    expect(error.message).toMatch(/^bytes must be an integer from 1 to 9007199254740991; got /);
    expect(callsOf(mock)).toEqual({});
  });

  it.each<[unknown, RegExp]>([
    [null, /^options must be an object; got null/],
    [3, /^options must be an object; got 3/],
    [{ device: -1 }, /^options\.device must be an integer from 0 to 2147483647; got -1/],
    [{ device: '0' }, /^options\.device must be an integer from 0 to 2147483647; got "0"/],
    [{ devices: 1 }, /^options\.devices is not an option; allowed: device/],
  ])('rejects the options %p', (options, message) => {
    const mock = useMock();
    expect(thrownBy(() => alloc(16, options as object)).message).toMatch(message);
    expect(callsOf(mock)).toEqual({});
  });
});

describe('a DeviceBuffer', () => {
  it('is freed once: a second time and a use afterwards are TypeErrors', () => {
    const mock = useMock();
    const buffer = alloc(16);
    buffer.free();
    const before = mock.calls('cudaFree');
    expect(() => {
      buffer.free();
    }).toThrow(new TypeError('free(): this DeviceBuffer was freed before'));
    expect(() => buffer.address).toThrow(TypeError);
    expect(mock.calls('cudaFree')).toBe(before);
  });

  it('is disposed of by `using`, also after it was freed by hand', () => {
    const mock = useMock();
    {
      using scoped = alloc(16);
      expect(scoped.freed).toBe(false);
      using freed = alloc(16);
      freed.free();
    }
    expect(mock.state().allocations).toBe(0);
  });

  it('cannot be constructed', () => {
    const Constructor = DeviceBuffer as unknown as new (...args: unknown[]) => unknown;
    expect(() => new Constructor()).toThrow(
      new TypeError('DeviceBuffer cannot be constructed; call alloc(bytes, { device })'),
    );
    expect(() => new Constructor(Symbol('made by alloc()'), 1, 16, 0)).toThrow(TypeError);
  });

  it('counts as freed when cudaFree fails, and says how it failed', () => {
    useMock({ rules: [{ library: 'cudart', call: 'cudaFree', code: 719, times: 1 }] });
    const buffer = alloc(16);
    expect(failureOf(() => buffer.free())).toMatchObject({
      code: 719,
      call: 'cudaFree',
      sticky: true,
      mayBeEarlier: true,
    });
    expect(buffer.freed).toBe(true);
  });

  it('takes a runtime that is unloading for one that has freed it', () => {
    useMock({ rules: [{ library: 'cudart', call: 'cudaFree', code: 4, times: 1 }] });
    const buffer = alloc(16);
    expect(() => buffer.free()).not.toThrow();
    expect(peekLastError()).toBeNull();
  });

  it('takes a runtime that is unloading for one that has freed it, whatever call says so', () => {
    const mock = useMock({ devices: 2 });
    const buffers = [alloc(16), alloc(16, { device: 1 })];
    mock.inject({ library: 'cudart', call: 'cuda*', code: 4 });
    for (const buffer of buffers) expect(() => buffer.free()).not.toThrow();
  });

  it('can be let go of after the stand-in was configured afresh, without a native call', () => {
    useMock();
    const buffer = alloc(16);
    const mock = useMock();
    buffer.free();
    expect(mock.calls('cudaFree')).toBe(0);
  });
});

describe('handles', () => {
  it('are recognised as freed, unknown or foreign, before any native call', () => {
    const mock = useMock();
    const binding = loadBinding();
    const handle = binding.alloc(16, 0, 0);
    binding.free(handle);
    const again = binding.alloc(16, 0, 0); // the same slot
    expect(again).not.toBe(handle);
    const calls = mock.calls();
    expect(() => binding.free(handle)).toThrow(
      new TypeError('handle: the device memory was freed before'),
    );
    expect(() => binding.address(handle)).toThrow(TypeError);
    expect(() => binding.free(0)).toThrow(
      new TypeError('handle: no device memory has this handle'),
    );
    expect(() => binding.free(again + 2 ** 40)).toThrow(
      new TypeError("handle: it belongs to another thread's environment"),
    );
    expect(mock.calls()).toEqual(calls);
    binding.free(again);
  });

  it('never free what they do not name, whatever number comes', () => {
    useMock();
    const binding = loadBinding();
    const handle = binding.alloc(16, 0, 0);
    const live = binding.liveAllocations();
    fc.assert(
      fc.property(fc.double(), (number) => {
        fc.pre(number !== handle);
        expect(() => binding.free(number)).toThrow(TypeError);
        expect(binding.liveAllocations()).toBe(live);
      }),
    );
    binding.free(handle);
  });

  it('keep the ledger and NVML’s view in step over any sequence of allocations', () => {
    const mock = useMock({ devices: 2 });
    fc.assert(
      fc.property(
        fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 1 << 20 }), device: fc.nat(1) }), {
          maxLength: 20,
        }),
        (wanted) => {
          const buffers = wanted.map(({ bytes, device }) => alloc(bytes, { device }));
          expect(mock.state().allocations).toBe(buffers.length);
          for (const device of [0, 1]) {
            expect(deviceMemory(device).free).toBe(mock.state().devices[device]?.free);
          }
          buffers.forEach((buffer) => {
            buffer.free();
          });
          expect(mock.state().allocations).toBe(0);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('page-locked memory that is refused', () => {
  it('carries the machine’s memory, which is what ran out, and not the device’s', () => {
    const mock = useMock({ devices: [{ memoryBytes: 2 ** 20, reservedBytes: 0 }] });
    const refuse = (bytes: number) => {
      const rule = { library: 'cudart', call: 'cudaHostAlloc', code: 2, times: 1 } as const;
      mock.inject(rule);
      return failureOf(() => alloc(bytes, { host: 'pinned' }));
    };
    const failure = refuse(4 * 2 ** 20); // more than the device has
    expect(failure).toMatchObject({
      category: 'out-of-memory',
      call: 'cudaHostAlloc',
      device: 0,
      requestedBytes: 4 * 2 ** 20,
      retryable: true,
      remedy: expect.stringContaining('page-locked') as string,
      memory: { total: totalmem(), reserved: null, source: 'host' },
    });
    const { free, used } = failure.memory as { free: number; used: number };
    expect(free).toBeGreaterThan(0);
    expect(free + used).toBe(totalmem());
    expect(peekLastError()).toBeNull();
    expect(mock.calls('cudaMemGetInfo')).toBe(0);
    const beyond = Math.min(totalmem() * 2, constants.MAX_LENGTH);
    if (beyond > totalmem()) expect(refuse(beyond).retryable).toBe(false);
  });
});
