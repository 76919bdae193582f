/** Memory that the runtime refuses to take back although it still works. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { alloc, Event, Stream, synchronize } from '../../../lib/cuda/index.js';
import type { DeviceBuffer } from '../../../lib/cuda/index.js';
import { resetFatalState } from '../../../lib/index.js';
import type { GPUException } from '../../../lib/index.js';
import { useMock } from '../../../lib/mock/index.js';
import type { Mock } from '../../../lib/mock/index.js';
import { eachTestFindsDevicesAtRest } from '../../helpers/devices-at-rest';
import { eachTestGivesAllBack } from '../../helpers/live-handles';
import { itCompiled } from './compile';
import { openGate } from './gate';
import { answerOf, failureOf, runProgram, thrownBy } from './support';

eachTestGivesAllBack();
afterEach(resetFatalState);

const CAPTURE = 900; // cudaErrorStreamCaptureUnsupported: a graph is captured elsewhere in the process
const refuse = (mock: Mock, call: string, code = CAPTURE, times = 1): void => {
  mock.inject({ library: 'cudart', call, code, times });
};

describe('free() that is refused in a context that works', () => {
  eachTestFindsDevicesAtRest();

  it.each<[string, (stream: Stream) => DeviceBuffer]>([
    ['cudaFree', () => alloc(16)],
    ['cudaFreeAsync', (stream) => alloc(16, { stream })],
  ])('changes nothing (%s): it can be used, and freed once', async (call, make) => {
    const mock = useMock();
    using stream = new Stream();
    const buffer = make(stream);
    const slice = buffer.slice(8);
    for (const code of [1, CAPTURE]) {
      refuse(mock, call, code);
      expect(failureOf(() => buffer.free())).toMatchObject({ code, call, sticky: false });
      expect([buffer.freed, slice.freed, mock.state().allocations]).toEqual([false, false, 1]);
      await slice.fill(code % 256);
      expect([...(await buffer.read({ offset: 15 }))]).toEqual([code % 256]);
    }
    buffer.free();
    await synchronize();
    expect([buffer.freed, slice.freed, mock.state().allocations]).toEqual([true, true, 0]);
    expect(thrownBy(() => buffer.free())).toBeInstanceOf(TypeError);
    expect(mock.calls(call)).toBe(3);
  });

  it('leaves it to the next `using`', () => {
    const mock = useMock();
    const buffer = alloc(16);
    refuse(mock, 'cudaFree');
    const failure = failureOf(() => {
      using scoped = buffer;
      void scoped;
    });
    expect(failure).toMatchObject({ code: CAPTURE, call: 'cudaFree' });
    expect(buffer.freed).toBe(false);
    {
      using scoped = buffer;
      void scoped;
    }
    expect([buffer.freed, mock.state().allocations]).toEqual([true, 0]);
  });

  it.each([700, 719])('counts as freed in a context that is lost (%i)', (code) => {
    const mock = useMock();
    const buffer = alloc(16);
    refuse(mock, 'cudaFree', code);
    expect(failureOf(() => buffer.free())).toMatchObject({ code, sticky: true });
    expect(buffer.freed).toBe(true);
    expect(thrownBy(() => buffer.free())).toBeInstanceOf(TypeError);
    expect(mock.calls('cudaFree')).toBe(1);
  });

  it.each([
    ['cudaFreeAsync', true],
    ['cudaFree', false],
  ])(
    'does not hide what lost the context: `using` leaves it to the channel (%s)',
    (_call, inStream) => {
      const mock = useMock();
      const lost = { failure: { code: 700, call: 'cudaStreamCreateWithPriority' } };
      const published: unknown[] = [];
      const listen = (message: unknown): number => published.push(message);
      const block = (): void => {
        using stream = new Stream();
        using buffer = alloc(16, inStream ? { stream } : {});
        refuse(mock, lost.failure.call, 700);
        void [buffer, new Stream()];
      };
      subscribe('gpu-exceptions:failure', listen);
      expect(thrownBy(block)).toMatchObject(lost);
      unsubscribe('gpu-exceptions:failure', listen);
      expect(published).toMatchObject([lost, { failure: { code: 700, sticky: true } }]);
    },
  );
});

describe('memory that a thread of ours could not give back', () => {
  const gate = openGate();

  const free = async (mock: Mock, buffer: DeviceBuffer): Promise<void> => {
    gate.hold(); // the device is at work
    const filled = buffer.fill(1, { byteLength: 16 });
    buffer.free(); // behind it, where nobody can try again
    gate.release();
    await filled.catch(() => undefined);
    await synchronize().catch(() => undefined); // on the same lane, behind it
    expect([buffer.freed, mock.calls('cudaFree')]).toEqual([true, 1]);
  };

  itCompiled('is offered again when something else is taken', async () => {
    const mock = useMock();
    refuse(mock, 'cudaFree');
    await free(mock, alloc(16));
    expect(mock.state().allocations).toBe(1);
    alloc(16).free();
    await synchronize();
    expect([mock.state().allocations, mock.calls('cudaFree')]).toEqual([0, 3]);
  });

  itCompiled('is offered again before an allocation fails for want of memory', async () => {
    const mock = useMock({ devices: [{ memoryBytes: 2 ** 31 }] });
    refuse(mock, 'cudaFree');
    await free(mock, alloc(2 ** 30));
    alloc(2 ** 30).free();
    expect(mock.state().allocations).toBe(0);
  });

  itCompiled('is not offered for ever', async () => {
    const mock = useMock();
    refuse(mock, 'cudaFree');
    await free(mock, alloc(16));
    for (let i = 0; i < 12; i += 1) {
      // Of two calls the second one: it is what was refused before.
      mock.inject({ library: 'cudart', call: 'cudaFree', code: CAPTURE, afterCalls: 1, times: 1 });
      const calls = mock.calls('cudaFree');
      alloc(16).free();
      await synchronize();
      expect(mock.calls('cudaFree') - calls).toBe(i < 8 ? 2 : 1);
      if (i >= 8) mock.reset();
    }
  });

  itCompiled.each([
    ['cudaErrorInvalidValue, which may mean that it is gone', 1],
    ['a lost context', 700],
  ])('is not offered again after %s', async (_title, code) => {
    const mock = useMock();
    refuse(mock, 'cudaFree', code);
    await free(mock, alloc(16));
    if (code === 1) alloc(16).free();
    await synchronize().catch(() => undefined);
    expect(mock.calls('cudaFree')).toBe(code === 1 ? 2 : 1);
  });

  it('is given back all the same: what was forgotten, pinned, or left by a worker', () => {
    const program = runProgram('refused-frees.cjs', { GPU_EXCEPTIONS_BACKEND: 'mock' }, ['--expose-gc']); // prettier-ignore
    expect(answerOf(program)).toEqual({
      buffers: { refused: true, told: ['cudaFree'], left: 0 },
      pinned: { refused: true, told: ['cudaFreeHost'], left: 0 },
      worker: { refused: true, told: [], left: 0 }, // it had nobody left
    });
  });
});

describe('what is given back where nobody can be thrown at', () => {
  const published: GPUException[] = [];
  const hear = (message: unknown): void =>
    void published.push((message as { exception: GPUException }).exception);
  beforeAll(() => {
    subscribe('gpu-exceptions:failure', hear);
  });
  beforeEach(() => {
    published.length = 0;
  });
  afterAll(() => {
    unsubscribe('gpu-exceptions:failure', hear);
  });

  /** Settles when the lane has done what it was handed, and its word has come. */
  const laneDone = async (): Promise<void> => {
    await synchronize();
    await new Promise(setImmediate);
  };

  it.each([
    ['cudaStreamDestroy', () => new Stream()],
    ['cudaEventDestroy', () => new Event()],
  ])('is told on the channel when it is refused, once (%s)', async (call, make) => {
    const mock = useMock();
    const thing = make();
    refuse(mock, call);
    thing.dispose();
    await laneDone();
    expect(published.map(({ failure }) => failure)).toMatchObject([
      { call, code: CAPTURE, device: 0, sticky: false },
    ]);
    const { stream } = published[0]?.cause as { stream?: number };
    expect(stream).toBe(thing instanceof Stream ? thing.id : undefined);
    await laneDone();
    expect([published.length, mock.calls(call)]).toEqual([1, 1]); // and not tried again
  });

  it('is told of a stream that is busy when it is disposed of, and of no runtime that unloads', async () => {
    const mock = useMock();
    const stream = new Stream();
    using buffer = alloc(16);
    refuse(mock, 'cudaStreamDestroy');
    const filled = buffer.fill(1, { stream });
    stream.dispose();
    await filled;
    while (mock.calls('cudaStreamDestroy') === 0) await laneDone();
    await laneDone();
    expect(published.map(({ failure }) => failure?.code)).toEqual([CAPTURE]);
    refuse(mock, 'cudaStreamDestroy', 4);
    new Stream().dispose();
    await laneDone();
    expect([published.length, mock.calls('cudaStreamDestroy')]).toEqual([1, 2]);
  });
});
