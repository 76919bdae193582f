import { useMock } from '../../lib/mock/index.js';
import { playModel } from './memory-model';

// `npm run test:model` plays more of them.
const RUNS = Number(process.env['GPU_EXCEPTIONS_MODEL_RUNS'] ?? 300);

describe('random GPU work', () => {
  it(
    `holds the same bytes as its model, ${String(RUNS)} times`,
    async () => {
      const mock = useMock();
      await playModel(RUNS);
      // What is freed on a thread that nobody waits for.
      while (mock.state().allocations > 0) await new Promise(setImmediate);
    },
    RUNS * 1000,
  );
});
