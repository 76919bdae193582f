import fc from 'fast-check';
import * as koffi from 'koffi';
import {
  GiB,
  MEMORY_V2,
  MiB,
  call,
  configure,
  device,
  isUntouched,
  malloc,
  memoryInfo,
  nvmlHandle,
  nvmlMemory,
  nvmlMemoryV2,
  out,
  state,
} from './stand-in';

const BOARD = {
  memoryBytes: 16 * GiB,
  reservedBytes: 256 * MiB,
  usedByOthersBytes: GiB,
};
const OVERHEAD = 200 * MiB;
const FREE_AT_FIRST = 16 * GiB - 256 * MiB - GiB - OVERHEAD;

function board(more: object = {}): void {
  configure({ devices: [BOARD], contextOverheadBytes: OVERHEAD, ...more });
}

describe('cudaMalloc', () => {
  beforeEach(() => {
    board();
  });

  test('answers addresses of real memory, aligned to 256 bytes and apart', () => {
    const blocks = [1, 255, 256, 257, 4096, MiB].map((bytes) => ({ bytes, ...malloc(bytes) }));
    for (const { status, address } of blocks) {
      expect(status).toBe(0);
      expect(address % 256n).toBe(0n);
      expect(address).not.toBe(0n);
    }
    const sorted = blocks.sort((a, b) => (a.address < b.address ? -1 : 1));
    sorted.slice(1).forEach(({ address }, i) => {
      const before = sorted[i];
      expect(address).toBeGreaterThanOrEqual((before?.address ?? 0n) + BigInt(before?.bytes ?? 0));
    });
    for (const { address, bytes } of blocks) {
      const view = new Uint8Array(koffi.view(address, bytes));
      expect(view[bytes - 1]).toBe(0);
      view.fill(0x5a);
      expect(view[0]).toBe(0x5a);
    }
  });

  test('of 0 bytes succeeds with no address', () => {
    expect(malloc(0)).toEqual({ status: 0, address: 0n });
    expect(state().allocations).toBe(0);
    expect(device().contextActive).toBe(true);
  });

  test('refuses a missing target', () => {
    expect(call('cudaMalloc', null, 16)).toBe(1);
    expect(call('cudaGetLastError')).toBe(1);
  });

  test.each([16n * 2n ** 30n, 2n ** 50n, 2n ** 63n, 2n ** 64n - 256n, 2n ** 64n - 1n])(
    'of %i bytes answers 2 and takes nothing',
    (bytes) => {
      expect(malloc(1).status).toBe(0);
      const before = device().free;
      const pointer = out(8);
      expect(call('cudaMalloc', pointer, bytes)).toBe(2);
      expect(isUntouched(pointer)).toBe(true);
      expect(device().free).toBe(before);
      expect(state().allocations).toBe(1);
    },
  );

  test('gives the last byte, and not one more', () => {
    const all = malloc(FREE_AT_FIRST);
    expect(all.status).toBe(0);
    expect(memoryInfo()).toEqual({ status: 0, free: 0, total: 16 * GiB });
    expect(malloc(1).status).toBe(2);
    expect(call('cudaFree', all.address)).toBe(0);
    expect(malloc(FREE_AT_FIRST + 1).status).toBe(2);
    expect(malloc(FREE_AT_FIRST).status).toBe(0);
  });

  test('counts in steps of 256 bytes', () => {
    expect(malloc(1).status).toBe(0);
    expect(device().free).toBe(FREE_AT_FIRST - 256);
  });
});

describe('cudaFree', () => {
  beforeEach(() => {
    board();
  });

  test('gives back what was taken', () => {
    const { address } = malloc(GiB);
    expect(device().free).toBe(FREE_AT_FIRST - GiB);
    expect(call('cudaFree', address)).toBe(0);
    expect(device()).toMatchObject({ free: FREE_AT_FIRST, allocations: 0 });
  });

  test('takes a null address, and makes the context', () => {
    expect(call('cudaFree', 0n)).toBe(0);
    expect(device().contextActive).toBe(true);
  });

  test('refuses a second time, an unknown address and one inside a block', () => {
    const { address } = malloc(4096);
    expect(call('cudaFree', address + 256n)).toBe(1);
    expect(call('cudaFree', 0xdead00n)).toBe(1);
    expect(call('cudaFree', address)).toBe(0);
    expect(call('cudaFree', address)).toBe(1);
    expect(call('cudaGetLastError')).toBe(1);
  });

  test('frees a block of another device', () => {
    configure({ devices: 2 });
    const { address } = malloc(GiB);
    expect(call('cudaSetDevice', 1)).toBe(0);
    expect(call('cudaFree', address)).toBe(0);
    expect(device(0).allocations).toBe(0);
  });
});

describe('the ledger', () => {
  test('is one for cudart, the driver and NVML', () => {
    board();
    expect(call('nvmlInit_v2')).toBe(0);
    const handle = nvmlHandle();
    const agree = (): void => {
      const cudart = memoryInfo();
      const driver = memoryInfo('cuMemGetInfo_v2');
      const first = nvmlMemory(handle);
      const second = nvmlMemoryV2(handle);
      const now = device();
      expect(driver).toEqual(cudart);
      expect(cudart).toEqual({ status: 0, free: now.free, total: now.total });
      expect(first).toEqual({ total: now.total, free: now.free, used: now.used + now.reserved });
      expect(second).toEqual({
        total: now.total,
        free: now.free,
        used: now.used,
        reserved: now.reserved,
      });
      expect(now.free + now.used + now.reserved).toBe(now.total);
    };
    agree();
    const { address } = malloc(3 * GiB);
    agree();
    expect(device().used).toBe(GiB + OVERHEAD + 3 * GiB);
    expect(call('cudaFree', address)).toBe(0);
    agree();
  });

  test('reads as the scenario says before anything was taken', () => {
    board();
    expect(call('nvmlInit_v2')).toBe(0);
    const handle = nvmlHandle();
    const free = 16 * GiB - 256 * MiB - GiB;
    expect(nvmlMemoryV2(handle)).toEqual({
      total: 16 * GiB,
      reserved: 256 * MiB,
      used: GiB,
      free,
    });
    expect(nvmlMemory(handle)).toEqual({ total: 16 * GiB, used: GiB + 256 * MiB, free });
    expect(device().contextActive).toBe(false);
  });

  test('keeps the devices apart', () => {
    configure({ devices: 8 });
    for (let i = 0; i < 8; i++) {
      expect(call('cudaSetDevice', i)).toBe(0);
      expect(malloc((i + 1) * GiB).status).toBe(0);
    }
    const { devices } = state();
    const idle = (devices[0]?.free ?? 0) + GiB;
    expect(devices.map(({ free }) => idle - free)).toEqual(
      Array.from({ length: 8 }, (_, i) => (i + 1) * GiB),
    );
  });

  test('holds for any sequence of allocations and frees', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            free: fc.boolean(),
            pick: fc.nat(),
            bytes: fc.integer({ min: 1, max: 2 * GiB }),
          }),
          { maxLength: 40 },
        ),
        (steps) => {
          configure({
            devices: [{ memoryBytes: 4 * GiB, reservedBytes: 0 }],
            contextOverheadBytes: 0,
          });
          const live: { address: bigint; bytes: number }[] = [];
          let taken = 0;
          for (const { free, pick, bytes } of steps) {
            if (free && live.length > 0) {
              const [block] = live.splice(pick % live.length, 1);
              if (block === undefined) continue;
              expect(call('cudaFree', block.address)).toBe(0);
              taken -= block.bytes;
              continue;
            }
            const rounded = Math.ceil(bytes / 256) * 256;
            const { status, address } = malloc(bytes);
            expect(status).toBe(taken + rounded <= 4 * GiB ? 0 : 2);
            if (status !== 0) continue;
            live.push({ address, bytes: rounded });
            taken += rounded;
          }
          expect(device()).toMatchObject({ used: taken, allocations: live.length });
        },
      ),
      { numRuns: 60 },
    );
  });

  // ThreadSanitizer and valgrind leave no addresses for it.
  const testWithAddresses = /^(tsan|valgrind)$/.test(
    process.env['GPU_EXCEPTIONS_TEST_SANITIZED'] ?? '',
  )
    ? test.skip
    : test;
  testWithAddresses('gives a huge device for nothing', () => {
    const memoryBytes = 8192 * GiB;
    configure({ devices: Array.from({ length: 8 }, () => ({ memoryBytes })) });
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 8; i++) {
      expect(call('cudaSetDevice', i)).toBe(0);
      expect(malloc(1024 * GiB).status).toBe(0);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * MiB);
    expect(memoryInfo().total).toBe(memoryBytes);
    configure();
  });
});

describe("NVML's memory calls", () => {
  test('refuse a wrong stamp with 25 and leave the struct alone', () => {
    configure();
    expect(call('nvmlInit_v2')).toBe(0);
    for (const stamp of [0, 1, 40, 0x01000028, MEMORY_V2 + 1, 0xffffffff]) {
      const memory = out(40);
      memory.writeUInt32LE(stamp);
      expect(call('nvmlDeviceGetMemoryInfo_v2', nvmlHandle(), memory)).toBe(25);
      expect(isUntouched(memory.subarray(4))).toBe(true);
    }
  });

  test('refuse a missing struct', () => {
    configure();
    expect(call('nvmlInit_v2')).toBe(0);
    expect(call('nvmlDeviceGetMemoryInfo', nvmlHandle(), null)).toBe(2);
    expect(call('nvmlDeviceGetMemoryInfo_v2', nvmlHandle(), null)).toBe(2);
  });
});

describe('cudaMemGetInfo', () => {
  test('refuses missing targets', () => {
    configure();
    expect(call('cudaMemGetInfo', null, out(8))).toBe(1);
    expect(call('cudaMemGetInfo', out(8), null)).toBe(1);
  });
});
