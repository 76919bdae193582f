import { GiB, MiB, call, configure, device, malloc, memoryInfo, out, readInt } from './stand-in';

const OVERHEAD = 100 * MiB;

beforeEach(() => {
  configure({ devices: 2, contextOverheadBytes: OVERHEAD });
});

function retain(ordinal: number): bigint {
  const context = out(8);
  expect(call('cuDevicePrimaryCtxRetain', context, ordinal)).toBe(0);
  return context.readBigUInt64LE();
}

function isActive(ordinal: number): boolean {
  const flags = out(4);
  const active = out(4);
  expect(call('cuDevicePrimaryCtxGetState', ordinal, flags, active)).toBe(0);
  expect(flags.readUInt32LE()).toBe(0);
  return active.readInt32LE() === 1;
}

describe('the primary context', () => {
  test.each([
    ['cudaMalloc', () => malloc(16).status],
    ['cudaFree', () => call('cudaFree', 0n)],
    ['cudaMemGetInfo', () => memoryInfo().status],
    ['cudaSetDevice', () => call('cudaSetDevice', 0)],
  ])('is made by %s, which pays for it', (_, make) => {
    const before = device().free;
    expect(make()).toBe(0);
    expect(isActive(0)).toBe(true);
    expect(before - device().free).toBeGreaterThanOrEqual(OVERHEAD);
  });

  test.each([
    ['cudaGetDeviceCount', () => call('cudaGetDeviceCount', out(4))],
    ['cudaGetDevice', () => call('cudaGetDevice', out(4))],
    ['cudaGetLastError', () => call('cudaGetLastError')],
    ['cudaPeekAtLastError', () => call('cudaPeekAtLastError')],
    ['cudaRuntimeGetVersion', () => call('cudaRuntimeGetVersion', out(4))],
    ['cudaDriverGetVersion', () => call('cudaDriverGetVersion', out(4))],
    ['cuDevicePrimaryCtxGetState', () => Number(call('cuInit', 0) !== 0 || isActive(0))],
    ['cuDeviceTotalMem_v2', () => call('cuInit', 0) + call('cuDeviceTotalMem_v2', out(8), 0)],
  ])('is not made by %s', (_, ask) => {
    const before = device().free;
    expect(ask()).toBe(0);
    expect(device()).toMatchObject({ contextActive: false, free: before });
  });

  test('is not made by cudaSetDevice before CUDA 12', () => {
    configure({ devices: 2, cudaRuntimeVersion: 11080, cudaDriverVersion: 12000 });
    expect(call('cudaSetDevice', 1)).toBe(0);
    expect(device(1).contextActive).toBe(false);
    expect(malloc(1).status).toBe(0);
    expect([device(0).contextActive, device(1).contextActive]).toEqual([false, true]);
  });

  test('cannot be made when its own memory is not there', () => {
    configure({ devices: [{ memoryBytes: GiB, reservedBytes: 0 }], contextOverheadBytes: GiB + 1 });
    expect(malloc(1).status).toBe(2);
    expect(call('cudaSetDevice', 0)).toBe(2);
    expect(call('cuDevicePrimaryCtxRetain', out(8), 0)).toBe(2);
    expect(device()).toMatchObject({ contextActive: false, free: GiB });
  });

  test('lives as long as somebody holds it', () => {
    expect(call('cuInit', 0)).toBe(0);
    const before = device().free;
    const first = retain(0);
    expect(retain(0)).toBe(first);
    expect(before - device().free).toBe(OVERHEAD);
    expect(call('cuDevicePrimaryCtxRelease_v2', 0)).toBe(0);
    expect(isActive(0)).toBe(true);
    expect(call('cuDevicePrimaryCtxRelease_v2', 0)).toBe(0);
    expect(isActive(0)).toBe(false);
    expect(device().free).toBe(before);
    expect(call('cuDevicePrimaryCtxRelease_v2', 0)).toBe(201);
  });

  test('of the runtime outlives what the driver API took and gave back', () => {
    const { address } = malloc(256);
    retain(0);
    expect(call('cuDevicePrimaryCtxRelease_v2', 0)).toBe(0);
    expect(isActive(0)).toBe(true);
    expect(call('cudaFree', address)).toBe(0);
  });

  test('takes its allocations with it, and is made again by the next use', () => {
    const { address } = malloc(GiB);
    expect(call('cuDevicePrimaryCtxRelease_v2', 0)).toBe(0);
    expect(device()).toMatchObject({ allocations: 0, contextActive: false });
    expect(memoryInfo('cuMemGetInfo_v2').status).toBe(709);
    expect(call('cudaFree', address)).toBe(1);
    expect(isActive(0)).toBe(true);
  });

  test('has its own handle on every device', () => {
    expect(call('cuInit', 0)).toBe(0);
    expect(retain(0)).not.toBe(retain(1));
  });
});

describe("the driver's current context", () => {
  beforeEach(() => {
    expect(call('cuInit', 0)).toBe(0);
  });

  test('is needed by cuMemGetInfo', () => {
    expect(memoryInfo('cuMemGetInfo_v2').status).toBe(201);
    const context = retain(1);
    expect(memoryInfo('cuMemGetInfo_v2').status).toBe(201);
    expect(call('cuCtxPushCurrent_v2', context)).toBe(0);
    expect(memoryInfo('cuMemGetInfo_v2')).toMatchObject({ status: 0, free: device(1).free });
    expect(call('cuMemGetInfo_v2', null, out(8))).toBe(1);
  });

  test('is a stack', () => {
    const first = retain(0);
    const second = retain(1);
    expect(call('cuCtxPushCurrent_v2', first)).toBe(0);
    expect(call('cuCtxPushCurrent_v2', second)).toBe(0);
    const popped = out(8);
    expect(call('cuCtxPopCurrent_v2', popped)).toBe(0);
    expect(popped.readBigUInt64LE()).toBe(second);
    expect(call('cuCtxPopCurrent_v2', popped)).toBe(0);
    expect(popped.readBigUInt64LE()).toBe(first);
    expect(call('cuCtxPopCurrent_v2', popped)).toBe(201);
  });

  test('is the device on which cudart works', () => {
    expect(call('cuCtxPushCurrent_v2', retain(1))).toBe(0);
    expect(readInt('cudaGetDevice').value).toBe(1);
    expect(malloc(GiB).status).toBe(0);
    expect([device(0).allocations, device(1).allocations]).toEqual([0, 1]);
    expect(call('cuCtxPopCurrent_v2', null)).toBe(0);
    expect(readInt('cudaGetDevice').value).toBe(0);
  });

  test('is set by cudaSetDevice', () => {
    expect(call('cudaSetDevice', 1)).toBe(0);
    expect(memoryInfo('cuMemGetInfo_v2')).toMatchObject({ status: 0, free: device(1).free });
    expect(call('cudaSetDevice', 0)).toBe(0);
    const popped = out(8);
    expect(call('cuCtxPopCurrent_v2', popped)).toBe(0);
    expect(popped.readBigUInt64LE()).toBe(retain(0));
    expect(call('cuCtxPopCurrent_v2', popped)).toBe(201);
  });

  test('must be a live context of ours', () => {
    const context = retain(0);
    for (const bad of [0n, 1n, context + 1n, context - 16n, 0xffffffffffffffffn]) {
      expect(call('cuCtxPushCurrent_v2', bad)).toBe(201);
    }
    expect(call('cuDevicePrimaryCtxRelease_v2', 0)).toBe(0);
    expect(call('cuCtxPushCurrent_v2', context)).toBe(201);
  });

  test('stack has an end', () => {
    const context = retain(0);
    const pushes = Array.from({ length: 200 }, () => call('cuCtxPushCurrent_v2', context));
    expect(pushes.filter((status) => status === 0)).toHaveLength(128);
    expect(pushes.at(-1)).toBe(2);
  });
});

describe('device numbers', () => {
  test.each([-1, 2, 99, 2 ** 31 - 1, -(2 ** 31)])('%i is none', (ordinal) => {
    expect(call('cudaSetDevice', ordinal)).toBe(101);
    expect(call('cuDeviceGet', out(4), ordinal)).toBe(101);
    expect(call('cuDeviceTotalMem_v2', out(8), ordinal)).toBe(101);
    expect(call('cuDevicePrimaryCtxRetain', out(8), ordinal)).toBe(101);
    expect(call('cuDevicePrimaryCtxRelease_v2', ordinal)).toBe(101);
    expect(call('cuDevicePrimaryCtxGetState', ordinal, out(4), out(4))).toBe(101);
  });

  test('missing targets are refused', () => {
    expect(call('cudaGetDevice', null)).toBe(1);
    expect(call('cudaGetDeviceCount', null)).toBe(1);
    expect(call('cuDeviceGet', null, 0)).toBe(1);
    expect(call('cuDevicePrimaryCtxGetState', 0, null, out(4))).toBe(1);
    expect(call('cuDevicePrimaryCtxGetState', 0, out(4), null)).toBe(1);
    expect(call('cuDevicePrimaryCtxRetain', null, 0)).toBe(1);
  });
});

describe('the capture mode of the thread', () => {
  test('is exchanged, global at first', () => {
    expect(call('cuInit', 0)).toBe(0);
    const mode = out(4);
    mode.writeInt32LE(2);
    expect(call('cuThreadExchangeStreamCaptureMode', mode)).toBe(0);
    expect(mode.readInt32LE()).toBe(0);
    expect(call('cuThreadExchangeStreamCaptureMode', mode)).toBe(0);
    expect(mode.readInt32LE()).toBe(2);
    mode.writeInt32LE(3);
    expect(call('cuThreadExchangeStreamCaptureMode', mode)).toBe(1);
    expect(call('cuThreadExchangeStreamCaptureMode', null)).toBe(1);
  });
});
