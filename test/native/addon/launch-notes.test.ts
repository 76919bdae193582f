import { Event, Stream, alloc, synchronize } from '../../../lib/cuda/index.js';
import { resetFatalState } from '../../../lib/index.js';
import type { GPUException } from '../../../lib/index.js';
import { eachTestHasKernels, fresh, loaded, x, y } from './kernel-work';
import { thrownBy } from './support';

eachTestHasKernels();
afterEach(resetFatalState);

describe('a failure that earlier work may have caused', () => {
  it('names the last launches on its cause, and not in its message', async () => {
    const mock = await fresh({ devices: 1 });
    const kernel = loaded.kernel('saxpy');
    using stream = new Stream();
    for (let i = 1; i <= 10; ++i) kernel.launch({ grid: i, block: 32, stream }, 1, 2, x, y);
    loaded.kernel('none').launch({ grid: 7, block: [8, 4] });
    await stream.synchronize();
    // What is not done when the context is lost is told of to whoever waits next, in another test.
    using event = new Event();
    event.record();
    await event.synchronize();
    mock.inject({ library: 'cudart', call: 'cudaMalloc', code: 700 });
    const error = thrownBy(() => alloc(16)) as GPUException;
    expect(error.failure).toMatchObject({ code: 700, mayBeEarlier: true });
    const { recentLaunches } = error.cause as { recentLaunches: object[] };
    expect(recentLaunches.length).toBeGreaterThanOrEqual(9);
    expect(recentLaunches[0]).toEqual({ kernel: 'none', grid: [7, 1, 1], block: [8, 4, 1], sharedBytes: 0, stream: 0 }); // prettier-ignore
    expect(recentLaunches[1]).toMatchObject({ kernel: 'saxpy', grid: [10, 1, 1] });
    expect(recentLaunches[8]).toMatchObject({ kernel: 'saxpy', grid: [3, 1, 1] });
    expect(`${error.message}${JSON.stringify(error)}`).not.toContain('saxpy');
  });

  it('names those of the streams that were launched into last', async () => {
    const mock = await fresh({ devices: 1 });
    const [hot, cold] = [loaded.kernel('none'), loaded.kernel('saxpy')];
    const streams = Array.from({ length: 65 }, () => new Stream());
    const [first = new Stream(), ...others] = streams;
    for (const stream of others) {
      hot.launch({ grid: 1, block: 1, stream: first });
      cold.launch({ grid: 1, block: 1, stream }, 1, 2, x, y);
    }
    hot.launch({ grid: 7, block: 1, stream: first });
    for (const stream of streams) stream.dispose();
    await synchronize();
    mock.inject({ library: 'cudart', call: 'cudaMalloc', code: 719 });
    const { cause } = thrownBy(() => alloc(16)) as GPUException;
    const { recentLaunches } = cause as { recentLaunches: { kernel: string; grid: number[]; stream: number }[] }; // prettier-ignore
    const ofHot = recentLaunches.filter(({ kernel }) => kernel === 'none');
    expect(ofHot).toHaveLength(8);
    expect(new Set(ofHot.map(({ stream }) => stream)).size).toBe(1);
    expect(recentLaunches[0]).toMatchObject({ kernel: 'none', grid: [7, 1, 1] });
  });

  it('names those of the stream that the failed call was about first, by the stream’s id', async () => {
    const mock = await fresh({ devices: 1 });
    const [suspect, other] = [loaded.kernel('none'), loaded.kernel('saxpy')];
    using mine = new Stream({ nonBlocking: true });
    using theirs = new Stream({ nonBlocking: true });
    expect(theirs.id).toBe(mine.id + 1);
    const launchAll = () => {
      suspect.launch({ grid: 1, block: 1, stream: mine });
      suspect.launch({ grid: 2, block: 1, stream: mine });
      for (let i = 0; i < 20; ++i) other.launch({ grid: 1, block: 1, stream: theirs }, 1, 2, x, y);
    };
    interface Cause {
      stream?: number;
      recentLaunches: { kernel: string; grid: number[]; stream: number }[];
    }
    const lose = async (call: string, work: () => unknown): Promise<Cause> => {
      await mine.synchronize(); // so that nothing of the last way's takes the refusal
      launchAll();
      const times = call === 'cudaStreamQuery' ? undefined : 1;
      mock.inject({ library: 'cudart', call, code: 719, sticky: false, ...(times && { times }) });
      const error = await (async () => work())().then(
        () => new Error('it went well'),
        (reason: unknown) => reason as Error,
      );
      resetFatalState();
      return error.cause as Cause;
    };
    using buffer = alloc(16);
    using event = new Event();
    const ways: [call: string, work: () => unknown][] = [
      ['cudaMemsetAsync', () => buffer.fill(0, { stream: mine })],
      ['cudaEventRecord', () => event.record(mine)],
      ['cudaMallocAsync', () => alloc(16, { stream: mine })],
      ['cudaLaunchHostFunc', () => mine.synchronize()],
      [
        'cudaEventQuery',
        async () => {
          event.record(mine);
          await event.synchronize();
          event.query();
        },
      ],
      [
        'cudaEventElapsedTime',
        async () => {
          event.record(mine);
          await event.elapsed(event);
        },
      ],
      // From then on: a lane may ask before. Nobody is asked while a lane still puts something in.
      [
        'cudaStreamQuery',
        () => {
          for (;;) mine.query();
        },
      ],
    ];
    for (const [call, work] of ways) {
      const { stream, recentLaunches } = await lose(call, work);
      expect([call, stream]).toEqual([call, mine.id]);
      expect(recentLaunches.slice(0, 2)).toMatchObject([
        { kernel: 'none', grid: [2, 1, 1], stream: mine.id },
        { kernel: 'none', grid: [1, 1, 1], stream: mine.id },
      ]);
      const ofMine = recentLaunches.filter((launch) => launch.stream === mine.id);
      expect(ofMine).toEqual(recentLaunches.slice(0, ofMine.length));
      expect(recentLaunches[ofMine.length]?.stream).toBe(theirs.id);
    }
    const { stream, recentLaunches } = await lose('cudaMalloc', () => alloc(16));
    expect([stream, recentLaunches[0]?.stream]).toEqual([undefined, theirs.id]);
  });

  it('names those of the last 64 streams, and of those that are gone', async () => {
    const mock = await fresh({ devices: 2 });
    const kernel = loaded.kernel('none');
    const launchAll = (streams: Stream[], block: number) => {
      for (const stream of streams) kernel.launch({ grid: 1, block, stream });
    };
    const streams = Array.from({ length: 70 }, () => new Stream());
    launchAll(streams, 1);
    launchAll(streams.slice(0, 3), 2); // whose first launches nobody tells any more
    for (const stream of streams) stream.dispose();
    await synchronize();
    const told = (device: number) => {
      mock.inject({ library: 'cudart', call: 'cudaMalloc', code: 719, times: 1 });
      const { cause } = thrownBy(() => alloc(16, { device })) as GPUException;
      mock.reset();
      return (cause as { recentLaunches?: { block: number[]; stream: number }[] }).recentLaunches;
    };
    const first = told(0) ?? [];
    expect(first.slice(0, 4).map(({ block }) => block[0])).toEqual([2, 2, 2, 1]);
    expect(new Set(first.map(({ stream }) => stream)).size).toBe(64);
    // A kernel of another device is not to blame.
    expect(told(1)).toBeUndefined();
  });
});
