/** Work that was put in and is refused later, when a lane makes the call: every failure is told. */

import { Event, Stream, alloc } from '../../../lib/cuda/index.js';
import type { DeviceBuffer } from '../../../lib/cuda/index.js';
import type { GPUException } from '../../../lib/exceptions/index.js';
import { MOST_UNTOLD } from '../../../lib/cuda/failed-work.js';
import { resetFatalState } from '../../../lib/index.js';
import type { Mock } from '../../../lib/mock/index.js';
import { eachTestHasKernels, fresh, loaded } from './kernel-work';
import { thrownBy } from './support';

eachTestHasKernels();
afterEach(resetFatalState);

const INVALID = 1; // cudaErrorInvalidValue
let mock: Mock;
let stream: Stream;
let large: DeviceBuffer;
beforeEach(async () => {
  mock = await fresh();
  stream = new Stream();
  large = alloc(4 * 2 ** 20);
});
afterEach(() => {
  stream.dispose();
  large.free();
});

/** Two pieces, each with an event, which the loop copies: what follows in the stream waits for its turn. */
const PIECES = 2;
function holdStream(): Promise<void> {
  return large.write(new Uint8Array(2 * 2 ** 20 + 1), { stream });
}

/** What each ends with, one after the other: the call that failed, or nothing. */
async function ends(...waits: (() => Promise<unknown>)[]): Promise<(string | null | undefined)[]> {
  const calls = [];
  for (const wait of waits) {
    calls.push(await wait().then(() => undefined, callOf)); // prettier-ignore
  }
  return calls;
}
const callOf = (error: unknown): string | null | undefined => (error as GPUException).failure?.call;
const synchronize = (): Promise<void> => stream.synchronize();

describe('work that fails when its turn has come', () => {
  it('stays failed although later work in the stream fails as well', async () => {
    using event = new Event();
    using other = new Event();
    other.record();
    await other.synchronize();
    mock.inject({ library: 'cudart', call: 'cudaEventRecord', code: INVALID, times: 1, afterCalls: PIECES }); // prettier-ignore
    mock.inject({ library: 'cudart', call: 'cudaStreamWaitEvent', code: INVALID, times: 1 });
    const written = holdStream();
    event.record(stream);
    stream.wait(other);
    await written;
    const wait = () => event.synchronize();
    // Its own failure, as often as it is asked; the other to whoever comes next; then nothing is left.
    expect(await ends(wait, synchronize, synchronize, wait)).toEqual([
      'cudaEventRecord', 'cudaStreamWaitEvent', undefined, 'cudaEventRecord',
    ]); // prettier-ignore
  });

  it('is told one by one to those who wait next, the first failure first', async () => {
    const kernel = loaded.kernel('none');
    using later = new Event();
    mock.inject({ library: 'cuda', call: 'cuLaunchKernel', code: 701, times: 1 });
    mock.inject({ library: 'cuda', call: 'cuLaunchKernel', code: INVALID, times: 1 });
    const written = holdStream();
    kernel.launch({ grid: 1, block: 1, stream });
    const between = large.fill(1, { stream });
    kernel.launch({ grid: 2, block: 1, stream });
    later.record(stream);
    await written;
    const codes = await Promise.all(
      [between, later.synchronize(), stream.synchronize(), stream.synchronize()].map((wait) =>
        wait.then(
          () => undefined,
          (error: unknown) => (error as GPUException).failure?.code,
        ),
      ),
    );
    expect(codes).toEqual([701, INVALID, undefined, undefined]);
  });

  it('is told also to who waits for what was settled before', async () => {
    const kernel = loaded.kernel('none');
    using later = new Event();
    mock.inject({ library: 'cuda', call: 'cuLaunchKernel', code: INVALID, times: 2 });
    const written = holdStream();
    kernel.launch({ grid: 1, block: 1, stream });
    kernel.launch({ grid: 2, block: 1, stream });
    later.record(stream);
    await written;
    const wait = () => later.synchronize();
    expect(await ends(synchronize, wait, wait)).toEqual([
      'cuLaunchKernel', 'cuLaunchKernel', undefined,
    ]); // prettier-ignore
  });

  it('is reported as done by no question', async () => {
    using event = new Event();
    mock.inject({ library: 'cudart', call: 'cudaEventRecord', code: INVALID, times: 1, afterCalls: PIECES }); // prettier-ignore
    mock.inject({ library: 'cuda', call: 'cuLaunchKernel', code: INVALID, times: 1 });
    const written = holdStream();
    event.record(stream);
    loaded.kernel('none').launch({ grid: 1, block: 1, stream });
    expect([event.query(), stream.query()]).toEqual([false, false]);
    await written;
    const asked = (ask: () => boolean) => () => {
      for (;;) if (ask()) return; // the loop has no turn to tell what failed
    };
    expect(callOf(thrownBy(asked(() => event.query())))).toBe('cudaEventRecord');
    expect(callOf(thrownBy(asked(() => stream.query())))).toBe('cuLaunchKernel');
    expect(stream.query()).toBe(true);
    expect(callOf(thrownBy(asked(() => event.query())))).toBe('cudaEventRecord');
  });

  it('is not forgotten, however much of it there is', async () => {
    const events = Array.from({ length: 1000 }, () => new Event({ timing: false }));
    using good = new Event();
    good.record();
    await good.synchronize();
    const kernel = loaded.kernel('none');
    mock.inject({ library: 'cudart', call: 'cudaEventRecord', code: INVALID, times: 1000, afterCalls: PIECES }); // prettier-ignore
    const written = holdStream();
    for (const event of events) {
      kernel.launch({ grid: 1, block: 1, stream }); // which does not fail
      event.record(stream);
    }
    await written;
    const results = await Promise.allSettled(events.map((event) => event.synchronize()));
    expect(results.filter(({ status }) => status === 'fulfilled')).toEqual([]);
    let told = 0;
    while ((await ends(synchronize))[0] !== undefined) told += 1;
    expect(told).toBeLessThanOrEqual(MOST_UNTOLD);
    good.record(stream);
    expect(await ends(() => good.synchronize())).toEqual([undefined]);
    for (const event of events) event.dispose();
  });
});
