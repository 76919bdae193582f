import { parseBytes } from '../../../lib/failure/extract';
import { classifyGpuFailure } from '../../../lib/failure/judge';

describe('quantities', () => {
  it.each([
    ['939524096', 939524096],
    ['25,600,000 bytes', 25600000],
    ['20.00 MiB', 20971520],
    ['3.37GiB', Math.round(3.37 * 1024 ** 3)],
    ['890.06M', Math.round(890.06 * 1024 ** 2)],
    ['6.04 GB', Math.round(6.04 * 1024 ** 3)],
    ['0 bytes', 0],
    ['512 KiB', 524288],
    ['4585490524328388608', Infinity],
    ['lots', null],
    ['', null],
  ])('%s', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });
});

describe('figures that engines print', () => {
  it.each([
    [
      'CUDA out of memory. Tried to allocate 20.00 MiB (GPU 2; 4.00 GiB total capacity; 3.27 GiB already allocated; 0 bytes free; 3.51 GiB reserved)',
      20971520,
      2,
    ],
    [
      'allocating 6.01 MiB on device 3: cudaMalloc failed: out of memory',
      Math.round(6.01 * 1024 ** 2),
      3,
    ],
    ['alloc_tensor_range: failed to allocate CUDA1 buffer of size 2147483648', 2147483648, 1],
    [
      'BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 939524096',
      939524096,
      null,
    ],
    [
      'Allocator (GPU_1_bfc) ran out of memory trying to allocate 2.00GiB (rounded to 2147483648)',
      2 * 1024 ** 3,
      1,
    ],
    [
      'failed to allocate 3.94G (4233297920 bytes) from device: CUDA_ERROR_OUT_OF_MEMORY: out of memory',
      4233297920,
      null,
    ],
    ['Error Code 2: OutOfMemory (Requested size was 16581132288 bytes.)', 16581132288, null],
    [
      'Out of memory allocating 25,600,000 bytes (allocated so far: 3,635,267,072 bytes).',
      25600000,
      null,
    ],
    ['ggml_vulkan: Device memory allocation of size 118497280 failed.', 118497280, null],
    ['Failed to allocate CUDA memory with byte size 78643200 on GPU 0', 78643200, 0],
    [
      'XPU out of memory. Tried to allocate 1.00 GiB (GPU 0; 15.56 GiB total capacity)',
      1024 ** 3,
      0,
    ],
  ])('%s', (message, requestedBytes, device) => {
    expect(classifyGpuFailure(new Error(message))).toMatchObject({
      category: 'out-of-memory',
      requestedBytes,
      device,
    });
  });

  it('reads free and total where CUDA told them', () => {
    const old =
      'CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 4.00 GiB total capacity; 3.27 GiB already allocated; 12.50 MiB free; 3.51 GiB reserved)';
    expect(classifyGpuFailure(new Error(old))?.memory).toEqual({
      free: 12.5 * 1024 ** 2,
      total: 4 * 1024 ** 3,
      used: null,
      reserved: null,
      source: 'cuda',
    });
  });

  it('a request larger than the device is told by the text alone', () => {
    const text =
      'CUDA out of memory. Tried to allocate 90.00 GiB. GPU 0 has a total capacity of 23.69 GiB of which 20.00 GiB is free.';
    expect(classifyGpuFailure(new Error(text))).toMatchObject({
      retryable: false,
      restart: 'none',
    });
  });
});
