import { answerOf, runProgram } from './support';

const MOCK = { GPU_EXCEPTIONS_BACKEND: 'mock' };

describe('the addon on many threads', () => {
  it('works in eight workers and the main thread at once', () => {
    const answer = answerOf<{ rounds: number[]; allocations: number }>(
      runProgram('workers.cjs', MOCK),
    );
    expect(answer.rounds).toEqual(Array.from({ length: 9 }, () => 200));
    expect(answer.allocations).toBe(0);
  });

  it('stays when the worker that loaded it first has gone', () => {
    const answer = answerOf<{ before: number; after: number; latch: string }>(
      runProgram('first-worker.cjs', MOCK),
    );
    expect(answer.before).toBeGreaterThan(0);
    expect(answer.after).toBe(answer.before);
    expect(answer.latch).toBe('{"kept":"by the process"}');
  });

  it('takes workers that are terminated in the middle of calls, and frees what they held', () => {
    const answer = answerOf<{ terminated: number; allocations: number; free: boolean }>(
      runProgram('terminated.cjs', MOCK),
    );
    expect(answer).toEqual({ terminated: 20, allocations: 0, free: true });
  });

  it.each([
    ['hangs', { hang: true }, [2, 0]],
    ['refuses one', { code: 1, times: 1 }, [1, 0]],
  ])('frees what a worker held without waiting, where cudaFree %s', (_how, answer, left) => {
    const env = { ...MOCK, ANSWER: JSON.stringify(answer), LEFT: left.join() };
    expect(answerOf(runProgram('worker-hangs.cjs', env))).toEqual(left);
  });

  it('frees what was allocated while the stand-in was configured afresh', () => {
    expect(answerOf(runProgram('across-mocks.cjs', MOCK))).toEqual([1, 0]);
  });

  it('answers every instance of the package that one environment has', () => {
    expect(answerOf(runProgram('two-instances.cjs', MOCK))).toEqual([2 ** 30, 2 ** 31, 2 ** 31]);
  });

  it('keeps errors to the thread that made them', () => {
    const answer = answerOf<{ here: number; there: number }>(runProgram('last-error.cjs', MOCK));
    expect(answer).toEqual({ here: 0, there: 2 });
  });
});

describe('a process that ends', () => {
  it.each(['exit', 'return'])('by %s with live memory and a hung driver ends cleanly', (how) => {
    const result = runProgram('ends.cjs', { ...MOCK, HOW: how });
    expect(result.stderr).toBe('');
    expect([result.status, result.signal]).toEqual([how === 'exit' ? 7 : 0, null]);
    expect(result.stdout).toMatch(/hanging 1/);
  });
});

describe('leaked buffers', () => {
  it('are freed when they are collected, with one warning', () => {
    const answer = answerOf<{ freed: boolean; warnings: { code: string; message: string }[] }>(
      runProgram('leaks.cjs', MOCK, ['--expose-gc']),
    );
    expect(answer.freed).toBe(true);
    expect(answer.warnings).toHaveLength(1);
    expect(answer.warnings[0]?.code).toBe('GPU_EXCEPTIONS_LEAKED_BUFFER');
    expect(answer.warnings[0]?.message).toMatch(/A DeviceBuffer of 4096 bytes on device 0 /);
  });
});

describe('the bare binding', () => {
  it('survives whatever it is called with, before and after it was initialised', () => {
    const answer = answerOf<{ before: string[]; kinds: string[]; calls: number }>(
      runProgram('bare.cjs'),
    );
    expect(answer.calls).toBeGreaterThan(500);
    expect(answer.before).toEqual(
      expect.arrayContaining(['initialize() must be called before the addon is used']),
    );
    expect(answer.kinds).toEqual(expect.arrayContaining(['type', 'range']));
  });
});
