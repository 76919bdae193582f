import { runScript, testWithAddon, WITH_ADDON } from '../../helpers/run-script.js';

/** The package on the stand-in, and what a guarded promise rejects with. */
const PRELUDE = `
const { catchGpuExceptions, fatalState, GPUException } = require(process.env.DIST + '/index.js');
const { useMock } = require(process.env.DIST + '/mock/index.js');
const cuda = require(process.env.DIST + '/cuda/index.js');
const GiB = 1024 ** 3;
const meet = async (error, options) => {
  const start = performance.now();
  try { await catchGpuExceptions(() => Promise.reject(error), options); } catch (thrown) {
    return { thrown, failure: thrown.failure, same: thrown === error, ms: performance.now() - start };
  }
};
const outOfMemory = () => new Error('CUDA error: out of memory');
const illegalAddress = () => new Error('CUDA error: an illegal memory access was encountered');
`;
const run = (script: string): unknown => runScript(PRELUDE, script, WITH_ADDON);

describe('the probe', () => {
  testWithAddon('fills the memory of a failure already judged', () => {
    const answer = run(`
      useMock({ devices: [{ memoryBytes: 8 * GiB, reservedBytes: 0, usedByOthersBytes: 5 * GiB }] });
      return (await meet(outOfMemory())).failure.memory;
    `);
    const GiB = 1024 ** 3;
    expect(answer).toMatchObject({ total: 8 * GiB, used: 5 * GiB, free: 3 * GiB, source: 'nvml' });
  });

  testWithAddon('reads the device that the guard names', () => {
    const answer = run(`
      useMock({ devices: [{ memoryBytes: 8 * GiB }, { memoryBytes: 16 * GiB }] });
      cuda.deviceCount();
      const { failure } = await meet(outOfMemory(), { device: 1 });
      return [failure.device, failure.memory && failure.memory.total / GiB];
    `);
    expect(answer).toEqual([1, 16]);
  });

  testWithAddon('a driver that hangs delays the rejection by no more than its deadline', () => {
    const answer = run(`
      useMock({ rules: [{ library: 'nvml', call: '*', hang: true }, { library: 'cuda', call: '*', hang: true }] });
      const { failure, ms } = await meet(outOfMemory());
      const mock = useMock({}); // lets the held calls go
      return { memory: failure.memory, category: failure.category, ms };
    `) as { memory: unknown; category: string; ms: number };
    expect(answer).toMatchObject({ memory: null, category: 'out-of-memory' });
    expect(answer.ms).toBeGreaterThan(200);
    expect(answer.ms).toBeLessThan(2000);
  });

  testWithAddon('does not ask for an error that is not the GPU’s, nor with probe: false', () => {
    const answer = run(`
      const mock = useMock({});
      const calls = () => Object.values(mock.calls()).reduce((sum, count) => sum + count, 0);
      const before = calls();
      const plain = await meet(new TypeError('x'));
      const quiet = await meet(outOfMemory(), { probe: false });
      const none = calls() - before;
      const probed = await meet(outOfMemory());
      return [plain.same, quiet.failure.memory, none, calls() - before > 0];
    `);
    expect(answer).toEqual([true, null, 0, true]);
  });

  testWithAddon('creates no CUDA context', () => {
    const answer = run(`
      const mock = useMock({});
      await meet(outOfMemory());
      await meet(illegalAddress());
      return [mock.calls('cuDevicePrimaryCtxGetState') > 0, mock.calls('cuDevicePrimaryCtxRetain')];
    `);
    expect(answer).toEqual([true, 0]);
  });

  testWithAddon('a sticky text that the context confirms closes the latch at once', () => {
    const answer = run(`
      useMock({ rules: [{ library: 'cudart', call: 'cudaMalloc', afterCalls: 1, code: 'cudaErrorIllegalAddress' }] });
      cuda.alloc(1024);
      const unconfirmed = (await meet(illegalAddress()), fatalState());
      // The engine's own copy of the runtime meets the fault; we only get its text.
      const { resetFatalState } = require(process.env.DIST + '/index.js');
      try { cuda.alloc(1024); } catch {}
      resetFatalState();
      const open = fatalState();
      await meet(illegalAddress());
      return [unconfirmed, open, fatalState() && fatalState().evidence];
    `);
    expect(answer).toEqual([null, null, 'message']);
  });

  testWithAddon(
    'a text that a healthy context, or no driver at all, contradicts never counts',
    () => {
      const answer = run(`
      const throwing = () => { try { catchGpuExceptions(() => { throw illegalAddress(); }); } catch {} };
      const meetOften = async () => {
        for (let i = 0; i < 4; i++) await meet(illegalAddress());
        for (let i = 0; i < 4; i++) throwing();
        await meet(illegalAddress()); // asked after them, answered after them
      };
      await meetOften(); // no CUDA driver is loaded
      const without = fatalState();
      useMock({});
      cuda.alloc(1024);
      await meetOften();
      const healthy = fatalState();
      for (let i = 0; i < 3; i++) await meet(illegalAddress(), { probe: false });
      return [without, healthy, fatalState() && fatalState().evidence];
    `);
      expect(answer).toEqual([null, null, 'message']);
    },
  );

  test('without the addon nothing is read and nothing delayed', () => {
    const answer = runScript(
      PRELUDE,
      `
      await meet(outOfMemory()); // loads the judge
      const { failure, ms } = await meet(outOfMemory());
      return [failure.memory, ms < 200];
    `,
    );
    expect(answer).toEqual([null, true]);
  });
});

describe('a failed call of our own addon', () => {
  testWithAddon('is an exception already: made once, latched when sticky', () => {
    const answer = run(`
      useMock({ devices: [{ memoryBytes: GiB }], rules: [{ library: 'cudart', call: 'cudaMalloc', afterCalls: 1, code: 700 }] });
      const seen = [];
      require('node:diagnostics_channel').subscribe('gpu-exceptions:failure', ({ exception }) => seen.push(exception));
      const tooMuch = await catchGpuExceptions(async () => cuda.alloc(2 * GiB)).catch((error) => error);
      const open = fatalState();
      const fault = await catchGpuExceptions(async () => cuda.alloc(1)).catch((error) => error);
      const refused = await catchGpuExceptions(async () => cuda.alloc(1)).catch((error) => error);
      return [
        tooMuch.name, tooMuch.failure.requestedBytes / GiB, tooMuch.failure.memory.total / GiB, tooMuch.failure.retryable,
        open, fault.failure.name, refused.cause === fault, seen.length,
      ];
    `);
    expect(answer).toEqual([
      'CUDAOutOfMemoryException',
      2,
      1,
      false,
      null,
      'cudaErrorIllegalAddress',
      true,
      3,
    ]);
  });
});

test('a set-up exception is published; looking for the addon in vain is not', () => {
  const answer = runScript(
    PRELUDE,
    `
    const seen = [];
    require('node:diagnostics_channel').subscribe('gpu-exceptions:failure', ({ exception }) => seen.push(exception));
    await meet(outOfMemory());
    const before = seen.length;
    let thrown; try { cuda.deviceCount(); } catch (error) { thrown = error; }
    return [before, seen.length, seen[1] === thrown, thrown.failure.category];
  `,
  );
  expect(answer).toEqual([1, 2, true, 'library']);
});
