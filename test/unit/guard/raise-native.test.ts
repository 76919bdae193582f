import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { raiseNative, readMemory } from '../../../lib/guard/raise-native.js';
import {
  catchGpuExceptions,
  CUDAOutOfMemoryException,
  fatalState,
  GPUException,
  resetFatalState,
} from '../../../lib/index.js';
import type { NativeFailure } from '../../../lib/native/answers.js';
import { thrownBy } from '../../helpers/gpu-errors.js';

afterEach(resetFatalState);

const failure = (given: Partial<NativeFailure> = {}): NativeFailure => ({
  library: 'cudart',
  code: 2,
  call: 'cudaMalloc',
  device: 0,
  requestedBytes: 1 << 30,
  detail: null,
  memory: null,
  ...given,
});

describe('raiseNative', () => {
  test('an exhausted device: everything that is known is on the exception', () => {
    const GiB = 1024 ** 3;
    const memory = Float64Array.of(GiB / 2, 7 * GiB, GiB / 2, 8 * GiB, 1);
    const exception = raiseNative(failure({ memory }));
    expect(exception).toBeInstanceOf(CUDAOutOfMemoryException);
    expect(exception.failure).toEqual({
      category: 'out-of-memory',
      evidence: 'tag',
      library: 'cudart',
      code: 2,
      name: 'cudaErrorMemoryAllocation',
      call: 'cudaMalloc',
      device: 0,
      requestedBytes: GiB,
      memory: { free: GiB / 2, used: 7 * GiB, reserved: GiB / 2, total: 8 * GiB, source: 'nvml' },
      sticky: false,
      retryable: true,
      restart: 'none',
      mayBeEarlier: false,
      remedy: expect.any(String),
    });
    expect(exception.message).toBe('CUDA error: out of memory');
  });

  test('the cause says which call answered what, and carries the tag', () => {
    const { cause } = raiseNative(failure({ detail: 'asked by alloc()' }));
    expect(cause).toBeInstanceOf(Error);
    expect((cause as Error).message).toBe(
      'cudaMalloc (1073741824 bytes) on device 0 answered cudaErrorMemoryAllocation (2): asked by alloc()',
    );
    const tag = Object.getOwnPropertyDescriptor(cause, Symbol.for('gpu-exceptions.tag'));
    expect(tag?.enumerable).toBe(false);
    expect(tag?.value).toEqual({
      v: 1,
      library: 'cudart',
      code: 2,
      call: 'cudaMalloc',
      device: 0,
      requestedBytes: 1 << 30,
      file: null,
      line: null,
    });
  });

  test('a request beyond the whole device is never retryable', () => {
    const memory = Float64Array.of(100, 0, 0, 100, 2);
    const { failure: judged } = raiseNative(failure({ memory, requestedBytes: 101 }));
    expect(judged).toMatchObject({ retryable: false, memory: { source: 'cuda', total: 100 } });
  });

  test('a sticky code closes the latch at once', () => {
    const exception = raiseNative(failure({ code: 700, call: 'cudaFree', requestedBytes: null }));
    expect(fatalState()).toEqual(exception.failure);
    expect((thrownBy(() => catchGpuExceptions(() => 1)) as Error).cause).toBe(exception);
  });

  test('code 35: no driver or one that is too old, by the driver’s version', () => {
    const code35 = (driverVersion: number | null) =>
      raiseNative(failure({ code: 35, requestedBytes: null, driverVersion })).failure;
    expect(code35(0)).toMatchObject({ category: 'no-device', restart: 'environment' });
    expect(code35(11040)).toMatchObject({ category: 'driver-mismatch' });
    expect(code35(11040)?.remedy).toContain('11.4');
    expect(code35(null)).toMatchObject({ category: 'driver-mismatch' });
    expect(fatalState()).toBeNull();
  });

  test.each<[string, Partial<NativeFailure>, string]>([
    [
      'a library that could not be opened',
      { code: null, call: null, device: null, requestedBytes: null, detail: 'libcudart.so.13: no' },
      'cudart could not be called: libcudart.so.13: no',
    ],
    [
      'a code that nobody knows',
      { code: 98765, device: null, requestedBytes: null },
      'cudaMalloc answered cudart status 98765',
    ],
    [
      'a mere status',
      { code: 600, device: null, requestedBytes: null },
      'cudaMalloc answered cudaErrorNotReady (600)',
    ],
    [
      'success',
      { code: 0, device: null, requestedBytes: null },
      'cudaMalloc answered cudaSuccess (0)',
    ],
  ])('%s is an exception all the same', (_name, given, message) => {
    const exception = raiseNative(failure(given));
    expect(exception).toBeInstanceOf(GPUException);
    expect(exception.failure).toMatchObject({ library: 'cudart', evidence: 'tag' });
    expect((exception.cause as Error).message).toBe(message);
  });

  test('is published once; guards on the way up pass it on', () => {
    const seen: unknown[] = [];
    const listener = (message: unknown): void => void seen.push(message);
    subscribe('gpu-exceptions:failure', listener);
    const exception = raiseNative(failure());
    const thrown = thrownBy(() =>
      catchGpuExceptions(() => {
        throw exception;
      }),
    );
    unsubscribe('gpu-exceptions:failure', listener);
    expect(thrown).toBe(exception);
    expect(seen).toEqual([{ exception, failure: exception.failure }]);
  });
});

describe('readMemory', () => {
  test('NaN is unknown, 0 is a figure', () => {
    expect(readMemory(Float64Array.of(0, 10, NaN, 10, 1))).toEqual({
      free: 0,
      used: 10,
      reserved: null,
      total: 10,
      source: 'nvml',
    });
    expect(readMemory(Float64Array.of(NaN, NaN, NaN, NaN, NaN))).toBeNull();
  });
});
