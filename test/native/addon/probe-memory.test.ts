import { Reading, ReadingSource } from '../../../lib/native/binding.js';
import { loadBinding } from '../../../lib/native/load.js';
import { useMock } from '../../../lib/mock/index.js';
import { eachTestFindsDevicesAtRest } from '../../helpers/devices-at-rest';
import { answerOf, runProgram } from './support';

const probe = (device: number | null): Promise<{ filled: boolean; readings: number[] }> =>
  new Promise((resolve) => {
    const binding = loadBinding();
    const waiting = setTimeout(() => undefined, 10_000);
    binding.probeMemory(device, (filled, readings) => {
      clearTimeout(waiting);
      resolve({ filled, readings: Array.from(readings) });
    });
  });

eachTestFindsDevicesAtRest();

describe('probeMemory', () => {
  it('reads the memory of the device that is named', async () => {
    const mock = useMock({ devices: [{ memoryBytes: 2 ** 30 }, { memoryBytes: 2 ** 31 }] });
    const { filled, readings } = await probe(1);
    expect(filled).toBe(true);
    expect(readings[Reading.total]).toBe(2 ** 31);
    expect(readings[Reading.free]).toBe(mock.state().devices[1]?.free);
    expect(readings[Reading.source]).toBe(ReadingSource.nvml);
    expect(mock.state().devices.some(({ contextActive }) => contextActive)).toBe(false);
  });

  it('takes the only device there is when none is named, and guesses among none', async () => {
    useMock();
    expect((await probe(null)).filled).toBe(true);
    useMock({ devices: 2 });
    const { filled, readings } = await probe(null);
    expect(filled).toBe(false);
    expect(readings[Reading.total]).toBeNaN();
  });

  it('asks one question for all who wait for the same device', async () => {
    const mock = useMock({
      rules: [{ library: 'nvml', call: 'nvmlDeviceGetMemoryInfo_v2', delayMs: 100, times: 1 }],
    });
    const answers = await Promise.all(Array.from({ length: 50 }, () => probe(0)));
    expect(answers.every(({ filled }) => filled)).toBe(true);
    expect(mock.calls('nvmlDeviceGetMemoryInfo_v2')).toBe(1);
    expect((await probe(0)).filled).toBe(true);
    expect(mock.calls('nvmlDeviceGetMemoryInfo_v2')).toBe(2);
  });

  it('answers "not filled" where the driver refuses', async () => {
    useMock({ devices: 0 });
    expect((await probe(0)).filled).toBe(false);
  });
});

describe('a look after a failure, in a process that never used a GPU', () => {
  it('loads no driver to find that there is no context', () => {
    const answer = answerOf<{ health: unknown[]; loaded: string[] }>(runProgram('loaded-only.cjs'));
    expect(answer.health).toEqual([0, 0, 0, null]);
    expect(answer.loaded).toEqual([]);
  });
});
