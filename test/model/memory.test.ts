import { alloc } from '../../lib/cuda/index.js';
import { useMock } from '../../lib/mock/index.js';
import { compiledPackage } from '../helpers/compiled';
import { playModel } from './memory-model';
import { tryAllRefused } from './refusals';
import { DEVICES } from './steps';
import { surrounded } from './surroundings';

// `npm run test:model` plays more of them.
const RUNS = Number(process.env['GPU_EXCEPTIONS_MODEL_RUNS'] ?? 300);

// Which is compiled for their other thread, and takes longer than a test may on a busy machine.
beforeAll(() => {
  compiledPackage();
}, 120_000);

describe('what is wrong, freed, or somebody else’s', () => {
  it.each(DEVICES)(
    'is refused by name on device %i, and changes nothing',
    async (device) => {
      useMock({ devices: 2 });
      await surrounded(async (around) => {
        const freed = alloc(32, { device });
        const freedPart = freed.slice(16);
        freed.free();
        const buffer = alloc(4096, { device });
        await buffer.fill(7);
        const scene = { buffer, value: 5, freed, freedPart, around };
        expect(await tryAllRefused(scene)).toBeGreaterThan(70);
        expect(new Set(await buffer.read())).toEqual(new Set([7]));
        buffer.free();
      });
    },
    60_000,
  );
});

describe('random GPU work', () => {
  it(
    `holds the same bytes as its model, ${String(RUNS)} times`,
    async () => {
      const mock = useMock({ devices: 2 });
      await playModel(RUNS);
      // What is freed on a thread that nobody waits for.
      while (mock.state().allocations > 0) await new Promise(setImmediate);
    },
    RUNS * 1000,
  );
});
