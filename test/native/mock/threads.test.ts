import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { LIBRARY, ROOT, configure, inject, state } from './stand-in';

const THREADS = 8;
const ROUNDS = 2000;

/** Every thread works on its own device, through all layers, and says what went wrong. */
const WORK = `
  const { parentPort, workerData } = require('node:worker_threads');
  const koffi = require(workerData.koffi);
  const library = koffi.load(workerData.library);
  const f = (name, ...types) => library.func(name, 'int', types);
  const setDevice = f('cudaSetDevice', 'int');
  const malloc = f('cudaMalloc', 'void *', 'size_t');
  const free = f('cudaFree', 'uintptr_t');
  const get = f('cudaGetLastError');
  const init = f('nvmlInit_v2');
  const shutdown = f('nvmlShutdown');
  const handleOf = f('nvmlDeviceGetHandleByIndex_v2', 'unsigned int', 'void *');
  const memoryOf = f('nvmlDeviceGetMemoryInfo_v2', 'uintptr_t', 'void *');
  const pointer = Buffer.alloc(8);
  const handle = Buffer.alloc(8);
  const memory = Buffer.alloc(40);
  memory.writeUInt32LE(0x02000028);
  const { device, rounds } = workerData;
  const wrong = [];
  const expect = (what, actual, expected) => {
    if (actual !== expected && wrong.length < 5) wrong.push(what + ' ' + actual);
  };
  expect('cudaSetDevice', setDevice(device), 0);
  for (let i = 0; i < rounds; i++) {
    expect('cudaMalloc', malloc(pointer, 4096), 0);
    expect('too much', malloc(Buffer.alloc(8), 2n ** 50n), 2);
    expect('cudaGetLastError', get(), 2);
    expect('cudaGetLastError', get(), 0);
    init();
    expect('handle', handleOf(device, handle), 0);
    expect('memory', memoryOf(handle.readBigUInt64LE(), memory), 0);
    const [total, reserved, free_, used] = [8, 16, 24, 32].map((at) => memory.readBigUInt64LE(at));
    expect('ledger', total, reserved + free_ + used);
    shutdown();
    expect('cudaFree', free(pointer.readBigUInt64LE()), 0);
  }
  parentPort.postMessage(wrong);
`;

function work(): Promise<string[][]> {
  const koffi = require.resolve('koffi', { paths: [ROOT] });
  return Promise.all(
    Array.from({ length: THREADS }, async (_, device) => {
      const worker = new Worker(WORK, {
        eval: true,
        workerData: { koffi, library: LIBRARY, device, rounds: ROUNDS },
      });
      const [wrong] = (await once(worker, 'message')) as [string[]];
      await worker.terminate();
      return wrong;
    }),
  );
}

describe('eight threads at once', () => {
  test('each keep their device and their errors, and the ledger is exact', async () => {
    configure({ devices: THREADS });
    expect(await work()).toEqual(Array(THREADS).fill([]));
    const { devices, allocations, calls } = state();
    expect(allocations).toBe(0);
    expect(devices.map(({ used }) => used)).toEqual(Array(THREADS).fill(300 * 2 ** 20));
    expect(calls).toMatchObject({
      cudaMalloc: THREADS * ROUNDS * 2,
      cudaFree: THREADS * ROUNDS,
      nvmlDeviceGetMemoryInfo_v2: THREADS * ROUNDS,
    });
  }, 60_000);

  test('meet a rule exactly as often as it says', async () => {
    configure({ devices: THREADS });
    inject({ library: 'cudart', call: 'cudaMalloc', code: 46, afterCalls: 100, times: 3 });
    const wrong = (await work()).flat();
    expect(wrong.filter((each) => /^(cudaMalloc|too much) 46$/.test(each))).toHaveLength(3);
    expect(state().allocations).toBe(0);
  }, 60_000);
});
