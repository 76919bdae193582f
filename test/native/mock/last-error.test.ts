import { Worker } from 'node:worker_threads';
import { LIBRARY, ROOT, call, configure, device, inject, malloc, memoryInfo } from './stand-in';

const TOO_MUCH = 2n ** 50n;

beforeEach(() => {
  configure();
});

describe('the last error of cudart', () => {
  test('is 0 when nothing went wrong', () => {
    expect(call('cudaPeekAtLastError')).toBe(0);
    expect(call('cudaGetLastError')).toBe(0);
  });

  test('is kept by peek and cleared by get', () => {
    expect(malloc(TOO_MUCH).status).toBe(2);
    expect(call('cudaPeekAtLastError')).toBe(2);
    expect(call('cudaPeekAtLastError')).toBe(2);
    expect(call('cudaGetLastError')).toBe(2);
    expect(call('cudaGetLastError')).toBe(0);
  });

  test('is not cleared by a success, and replaced by the next failure', () => {
    expect(malloc(TOO_MUCH).status).toBe(2);
    expect(malloc(256).status).toBe(0);
    expect(call('cudaPeekAtLastError')).toBe(2);
    expect(call('cudaSetDevice', 99)).toBe(101);
    expect(call('cudaGetLastError')).toBe(101);
  });

  test('also comes from the call that needs no runtime', () => {
    expect(call('cudaRuntimeGetVersion', null)).toBe(1);
    expect(call('cudaGetLastError')).toBe(1);
  });

  test('comes from a rule as from a real failure', () => {
    inject({ library: 'cudart', call: 'cudaFree', code: 46, times: 1 });
    expect(call('cudaFree', 0n)).toBe(46);
    expect(call('cudaGetLastError')).toBe(46);
    expect(call('cudaGetLastError')).toBe(0);
  });

  test('is not set by the functions that read it', () => {
    inject({ library: 'cudart', call: 'cudaPeekAtLastError', code: 46, times: 1 });
    expect(call('cudaPeekAtLastError')).toBe(46);
    expect(call('cudaPeekAtLastError')).toBe(0);
  });

  test('is not set by the driver API', () => {
    expect(call('cudaGetLastError')).toBe(0);
    expect(call('cuDeviceGet', Buffer.alloc(4), 99)).toBe(101);
    expect(call('cudaPeekAtLastError')).toBe(0);
  });

  test('belongs to its thread', async () => {
    expect(malloc(TOO_MUCH).status).toBe(2);
    expect(
      await onAnotherThread([['cudaPeekAtLastError'], ['cudaSetDevice', 7], ['cudaGetLastError']]),
    ).toEqual([0, 101, 101]);
    expect(call('cudaGetLastError')).toBe(2);
  });

  test('starts afresh on all threads with a new scenario', () => {
    expect(malloc(TOO_MUCH).status).toBe(2);
    configure();
    expect(call('cudaPeekAtLastError')).toBe(0);
  });
});

describe('the current device', () => {
  test('belongs to its thread', async () => {
    configure({ devices: 3 });
    expect(call('cudaSetDevice', 2)).toBe(0);
    const value = Buffer.alloc(4);
    expect(call('cudaGetDevice', value)).toBe(0);
    expect(value.readInt32LE()).toBe(2);
    expect(await onAnotherThread([['cudaMalloc', 'pointer', 256]])).toEqual([0]);
    expect([device(0).contextActive, device(1).contextActive, device(2).contextActive]).toEqual([
      true,
      false,
      true,
    ]);
  });
});

describe('a sticky error', () => {
  const STICKY = [700, 702, 710, 714, 715, 716, 717, 718, 719, 721, 810, 911, 226];

  test.each(STICKY)('%i stays, whatever is called and read', (code) => {
    expect(malloc(256).status).toBe(0);
    inject({ library: 'cudart', call: 'cudaMemGetInfo', code, times: 1 });
    expect(memoryInfo().status).toBe(code);
    expect(call('cudaGetLastError')).toBe(code);
    expect(call('cudaGetLastError')).toBe(code);
    expect(call('cudaPeekAtLastError')).toBe(code);
    expect(malloc(256).status).toBe(code);
    expect(call('cudaFree', 0n)).toBe(code);
    expect(call('cudaSetDevice', 0)).toBe(code);
    expect(call('cudaGetDevice', Buffer.alloc(4))).toBe(code);
    expect(call('cudaGetDeviceCount', Buffer.alloc(4))).toBe(code);
    expect(call('cuDevicePrimaryCtxRetain', Buffer.alloc(8), 0)).toBe(code);
    expect(device().poisoned).toBe(code);
  });

  test.each([2, 46, 101, 214, 220, 600, 701, 802, 900, 999])('%i is none', (code) => {
    inject({ library: 'cudart', call: 'cudaMemGetInfo', code, times: 1 });
    expect(memoryInfo().status).toBe(code);
    expect(memoryInfo().status).toBe(0);
    expect(call('cudaGetLastError')).toBe(code);
    expect(call('cudaGetLastError')).toBe(0);
    expect(device().poisoned).toBeNull();
  });

  test('is seen by every thread', async () => {
    inject({ library: 'cudart', call: 'cudaMalloc', code: 'cudaErrorIllegalAddress', times: 1 });
    expect(malloc(1).status).toBe(700);
    expect(
      await onAnotherThread([['cudaPeekAtLastError'], ['cudaGetLastError'], ['cudaFree', 0]]),
    ).toEqual([700, 700, 700]);
  });

  test('makes the context that it poisons', () => {
    inject({ library: 'cudart', call: 'cudaGetLastError', code: 700 });
    expect(device().contextActive).toBe(false);
    expect(call('cudaGetLastError')).toBe(700);
    expect(device()).toMatchObject({ contextActive: true, poisoned: 700 });
  });

  test('from the driver poisons the runtime, and the other way round', () => {
    expect(malloc(256).status).toBe(0);
    inject({
      library: 'cuda',
      call: 'cuMemGetInfo_v2',
      code: 'CUDA_ERROR_LAUNCH_FAILED',
      times: 1,
    });
    expect(memoryInfo('cuMemGetInfo_v2').status).toBe(719);
    expect(memoryInfo('cuMemGetInfo_v2').status).toBe(719);
    expect(memoryInfo().status).toBe(719);
  });

  test('leaves the version calls, the device queries and NVML alone', () => {
    inject({ library: 'cudart', call: 'cudaMalloc', code: 700 });
    expect(malloc(1).status).toBe(700);
    expect(call('cudaRuntimeGetVersion', Buffer.alloc(4))).toBe(0);
    expect(call('cudaDriverGetVersion', Buffer.alloc(4))).toBe(0);
    expect(call('cuDeviceGetCount', Buffer.alloc(4))).toBe(0);
    expect(call('cuDeviceTotalMem_v2', Buffer.alloc(8), 0)).toBe(0);
    const active = Buffer.alloc(4);
    expect(call('cuDevicePrimaryCtxGetState', 0, Buffer.alloc(4), active)).toBe(0);
    expect(active.readInt32LE()).toBe(1);
    expect(call('nvmlInit_v2')).toBe(0);
    expect(call('nvmlDeviceGetHandleByIndex_v2', 0, Buffer.alloc(8))).toBe(0);
  });

  test('lets a context be popped and released', () => {
    expect(call('cuInit', 0)).toBe(0);
    const context = Buffer.alloc(8);
    expect(call('cuDevicePrimaryCtxRetain', context, 0)).toBe(0);
    expect(call('cuCtxPushCurrent_v2', context.readBigUInt64LE())).toBe(0);
    inject({ library: 'cuda', call: 'cuMemGetInfo_v2', code: 700, times: 1 });
    expect(memoryInfo('cuMemGetInfo_v2').status).toBe(700);
    expect(call('cuCtxPopCurrent_v2', null)).toBe(0);
    expect(call('cuDevicePrimaryCtxRelease_v2', 0)).toBe(0);
    expect(device()).toMatchObject({ contextActive: false, poisoned: 700 });
  });

  test('poisons its own device only, and the first code stays', () => {
    configure({ devices: 2 });
    inject({ library: 'cudart', call: 'cudaMalloc', device: 1, code: 700, times: 1 });
    inject({ library: 'cudart', call: 'cudaMalloc', code: 719, afterCalls: 1 });
    expect(call('cudaSetDevice', 1)).toBe(0);
    expect(malloc(1).status).toBe(700);
    expect(malloc(1).status).toBe(700);
    expect(call('cudaGetLastError')).toBe(700);
    expect(call('cudaSetDevice', 0)).toBe(0);
    // What this thread met on the other device is still its last error; here get clears it.
    expect(call('cudaGetLastError')).toBe(700);
    expect(call('cudaGetLastError')).toBe(0);
    expect(malloc(1).status).toBe(0);
    expect(device(1).poisoned).toBe(700);
  });
});

/** Runs calls on a new thread of this process; `'pointer'` stands for 8 bytes to fill. */
function onAnotherThread(calls: [string, ...(number | 'pointer')[]][]): Promise<number[]> {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    const koffi = require(workerData.koffi);
    const library = koffi.load(workerData.library);
    const types = { cudaSetDevice: ['int'], cudaFree: ['uintptr_t'], cudaMalloc: ['void *', 'size_t'] };
    parentPort.postMessage(workerData.calls.map(([name, ...values]) =>
      library.func(name, 'int', types[name] ?? [])(
        ...values.map((value) => (value === 'pointer' ? Buffer.alloc(8) : value)))));
  `;
  return new Promise((resolve, reject) => {
    const koffi = require.resolve('koffi', { paths: [ROOT] });
    const worker = new Worker(code, { eval: true, workerData: { koffi, library: LIBRARY, calls } });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}
