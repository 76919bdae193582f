/** Streams whose end comes in an untimely way: disposed of, in a lost context, or with a refused mark. */

import { Event, Stream, alloc, peekLastError, synchronize } from '../../../lib/cuda/index.js';
import type { GPUException } from '../../../lib/exceptions/index.js';
import { resetFatalState } from '../../../lib/index.js';
import { useMock } from '../../../lib/mock/index.js';
import { answerOf, runProgram } from './support';

const MiB = 2 ** 20;
/** What takes the stand-in long enough for the next calls to come before its end. */
const LONG = 256 * MiB;

afterEach(() => {
  resetFatalState();
});

const outcome = async (work: Promise<unknown>): Promise<number | null | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => (error as GPUException).failure?.code,
  );
const turn = (): Promise<void> => new Promise(setImmediate);

describe('a stream that was disposed of', () => {
  it('still tells events that they have happened', async () => {
    useMock();
    const stream = new Stream();
    using start = new Event();
    using end = new Event();
    start.record(stream);
    end.record(stream);
    stream.dispose();
    await start.synchronize();
    expect(await start.elapsed(end)).toBeGreaterThanOrEqual(0);
  });

  it('still hands out what was read', async () => {
    useMock();
    using buffer = alloc(4096);
    await buffer.fill(7);
    const stream = new Stream();
    const read = buffer.read({ stream });
    await Promise.resolve(); // the end is asked for, and comes while this thread is busy
    while (!stream.query());
    stream.dispose();
    expect((await read)[0]).toBe(7);
  });

  it('leaves nothing behind, whoever waits, and also when it is collected', () => {
    const env = { GPU_EXCEPTIONS_BACKEND: 'mock' };
    expect(answerOf(runProgram('queues.cjs', env, ['--expose-gc']))).toEqual({ made: 61, left: 1 });
  });

  it('keeps its memory until its own work is done', async () => {
    const mock = useMock();
    const stream = new Stream();
    using long = alloc(LONG);
    const buffer = alloc(4096, { stream });
    for (let i = 0; i < 4; ++i) void long.fill(i, { stream });
    const filled = buffer.fill(1);
    stream.dispose();
    let done = false;
    void filled.then(() => (done = true));
    buffer.free();
    while (mock.calls('cudaFree') === 0) await turn();
    await turn();
    expect(done).toBe(true);
    expect(mock.state().allocations).toBe(1);
  });
});

describe('a lost context', () => {
  it('settles what waits, also while a thread waits to give memory back', async () => {
    const mock = useMock();
    const stream = new Stream();
    const other = new Stream();
    const long = alloc(LONG);
    const buffer = alloc(4096, { stream });
    const fills = Array.from({ length: 8 }, (_, i) => outcome(long.fill(i, { stream: other })));
    const last = outcome(buffer.fill(1, { stream: other }));
    await Promise.resolve();
    buffer.free();
    mock.inject({ library: 'cudart', call: 'cudaPeekAtLastError', code: 719, times: 1 });
    peekLastError();
    expect(await last).toBe(719);
    await Promise.all(fills);
    try {
      long.free(); // told here, or on the channel by a thread of ours
    } catch (error) {
      expect((error as GPUException).failure?.code).toBe(719);
    }
    stream.dispose();
    other.dispose();
    expect(await outcome(synchronize())).toBe(719); // behind all that the thread had to do
  });
});

describe('a refused mark', () => {
  it('fails for all who ask, also while the work is still under way', async () => {
    const mock = useMock();
    using stream = new Stream();
    using event = new Event();
    using long = alloc(LONG);
    await long.fill(0, { stream });
    mock.inject({ library: 'cudart', call: 'cudaLaunchHostFunc', code: 2, times: 1 });
    const fills = Array.from({ length: 4 }, (_, i) => outcome(long.fill(i, { stream })));
    event.record(stream);
    expect(await Promise.all([outcome(event.synchronize()), ...fills])).toEqual(Array(5).fill(2));
    expect(await outcome(event.synchronize())).toBe(2);
    expect(await outcome(event.synchronize())).toBe(2);
    await outcome(stream.synchronize()); // learns of it, too, where nobody had
    await stream.synchronize();
  });
});

describe('a stream whose end cannot be learnt', () => {
  it('for a while, does not take what comes late for the end of newer work', async () => {
    const mock = useMock();
    using stream = new Stream();
    using long = alloc(2 * LONG);
    using buffer = alloc(4096);
    await buffer.fill(1, { stream });
    mock.inject({ library: 'cudart', call: 'cudaStreamQuery', code: 906, times: 3 });
    const refused = Array.from({ length: 16 }, (_, i) => outcome(long.fill(i, { stream })));
    const [first] = await Promise.all(refused);
    expect(first).toBe(906);
    for (let i = 0; i < 4; ++i) void long.fill(i, { stream });
    void buffer.fill(7, { stream });
    expect((await buffer.read({ stream }))[0]).toBe(7);
    await stream.synchronize();
  }, 30_000);

  it('leaves alone the memory through which it copies', async () => {
    const mock = useMock();
    using stream = new Stream();
    using long = alloc(LONG);
    using buffer = alloc(4096);
    using other = alloc(4096);
    await buffer.fill(7, { stream });
    const marks = mock.calls('cudaLaunchHostFunc');
    const marked = long.fill(1, { stream });
    while (mock.calls('cudaLaunchHostFunc') === marks) await turn();
    mock.inject({ library: 'cudart', call: 'cudaLaunchHostFunc', code: 2, times: 1 });
    const refused = Array.from({ length: 8 }, (_, i) => outcome(long.fill(i, { stream })));
    expect(await outcome(buffer.read({ stream }))).toBe(2);
    await Promise.all([marked, ...refused]);
    await turn();
    await other.write(new Uint8Array(4096).fill(9), { stream });
    expect((await other.read({ stream }))[0]).toBe(9);
  }, 30_000);
});
