/** Memory that was freed and that nobody has given back yet. */

import { Stream, alloc } from '../../../lib/cuda/index.js';
import type { AllocOptions } from '../../../lib/cuda/index.js';
import { useMock } from '../../../lib/mock/index.js';
import { eachTestGivesAllBack } from '../../helpers/live-handles';
import { answerOf, runProgram } from './support';

const MiB = 2 ** 20;
/** More than half of the device: two of them never fit. */
const MOST = 80 * MiB;

eachTestGivesAllBack();

describe('an allocation for which there is no memory', () => {
  const kinds = ['plain', 'in the stream'] as const;
  it.each(
    kinds.flatMap((first) =>
      kinds.flatMap((then) => [
        [then, first, 'a large copy'] as const,
        [then, first, 'a fill'] as const,
      ]),
    ),
  )('%s, waits for memory %s that was freed behind %s', async (then, first, work) => {
    const mock = useMock({
      contextOverheadBytes: 0,
      devices: [{ memoryBytes: 100 * MiB, reservedBytes: 0 }],
    });
    using stream = new Stream();
    const options = (kind: string): AllocOptions => (kind === 'plain' ? {} : { stream });
    mock.inject({ library: 'cudart', call: 'cudaMemcpyAsync', delayMs: 30, times: 1 });
    mock.inject({ library: 'cudart', call: 'cudaMemsetAsync', delayMs: 30, times: 1 });
    const freed = alloc(MOST, options(first));
    const done =
      work === 'a fill'
        ? freed.fill(1, { stream })
        : freed.write(new SharedArrayBuffer(4 * MiB), { stream });
    freed.free();
    using again = alloc(MOST, options(then));
    await again.fill(2, { stream });
    await done;
    expect(mock.state().allocations).toBe(1);
  });
});

describe('free()', () => {
  it('does not wait for what another thread has at work on the device', () => {
    const { waited } = answerOf<{ waited: string }>(runProgram('free-beside-others.cjs'));
    expect(waited).not.toBe('timed-out');
  });
});
