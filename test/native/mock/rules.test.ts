import { performance } from 'node:perf_hooks';
import {
  FUNCTIONS,
  call,
  callBlindly,
  callElsewhere,
  configure,
  control,
  inject,
  malloc,
  memoryInfo,
  nvmlHandle,
  out,
  reset,
  state,
} from './stand-in';

const WITH_STATUS = FUNCTIONS.filter(({ result }) => !['size_t', 'nvmlString_t'].includes(result));

/** As far as the function needs it before it is asked at all. */
function initialise(): void {
  expect(call('nvmlInit_v2')).toBe(0);
  expect(call('cuInit', 0)).toBe(0);
  expect(call('cudaGetLastError')).toBe(0);
}

/** Resolves when `count` calls hang. */
async function untilHanging(count: number): Promise<void> {
  while (state().hanging < count) await new Promise((resolve) => setImmediate(resolve));
}

beforeEach(() => {
  configure();
});

describe('a rule', () => {
  test.each(WITH_STATUS)('makes $name answer any code after N calls', ({ library, name }) => {
    initialise();
    inject({ library, call: name, code: 12345, afterCalls: 2, times: 2 });
    const answers = Array.from({ length: 6 }, () => callBlindly(name));
    expect(answers.map((code) => code === 12345)).toEqual([false, false, true, true, false, false]);
  });

  test.each([
    ['cudart', 'cudaMalloc', 'cudaErrorMemoryAllocation', 2],
    ['cudart', 'cudaMalloc', 'cudaErrorDevicesUnavailable', 46],
    ['cuda', 'cuDeviceGetCount', 'CUDA_ERROR_SYSTEM_NOT_READY', 802],
    ['nvml', 'nvmlDeviceGetCount_v2', 'NVML_ERROR_GPU_IS_LOST', 15],
    ['cudnn', 'cudnnGetProperty', 'CUDNN_STATUS_NOT_INITIALIZED', 1001],
  ])('takes the names of %s: %s %s', (library, name, code, number) => {
    initialise();
    inject({ library, call: name, code });
    expect(callBlindly(name)).toBe(number);
  });

  test("takes cuDNN's names in the numbering of its version", () => {
    configure({
      cudnnVersion: '8.9.1',
      rules: [{ library: 'cudnn', call: 'cudnnGetProperty', code: 'CUDNN_STATUS_NOT_INITIALIZED' }],
    });
    expect(callBlindly('cudnnGetProperty')).toBe(1);
  });

  test('acts for ever when times is left out', () => {
    inject({ library: 'cudart', call: 'cudaMalloc', code: 2 });
    expect(Array.from({ length: 50 }, () => malloc(1).status)).toEqual(Array(50).fill(2));
    expect(state().allocations).toBe(0);
  });

  test('does the work on the calls that it lets pass', () => {
    inject({ library: 'cudart', call: 'cudaMalloc', code: 2, afterCalls: 3 });
    expect(Array.from({ length: 5 }, () => malloc(1).status)).toEqual([0, 0, 0, 2, 2]);
    expect(state().allocations).toBe(3);
  });

  test('matches by pattern and counts over all that it matches', () => {
    inject({ library: 'cudart', call: 'cudaM*', code: 2, afterCalls: 1 });
    expect(malloc(1).status).toBe(0);
    expect(memoryInfo().status).toBe(2);
    expect(malloc(1).status).toBe(2);
    expect(call('cudaFree', 0n)).toBe(0);
  });

  test.each([
    ['*', true],
    ['cuda?ree', true],
    ['*Free', true],
    ['c*d*r*e*', true],
    ['cuda*t*', false],
    ['?cudaFree*', null],
    ['cudaFre', null],
  ])('with the pattern %s matches cudaFree: %p', (pattern, matches) => {
    const taken = control('inject', { library: 'cudart', call: pattern, code: 46 }).status === 0;
    expect(taken).toBe(matches !== null);
    expect(call('cudaFree', 0n) === 46).toBe(matches === true);
  });

  test('is about one device where it names one', () => {
    configure({ devices: 2 });
    inject({ library: 'cudart', call: 'cudaMalloc', device: 1, code: 2 });
    inject({ library: 'nvml', call: '*', device: 1, code: 15 });
    expect(malloc(1).status).toBe(0);
    expect(call('cudaSetDevice', 1)).toBe(0);
    expect(malloc(1).status).toBe(2);
    expect(call('nvmlInit_v2')).toBe(0);
    expect(call('nvmlDeviceGetCount_v2', out(4))).toBe(0);
    expect(call('nvmlDeviceGetMemoryInfo', nvmlHandle(0), out(24))).toBe(0);
    expect(call('nvmlDeviceGetHandleByIndex_v2', 1, out(8))).toBe(15);
  });

  test("counts NVML's devices as NVML does, CUDA's as CUDA does", () => {
    configure({ devices: 2, cudaOrder: [1, 0] });
    initialise();
    inject({ library: 'nvml', call: 'nvmlDeviceGetHandleByIndex_v2', device: 0, code: 15 });
    inject({ library: 'cuda', call: 'cuDeviceTotalMem_v2', device: 0, code: 999 });
    expect(call('nvmlDeviceGetHandleByIndex_v2', 0, out(8))).toBe(15);
    expect(call('nvmlDeviceGetHandleByIndex_v2', 1, out(8))).toBe(0);
    expect(call('cuDeviceTotalMem_v2', out(8), 0)).toBe(999);
    expect(call('cuDeviceTotalMem_v2', out(8), 1)).toBe(0);
  });

  test('before another one answers in its place, and that one does not count the call', () => {
    inject({ library: 'cudart', call: 'cudaMalloc', code: 2, times: 2 });
    inject({ library: 'cudart', call: 'cudaMalloc', code: 46, afterCalls: 1, times: 1 });
    expect(Array.from({ length: 5 }, () => malloc(1).status)).toEqual([2, 2, 0, 46, 0]);
  });

  test('is not asked about a call that is refused before', () => {
    inject({ library: 'cuda', call: 'cuDeviceGetCount', code: 999, times: 1 });
    expect(call('cuDeviceGetCount', out(4))).toBe(3);
    expect(call('cuInit', 0)).toBe(0);
    expect(call('cuDeviceGetCount', out(4))).toBe(999);
    expect(call('cuDeviceGetCount', out(4))).toBe(0);
  });

  test('on a pattern leaves the functions alone that answer no status', () => {
    inject({ library: 'cudnn', call: '*', code: 'CUDNN_STATUS_INTERNAL_ERROR' });
    expect(call('cudnnGetVersion')).toBe(91300);
    expect(callBlindly('cudnnGetProperty')).toBe(4000);
  });
});

describe('delayMs', () => {
  test('takes the time and then does the work, or answers the code', () => {
    inject({ library: 'nvml', call: 'nvmlInit_v2', delayMs: 60, times: 1 });
    inject({ library: 'cudart', call: 'cudaMalloc', delayMs: 60, code: 2 });
    const before = performance.now();
    expect(call('nvmlInit_v2')).toBe(0);
    const between = performance.now();
    expect(malloc(1).status).toBe(2);
    expect(between - before).toBeGreaterThanOrEqual(59);
    expect(performance.now() - between).toBeGreaterThanOrEqual(59);
  });

  test('leaves the word to the rules behind it', () => {
    inject({ library: 'cudart', call: 'cudaMalloc', delayMs: 1 });
    inject({ library: 'cudart', call: 'cudaMalloc', code: 2 });
    expect(malloc(1).status).toBe(2);
  });

  test('acts on a function without a status', () => {
    inject({ library: 'cudnn', call: 'cudnnGetVersion', delayMs: 30 });
    const before = performance.now();
    expect(call('cudnnGetVersion')).toBe(91300);
    expect(performance.now() - before).toBeGreaterThanOrEqual(29);
  });

  test('ends early with the scenario', async () => {
    inject({ library: 'cudart', call: 'cudaGetLastError', delayMs: 3_600_000 });
    const late = callElsewhere('cudaGetLastError');
    while (state().calls['cudaGetLastError'] === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    configure();
    expect(await late).toBe(0);
  });
});

describe('hang', () => {
  test('holds the call until reset, which then does its work on the new machine', async () => {
    expect(call('nvmlInit_v2')).toBe(0);
    inject({ library: 'nvml', call: 'nvmlDeviceGetCount_v2', hang: true });
    const count = out(4);
    const stuck = callElsewhere('nvmlDeviceGetCount_v2', count);
    await untilHanging(1);
    // The rest of the library goes on.
    expect(call('nvmlSystemGetDriverVersion', out(80), 80)).toBe(0);
    reset();
    expect(await stuck).toBe(1);
    expect(state().hanging).toBe(0);
  });

  test('holds it until configure, and answers its code then if it has one', async () => {
    inject({ library: 'cudart', call: 'cudaMalloc', hang: true, code: 700 });
    const stuck = callElsewhere('cudaMalloc', out(8), 16);
    await untilHanging(1);
    configure();
    expect(await stuck).toBe(700);
    // The new machine is not poisoned by the old one's rule.
    expect(malloc(16).status).toBe(0);
  });

  test('holds as many calls as times says', async () => {
    inject({ library: 'cudart', call: 'cudaPeekAtLastError', hang: true, times: 2 });
    const stuck = [callElsewhere('cudaPeekAtLastError'), callElsewhere('cudaPeekAtLastError')];
    await untilHanging(2);
    expect(call('cudaPeekAtLastError')).toBe(0);
    reset();
    expect(await Promise.all(stuck)).toEqual([0, 0]);
  });

  test('of cuInit holds the start of the runtime for every thread', async () => {
    configure({ rules: [{ library: 'cuda', call: 'cuInit', hang: true }] });
    const stuck = [callElsewhere('cudaGetLastError'), callElsewhere('cudaFree', 0n)];
    await untilHanging(1);
    configure({ devices: 0 });
    expect(await Promise.all(stuck)).toEqual([100, 100]);
  });

  test('false is no hang', () => {
    inject({ library: 'cudart', call: 'cudaMalloc', hang: false, code: 2 });
    expect(malloc(1).status).toBe(2);
  });

  test('blocks nothing else in the process', async () => {
    inject({ library: 'cudart', call: 'cudaFree', hang: true });
    const stuck = callElsewhere('cudaFree', 0n);
    await untilHanging(1);
    expect(malloc(1).status).toBe(0);
    configure();
    expect(await stuck).toBe(0);
  });
});

describe('the number of calls', () => {
  test('is kept by function, for failed calls, too', () => {
    call('nvmlInit_v2');
    malloc(1);
    malloc(2n ** 60n);
    call('cuDeviceGetCount', null);
    const { calls } = state();
    expect(Object.entries(calls).filter(([, count]) => count > 0)).toEqual([
      ['cudaMalloc', 2],
      ['cuDeviceGetCount', 1],
      ['nvmlInit_v2', 1],
    ]);
  });

  test('does not count what the runtime asks the driver', () => {
    malloc(1);
    expect(state().calls).toMatchObject({ cuInit: 0, cuDriverGetVersion: 0, cuDeviceGetCount: 0 });
  });
});
