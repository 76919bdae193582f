/** Which calls wait for which: a call that the driver holds up, holds up its own stream alone. */

import koffi from 'koffi';
import { Event, Stream, alloc, compile, loadModule, synchronize } from '../../../lib/cuda/index.js';
import { useMock } from '../../../lib/mock/index.js';
import { eachTestGivesAllBack } from '../../helpers/live-handles';

const MiB = 2 ** 20;
const held = { library: 'cudart', call: 'cudaMemcpyAsync', hang: true, times: 1 } as const;

eachTestGivesAllBack();
// Ends every call that hangs.
afterEach(() => {
  useMock();
});

describe.each([
  ['blocking', false],
  ['non-blocking', true],
])('beside a large copy that waits, a %s stream', (_name, nonBlocking) => {
  it('goes on with small copies, fills, launches, events and waiting', async () => {
    const mock = useMock();
    using module = loadModule(await compile('extern "C" __global__ void none() {}'));
    using waiting = new Stream({ nonBlocking });
    using stream = new Stream({ nonBlocking });
    using event = new Event();
    using large = alloc(4 * MiB);
    using buffer = alloc(64);
    using other = alloc(64);
    await buffer.write(new Uint8Array(64).fill(1), { stream });
    mock.inject(held);
    const copy = large.write(new SharedArrayBuffer(4 * MiB), { stream: waiting });
    while (mock.state().hanging === 0) await new Promise(setImmediate);

    void buffer.write(new Uint8Array(64).fill(7), { stream });
    void buffer.copyTo(other, { stream });
    module.kernel('none').launch({ grid: 1, block: 1, stream });
    event.record(stream);
    expect(await other.read({ stream })).toEqual(new Uint8Array(64).fill(7));
    await other.fill(3, { stream });
    await event.synchronize();
    await stream.synchronize();
    expect(mock.calls('cuLaunchKernel')).toBe(1);
    expect(mock.state().hanging).toBe(1);
    useMock();
    await copy.catch(() => undefined);
  });

  it('waits for it by an event, and so does what comes behind that', async () => {
    const mock = useMock();
    using waiting = new Stream({ nonBlocking });
    using stream = new Stream({ nonBlocking });
    using event = new Event();
    using large = alloc(4 * MiB);
    using buffer = alloc(64);
    const source = new Uint8Array(new SharedArrayBuffer(4 * MiB)).fill(5);
    mock.inject({ ...held, hang: false, delayMs: 100 });
    const copy = large.write(source, { stream: waiting });
    event.record(waiting);
    stream.wait(event);
    await large.copyTo(buffer, { byteLength: 64, stream });
    expect(await buffer.read()).toEqual(new Uint8Array(64).fill(5));
    await copy;
  });
});

it('the default stream and blocking ones keep their order, by whichever thread they are called', async () => {
  useMock();
  using stream = new Stream();
  using large = alloc(4 * MiB);
  const ones = new Uint8Array(new SharedArrayBuffer(4 * MiB)).fill(1);
  for (let round = 0; round < 20; round += 1) {
    void large.write(ones, { stream });
    void large.fill(2); // of the default stream: behind the copy
    void large.fill(3, { byteLength: 2 * MiB, stream });
    const read = await large.read();
    expect([read[0], read[2 * MiB - 1], read[2 * MiB], read[4 * MiB - 1]]).toEqual([3, 3, 2, 2]);
    await synchronize();
  }
});

it('synchronize() comes behind all calls that were made before', async () => {
  const mock = useMock();
  using stream = new Stream({ nonBlocking: true });
  using buffer = alloc(64);
  // The stand-in's device memory is the process's own.
  const byte = (): unknown => koffi.decode(buffer.address, 'uint8');
  await buffer.fill(0, { stream });
  for (let round = 1; round <= 20; round += 1) {
    mock.inject({ library: 'cudart', call: 'cudaMemsetAsync', delayMs: 5, times: 1 });
    await Promise.all([
      buffer.fill(round, { stream }),
      synchronize().then(() => {
        expect(byte()).toBe(round);
      }),
    ]);
  }
});
