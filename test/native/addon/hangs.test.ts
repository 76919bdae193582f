import type { Snapshot } from '../../../lib/cuda/index.js';
import { itCompiled, openWorkshop } from './compile';
import { runProgram, sanitized } from './support';

interface Answer {
  snapshot: { answer: Snapshot; ms: number };
  guarded: Record<string, { answer: string; ms: number }>;
  hanging: number;
  at: number;
}

/** What a busy machine may add, and a sanitizer, which looks for leaks at the end. */
const SLACK_MS = sanitized === undefined ? 700 : 60_000;

describe('a library that never answers', () => {
  const workshop = openWorkshop();
  afterAll(() => {
    workshop.remove();
  });

  itCompiled.each([
    ['nvml', 'nvmlInit_v2'],
    ['cudart', 'cudaMalloc'],
    ['cudnn', 'cudnnGetProperty'],
    ['cuda', 'cuInit'],
  ])('%s: snapshot and guard keep their deadlines, and the process ends', (library, call) => {
    const engine = workshop.compile('engine-thread.cc');
    const result = runProgram('hangs.cjs', { LIBRARY: library, CALL: call, ENGINE: engine });
    const ended = Date.now();
    expect(result.stderr).toBe('');
    expect([result.status, result.signal]).toEqual([7, null]);
    const { snapshot, guarded, hanging, at } = JSON.parse(result.stdout) as Answer;
    expect(ended - at).toBeLessThan(300 + SLACK_MS);
    expect(snapshot.ms).toBeLessThan(300 + SLACK_MS);
    expect(Object.keys(guarded)).toHaveLength(library === 'cudart' ? 12 : 1);
    for (const [name, { answer, ms }] of Object.entries(guarded)) {
      expect([name, answer]).toEqual([name, 'timeout']);
      expect(ms).toBeGreaterThan(290);
      expect(ms).toBeLessThan(300 + SLACK_MS);
    }
    // Our own question hangs beside the engine's, where it goes to the same library.
    const ours = library === 'nvml' || library === 'cuda';
    expect(hanging).toBe(ours ? 2 : 1);
    // Under valgrind the answer itself takes longer than the deadline.
    if (sanitized === 'valgrind') return;
    expect(snapshot.answer.timedOut).toBe(ours);
    // The driver alone tells how many there are.
    expect(snapshot.answer.devices?.length ?? null).toBe(library === 'cuda' ? null : 2);
  });
});
