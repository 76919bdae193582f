import fc from 'fast-check';
import { categoryOfUnknown, codesOf, findCode, findCodeByName } from '../../../lib/codes/index.js';
import type { GPULibrary } from '../../../lib/failure/types.js';

const LIBRARIES: readonly GPULibrary[] = [
  'cudart',
  'cuda',
  'nvml',
  'cudnn',
  'cublas',
  'cufft',
  'curand',
  'cusparse',
  'cusolver',
  'nccl',
  'nvrtc',
  'tensorrt',
  'hip',
  'rocm-smi',
];
/** The CUDA 13.0 headers; the driver's are the same. */
const STICKY = [226, 700, 702, 710, 714, 715, 716, 717, 718, 719, 721, 810, 911];

describe('CUDA runtime and driver', () => {
  test.each(['cudart', 'cuda'] as const)(
    '%s: exactly the documented codes are sticky',
    (library) => {
      const sticky = codesOf(library).filter((row) => row.sticky);
      expect(sticky.map((row) => row.value)).toEqual(STICKY);
      expect(sticky.every((row) => row.restart === 'process')).toBe(true);
    },
  );

  test('both agree on what to do wherever they share a number', () => {
    const shared = codesOf('cuda').flatMap((row) => {
      const other = findCode('cudart', row.value);
      return other === null ? [] : [[row, other] as const];
    });
    expect(shared).toHaveLength(103);
    for (const [driver, runtime] of shared) {
      const { category, restart, sticky, retryable, status, benignAtExit } = runtime;
      expect(driver).toMatchObject({ category, restart, sticky, retryable, status, benignAtExit });
    }
  });

  test('some numbers only one of them knows', () => {
    expect([47, 202, 916].map((value) => findCode('cudart', value))).toEqual([null, null, null]);
    expect([9, 35, 98].map((value) => findCode('cuda', value))).toEqual([null, null, null]);
  });

  test("today's numbering is meant, not the one before CUDA 10.1", () => {
    expect(findCode('cudart', 1)?.name).toBe('cudaErrorInvalidValue');
    expect(findCode('cudart', 4)?.name).toBe('cudaErrorCudartUnloading');
    expect(findCode('cudart', 34)?.name).toBe('cudaErrorStubLibrary');
    expect(findCode('cudart', 36)?.name).toBe('cudaErrorCallRequiresNewerDriver');
    expect(findCode('cudart', 77)).toBeNull();
    expect(findCode('cudart', 30)).toBeNull();
  });

  test('a driver that is missing or a stub is a matter of set-up, and never sticky', () => {
    for (const value of [3, 34, 35, 36, 100, 802, 803, 804]) {
      expect(findCode('cudart', value)).toMatchObject({ restart: 'environment', sticky: false });
    }
    expect(findCode('cudart', 34)?.category).toBe('driver-mismatch');
    expect(findCode('cudart', 34)?.remedy).toContain('LD_LIBRARY_PATH');
    expect(findCode('cudart', 35)?.category).toBe('driver-mismatch');
    expect(findCode('cudart', 35)?.remedy).toMatch(/driver/i);
    expect(findCode('cudart', 100)?.category).toBe('no-device');
  });

  test('work that is not ready is a status, not a failure', () => {
    expect(findCode('cudart', 600)).toMatchObject({ status: true, retryable: true, sticky: false });
    expect(findCode('cuda', 600)?.status).toBe(true);
    const statuses = codesOf('cudart').filter((row) => row.status);
    expect(statuses.map((row) => row.value)).toEqual([0, 600]);
  });

  test('a call after the driver has gone is harmless at exit, and nothing else is', () => {
    for (const library of ['cudart', 'cuda'] as const) {
      const benign = codesOf(library).filter((row) => row.benignAtExit);
      expect(benign.map((row) => row.value)).toEqual([4]);
    }
  });

  test('only 2 is out of memory; a launch that is out of resources is not', () => {
    const oom = codesOf('cudart').filter((row) => row.category === 'out-of-memory');
    expect(oom.map((row) => row.value)).toEqual([2]);
    expect(findCode('cudart', 2)).toMatchObject({
      retryable: true,
      restart: 'none',
      sticky: false,
    });
    expect(findCode('cudart', 701)).toMatchObject({
      category: 'invalid-argument',
      retryable: false,
      sticky: false,
    });
  });

  test('serious is not the same as documented as sticky', () => {
    expect(findCode('cudart', 214)).toMatchObject({ category: 'hardware', restart: 'device' });
    expect(findCode('cudart', 220)).toMatchObject({ category: 'hardware', restart: 'device' });
    expect(findCode('cudart', 999)).toMatchObject({ category: 'unknown' });
    for (const value of [214, 220, 802, 999]) expect(findCode('cudart', value)?.sticky).toBe(false);
  });

  test('a kernel that ran too long is lost for the process, a wait that timed out is not', () => {
    expect(findCode('cudart', 702)).toMatchObject({ category: 'timeout', sticky: true });
    expect(findCode('cudart', 909)).toMatchObject({ category: 'timeout', sticky: false });
  });

  test('mistakes in a stream capture do not harm the process', () => {
    for (let value = 900; value <= 908; value++) {
      expect(findCode('cudart', value)).toMatchObject({
        category: 'invalid-argument',
        restart: 'none',
        sticky: false,
      });
    }
  });

  test('a name misspelt in one release is an alias', () => {
    expect(findCodeByName('cudaErrorDeviceUninitilialized')).toMatchObject({
      value: 201,
      row: { name: 'cudaErrorDeviceUninitialized' },
    });
  });

  test('the release that brought a name is kept, and null when it is not known', () => {
    expect(findCode('cudart', 721)?.since).toBe('12.8');
    expect(findCode('cudart', 2)?.since).toBeNull();
  });
});

describe('cuDNN', () => {
  test('the value tells which of the two numberings is meant', () => {
    expect(findCode('cudnn', 3)).toMatchObject({ major: 8, name: 'CUDNN_STATUS_BAD_PARAM' });
    expect(findCode('cudnn', 2000)).toMatchObject({ major: 9, name: 'CUDNN_STATUS_BAD_PARAM' });
    expect(findCode('cudnn', 8)).toMatchObject({ major: 8, category: 'kernel-fault' });
    expect(findCode('cudnn', 5000)).toMatchObject({ major: 9, category: 'kernel-fault' });
    expect(findCode('cudnn', 0)).toMatchObject({ name: 'CUDNN_STATUS_SUCCESS', status: true });
  });

  test('a name of both numberings has a meaning, but no number', () => {
    expect(findCodeByName('CUDNN_STATUS_EXECUTION_FAILED')).toMatchObject({
      value: null,
      row: { category: 'kernel-fault', sticky: false },
    });
    expect(findCodeByName('CUDNN_STATUS_ALLOC_FAILED')).toMatchObject({
      value: null,
      row: { category: 'out-of-memory' },
    });
    expect(findCodeByName('CUDNN_STATUS_SUCCESS')?.value).toBe(0);
  });

  test('a name of one numbering has its number', () => {
    expect(findCodeByName('CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED')).toMatchObject({
      value: 4004,
      row: { category: 'out-of-memory', major: 9 },
    });
  });

  test('a code of cuDNN 9 that nobody knows still tells its kind by its thousands', () => {
    expect(findCode('cudnn', 3999)).toBeNull();
    expect(categoryOfUnknown('cudnn', 3999)).toBe('not-supported');
    expect(categoryOfUnknown('cudnn', 2999)).toBe('invalid-argument');
    expect(categoryOfUnknown('cudnn', 4999)).toBe('library');
    expect(categoryOfUnknown('cudnn', 5999)).toBe('kernel-fault');
    expect(categoryOfUnknown('cudnn', 1999)).toBe('unknown');
    expect(categoryOfUnknown('cudnn', 6000)).toBe('unknown');
    expect(categoryOfUnknown('cudnn', 99)).toBe('unknown');
    expect(categoryOfUnknown('cudart', 3999)).toBe('unknown');
  });

  test('work in progress is a status', () => {
    expect(findCode('cudnn', 12)?.status).toBe(true);
    expect(findCode('cudnn', 1006)?.status).toBe(true);
  });
});

describe('NVML', () => {
  test('a GPU off the bus needs its node rebooted, one that wants a reset needs a reset', () => {
    expect(findCode('nvml', 15)).toMatchObject({ category: 'device-lost', restart: 'node' });
    expect(findCode('nvml', 16)).toMatchObject({ category: 'hardware', restart: 'device' });
  });

  test("memory that NVML lacks is the host's, so a smaller batch is no cure", () => {
    expect(findCode('nvml', 20)).toMatchObject({ category: 'library', retryable: true });
    expect(findCode('nvml', 20)?.remedy).toMatch(/host memory/);
  });

  test('set-up is told apart by driver, library and rights', () => {
    expect(findCode('nvml', 9)).toMatchObject({ category: 'driver-mismatch' });
    expect(findCode('nvml', 12)).toMatchObject({ category: 'library' });
    expect(findCode('nvml', 17)).toMatchObject({ category: 'permission' });
    expect(findCode('nvml', 18)).toMatchObject({ category: 'driver-mismatch' });
    for (const value of [9, 12, 17, 18])
      expect(findCode('nvml', value)?.restart).toBe('environment');
  });

  test('an event wait without events and a list that has grown are no failures', () => {
    expect(findCode('nvml', 10)).toMatchObject({ status: true, category: 'timeout' });
    expect(findCode('nvml', 7)?.status).toBe(true);
  });
});

describe('other libraries', () => {
  test('cuSPARSE and cuSOLVER have two codes swapped', () => {
    expect(findCode('cusparse', 9)?.name).toBe('CUSPARSE_STATUS_ZERO_PIVOT');
    expect(findCode('cusparse', 10)?.name).toBe('CUSPARSE_STATUS_NOT_SUPPORTED');
    expect(findCode('cusolver', 9)?.name).toBe('CUSOLVER_STATUS_NOT_SUPPORTED');
    expect(findCode('cusolver', 10)?.name).toBe('CUSOLVER_STATUS_ZERO_PIVOT');
  });

  test('a number means something only together with its library', () => {
    expect(findCode('cublas', 3)?.category).toBe('out-of-memory');
    expect(findCode('cusparse', 3)?.category).toBe('invalid-argument');
    expect(findCode('cufft', 3)?.category).toBe('invalid-argument');
    expect(findCode('nccl', 3)?.category).toBe('library');
    expect(findCode('curand', 100)?.name).toBe('CURAND_STATUS_VERSION_MISMATCH');
    expect(findCode('curand', 999)?.category).toBe('library');
  });

  test('HIP goes its own way where CUDA later took a number', () => {
    expect(findCode('hip', 911)?.name).toBe('hipErrorInvalidChannelDescriptor');
    expect(findCode('hip', 912)?.name).toBe('hipErrorInvalidTexture');
    expect(findCode('hip', 916)?.name).toBe('hipErrorStreamDetached');
    expect(findCode('hip', 1054)?.name).toBe('hipErrorInvalidClusterSize');
    expect(findCodeByName('hipErrorMemoryAllocation')).toMatchObject({
      value: 2,
      row: { name: 'hipErrorOutOfMemory', category: 'out-of-memory' },
    });
  });

  test('nothing but CUDA documents sticky codes', () => {
    const sticky = LIBRARIES.filter((library) => codesOf(library).some((row) => row.sticky));
    expect(sticky).toEqual(['cudart', 'cuda']);
  });

  test("NCCL's work in progress is a status, its time-out a failure", () => {
    expect(findCode('nccl', 7)?.status).toBe(true);
    expect(findCode('nccl', 8)).toMatchObject({
      status: false,
      since: '2.30',
      category: 'timeout',
    });
  });

  test('a C enumeration read as unsigned is understood', () => {
    expect(findCode('rocm-smi', 4294967295)?.name).toBe('RSMI_STATUS_UNKNOWN_ERROR');
    expect(findCode('rocm-smi', -1)).toBe(findCode('rocm-smi', 4294967295));
  });
});

describe('whatever is asked', () => {
  test('an unknown number, a library without codes, and no number at all answer null', () => {
    expect(findCode('cudart', 123456)).toBeNull();
    expect(findCode('cudart', -1)).toBeNull();
    expect(findCode('vulkan', 1)).toBeNull();
    expect(findCode('constructor' as GPULibrary, 1)).toBeNull();
    for (const value of [NaN, Infinity, -0.5, 2.5, 2 ** 53]) {
      expect(findCode('cudart', value)).toBeNull();
    }
    expect(codesOf('vulkan')).toEqual([]);
  });

  test('names are exact: case, spaces and parts of a name find nothing', () => {
    expect(findCodeByName('cudaErrorMemoryAllocation')?.value).toBe(2);
    for (const name of [
      'cudaerrormemoryallocation',
      ' cudaSuccess',
      'cudaError',
      '',
      '__proto__',
    ]) {
      expect(findCodeByName(name)).toBeNull();
    }
  });

  test('any number finds a row with that number, or nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...LIBRARIES), fc.integer(), (library, code) => {
        const row = findCode(library, code);
        return row === null || (row.value === code && row.library === library);
      }),
    );
  });

  test('rows are shared and cannot be changed', () => {
    const row = findCode('cudart', 2);
    expect(findCode('cudart', 2)).toBe(row);
    expect(Object.isFrozen(row)).toBe(true);
    expect(Object.isFrozen(row?.aliases)).toBe(true);
  });
});
