/** What one library, one device or somebody else's code does must not be the others' trouble. */

import { devices, deviceMemory } from '../../../lib/cuda/index.js';
import { useMock } from '../../../lib/mock/index.js';
import { loadBinding } from '../../../lib/native/load.js';
import { answerOf, runProgram, thrownBy } from './support';

describe('a library that hangs while it is opened', () => {
  it('holds up no other library', () => {
    expect(answerOf(runProgram('hanging-library.cjs'))).toEqual({ lastError: null });
  });
});

describe('a device that hangs while it is joined', () => {
  it.each(['cuDeviceGetPCIBusId', 'cuDeviceGetUuid_v2'])('holds up no other device: %s', (call) => {
    const answer = answerOf<object>(runProgram('hanging-device.cjs', { CALL: call }));
    expect(answer).toEqual({ source: 'nvml', total: expect.any(Number) as number });
  });
});

describe('somebody else who shuts NVML down', () => {
  it('is noticed by every question, which starts it again', () => {
    const answer = answerOf<unknown[]>(runProgram('foreign-shutdown.cjs'));
    // Between the answers: how often it was started so far.
    const once = [true, 1, true, 2, 'nvml', 3, 'nvml', 4, true, 5, true, 6, true, 7, true];
    expect(answer).toEqual(once);
  });

  it('is noticed where there is no CUDA driver, too', () => {
    const env = { GPU_EXCEPTIONS_CUDA: '/nonexistent/libcuda.so.1', WITHOUT_DRIVER: '1' };
    const answer = answerOf<unknown[]>(runProgram('foreign-shutdown.cjs', env));
    expect(answer).toEqual([true, 1, true, 2, true, 3, true]);
  });
});

describe('a MIG instance on a driver that does not tell its own UUID', () => {
  it('is not taken for the GPU that it is a part of', () => {
    useMock({
      devices: [{ profile: 'a100-40gb', mig: ['1g.5gb'] }],
      rules: [{ library: 'cuda', call: 'cuDeviceGetUuid_v2', code: 801 }],
    });
    const [instance] = devices();
    expect(instance?.name).toMatch(/ MIG 1g\.5gb$/);
    expect(instance?.uuid).toBeNull();
    // NVML could only be asked about the whole GPU.
    const { source, total } = deviceMemory();
    expect(source).toBe('cuda');
    expect(total).toBeLessThan(6 * 2 ** 30);
  });
});

describe('those who wait for a driver that never answers', () => {
  it('are 1024 at most; who comes later is not kept', async () => {
    useMock();
    const binding = loadBinding();
    let answered = 0;
    const all = new Promise<void>((done) => {
      for (let i = 0; i < 2000; i += 1) {
        binding.probeMemory(0, () => {
          answered += 1;
          if (answered === 1) setImmediate(done);
        });
      }
    });
    const waiting = setTimeout(() => undefined, 60_000);
    await all;
    clearTimeout(waiting);
    expect(answered).toBe(1024);
  });
});

describe('text with a NUL character', () => {
  it.each<[string, (binding: ReturnType<typeof loadBinding>) => unknown]>([
    ['verb', (binding) => binding.mockControl('state\0s', '')],
    ['argument', (binding) => binding.mockControl('state', '\0')],
    ['path', (binding) => binding.useMock('/tmp\0/x.so', '{}', false)],
    ['scenario', (binding) => binding.useMock('/tmp/x.so', '{}\0', false)],
    ['json', (binding) => binding.writeLatch('{}\0')],
  ])('is refused by the name of the argument, not cut off: %s', (name, call) => {
    useMock();
    const error = thrownBy(() => call(loadBinding()));
    expect([error.name, error.message]).toEqual(['TypeError', `${name}: it holds a NUL character`]);
  });
});
