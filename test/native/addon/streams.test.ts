import { Event, Stream, alloc, peekLastError, synchronize } from '../../../lib/cuda/index.js';
import { resetFatalState } from '../../../lib/index.js';
import { useMock } from '../../../lib/mock/index.js';
import { eachTestFindsDevicesAtRest } from '../../helpers/devices-at-rest';
import { eachTestGivesAllBack } from '../../helpers/live-handles';
import { callsOf, failed, failureOf, thrownBy } from './support';

eachTestFindsDevicesAtRest();
eachTestGivesAllBack();
afterEach(resetFatalState);

describe('a Stream', () => {
  it('is made on its device, and gives no other a context', async () => {
    const mock = useMock({ devices: 2 });
    using stream = new Stream({ device: 1, priority: -1, nonBlocking: true });
    expect([stream.device, stream.priority, stream.nonBlocking]).toEqual([1, -1, true]);
    await stream.synchronize();
    expect(stream.query()).toBe(true);
    expect(mock.state().devices.map(({ contextActive }) => contextActive)).toEqual([false, true]);
    expect(mock.calls('cudaSetDevice')).toBe(0);
  });

  it.each([-(2 ** 31), 2 ** 31 - 1])('takes the priority %p', (priority) => {
    const mock = useMock({ callLog: 20 });
    using stream = new Stream({ priority });
    expect(stream.priority).toBe(priority);
    const made = mock.callLog().filter(({ call }) => call === 'cudaStreamCreateWithPriority');
    expect(made.map((each) => each.arguments['priority'])).toEqual([priority]);
  });

  it('learns of many waits by one host function', async () => {
    const mock = useMock();
    using stream = new Stream();
    await Promise.all(Array.from({ length: 100 }, () => stream.synchronize()));
    expect(mock.calls('cudaLaunchHostFunc')).toBe(1);
  });

  it('is done when it was said to be, although the driver’s function may not have returned', async () => {
    using stream = new Stream();
    for (let i = 0; i < 500; ++i) {
      await stream.synchronize();
      expect(stream.query()).toBe(true);
    }
  });

  it('is done although a lane has work of a stream with which it keeps order', async () => {
    useMock({ rules: [{ library: 'cudart', call: 'cudaMemcpyAsync', hang: true }] });
    using stream = new Stream();
    using buffer = alloc(2 ** 21);
    await stream.synchronize();
    const open = [buffer.write(new SharedArrayBuffer(2 ** 21))];
    expect(stream.query()).toBe(true);
    open.push(stream.synchronize());
    expect(stream.query()).toBe(false);
    useMock(); // the hung call returns; the machine that it was asked of is gone
    await Promise.allSettled(open);
  });

  it('says that the context is lost, whatever a lane is at', async () => {
    const mock = useMock({ rules: [{ library: 'cudart', call: 'cudaMemcpyAsync', hang: true }] });
    using stream = new Stream();
    using buffer = alloc(2 ** 21);
    await stream.synchronize();
    const open = buffer.write(new SharedArrayBuffer(2 ** 21));
    mock.inject({ library: 'cudart', call: 'cudaStreamQuery', code: 719 });
    expect(failureOf(() => stream.query()).code).toBe(719);
    useMock();
    await Promise.allSettled([open]);
  });

  it('settles what is open when it is disposed of', async () => {
    const mock = useMock();
    const stream = new Stream();
    const open = stream.synchronize();
    stream.dispose();
    await open;
    expect(stream.disposed).toBe(true);
    while (mock.calls('cudaStreamDestroy') === 0) await new Promise(setImmediate);
  });

  it('cannot be used once it is disposed of', async () => {
    useMock();
    const stream = new Stream();
    const event = new Event();
    stream.dispose();
    event.dispose();
    const gone = new TypeError('query(): this Stream was disposed of before');
    expect(() => stream.query()).toThrow(gone);
    expect(() => stream.wait(event)).toThrow(TypeError);
    expect(() => {
      stream.dispose();
    }).toThrow(TypeError);
    expect(await failed(stream.synchronize())).toBeInstanceOf(TypeError);
    expect(() => {
      event.record();
    }).toThrow(TypeError);
    using live = new Event();
    expect(() => {
      live.record(stream);
    }).toThrow(new TypeError('stream is a Stream that was disposed of'));
    using other = new Stream();
    expect(() => {
      other.wait(event);
    }).toThrow(new TypeError('event is an Event that was disposed of'));
  });

  it.each<[object, RegExp]>([
    [{ device: -1 }, /^options\.device must be an integer from 0 to 2147483647; got -1/],
    [{ priority: 0.5 }, /^options\.priority must be an integer from -2147483648 to 2147483647/],
    [{ nonBlocking: 1 }, /^options\.nonBlocking must be a boolean; got 1/],
    [{ blocking: true }, /^options\.blocking is not an option; allowed: device, priority, nonBl/],
  ])('rejects the options %p before any native call', (options, message) => {
    const mock = useMock();
    expect(thrownBy(() => new Stream(options)).message).toMatch(message);
    expect(callsOf(mock)).toEqual({});
  });

  it('says which call refused it', () => {
    useMock({ rules: [{ library: 'cudart', call: 'cudaStreamCreateWithPriority', code: 2 }] });
    expect(failureOf(() => new Stream())).toMatchObject({
      category: 'out-of-memory',
      call: 'cudaStreamCreateWithPriority',
      device: 0,
    });
    expect(peekLastError()).toBeNull();
  });

  it('rejects what waits when its end cannot be learnt', async () => {
    const mock = useMock();
    using stream = new Stream();
    mock.inject({ library: 'cudart', call: 'cudaLaunchHostFunc', code: 719, times: 1 });
    const error = await failed(stream.synchronize());
    expect(error.failure).toMatchObject({ code: 719, sticky: true, mayBeEarlier: true });
    expect((await failed(stream.synchronize())).failure?.code).toBe(719);
    expect((await failed(synchronize())).failure?.code).toBe(719);
  });
});

describe('an Event', () => {
  it('measures the time between two points of a stream', async () => {
    useMock();
    using stream = new Stream();
    using start = new Event();
    using end = new Event();
    start.record(stream);
    await start.synchronize();
    await new Promise((resolve) => setTimeout(resolve, 20));
    end.record(stream);
    const elapsed = await start.elapsed(end);
    expect(elapsed).toBeGreaterThan(18); // a timer may be early by what it rounds
    expect(await end.elapsed(start)).toBe(-elapsed);
    expect([start.query(), end.query()]).toEqual([true, true]);
  });

  it('is waited for by another stream, also of another device', async () => {
    const mock = useMock({ devices: 2 });
    using stream = new Stream();
    using other = new Stream({ device: 1 });
    using event = new Event({ timing: false });
    event.record(stream);
    other.wait(event);
    await Promise.all([other.synchronize(), event.synchronize()]);
    expect(mock.calls('cudaStreamWaitEvent')).toBe(1);
  });

  it('that was never recorded has happened', async () => {
    useMock();
    using event = new Event();
    expect(event.query()).toBe(true);
    await event.synchronize();
  });

  it('refuses what cannot be measured', async () => {
    useMock({ devices: 2 });
    using start = new Event();
    using silent = new Event({ timing: false });
    using elsewhere = new Event({ device: 1 });
    using never = new Event();
    start.record();
    silent.record();
    elsewhere.record();
    const message = async (end: unknown): Promise<string> =>
      (await failed(start.elapsed(end as Event))).message;
    for (const [event, value] of [
      [silent, { timing: true }],
      [elsewhere, { device: 0 }],
    ] as const) {
      expect(() => Object.assign(event, value)).toThrow(TypeError);
      Object.defineProperties(event, { timing: { value: true }, device: { value: 0 } });
    }
    expect(await message(silent)).toBe('end was made with `timing: false`');
    expect(await message(never)).toBe('end was never recorded');
    expect(await message(elsewhere)).toBe('end is an Event of device 1; device 0 is needed');
    expect(await message({})).toBe('end must be an Event of this thread; got an object');
    using stream = new Stream({ device: 1 });
    expect(() => {
      start.record(stream);
    }).toThrow(new TypeError('stream is a Stream of device 1; device 0 is needed'));
    expect(() => {
      start.record({} as Stream);
    }).toThrow(new TypeError('stream must be a Stream of this thread; got an object'));
    await Promise.all([start.synchronize(), silent.synchronize(), elsewhere.synchronize()]);
  });
});

describe('a time that is asked for', () => {
  it.each([
    ['this Event', 'recorded again', (start: Event) => start.record()],
    ['end', 'recorded again', (_start: Event, end: Event, stream: Stream) => end.record(stream)],
    ['this Event', 'disposed of', (start: Event) => start.dispose()],
    ['end', 'disposed of', (_start: Event, end: Event) => end.dispose()],
  ] as const)('is of no use when %s is %s meanwhile', async (name, happened, change) => {
    useMock();
    using stream = new Stream();
    using start = new Event();
    using end = new Event();
    start.record(stream);
    end.record(stream);
    const time = start.elapsed(end);
    change(start, end, stream);
    const error: unknown = await failed(time);
    expect(error).toEqual(new TypeError(`${name} was ${happened} before elapsed() was answered`));
  });

  it.each([
    ['answers', { delayMs: 1 }, undefined],
    ['refuses', { code: 600 }, 600],
  ])('is of no use either when the driver, asked meanwhile, %s', async (_how, answer, code) => {
    const mock = useMock();
    using stream = new Stream();
    using start = new Event();
    using end = new Event();
    start.record(stream);
    end.record(stream);
    await stream.synchronize();
    mock.inject({ library: 'cudart', call: 'cudaEventElapsedTime', times: 1, ...answer });
    const time = start.elapsed(end);
    // Nothing of this thread is told before it lets go of the loop.
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    const called = (): boolean => mock.calls('cudaEventElapsedTime') === 1;
    for (const end = Date.now() + 4000; !called() && Date.now() < end;) continue;
    expect(called()).toBe(true);
    end.record(stream);
    const error: Error = await failed(time);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe('end was recorded again before elapsed() was answered');
    expect((error.cause as { failure?: { code: number } } | undefined)?.failure?.code).toBe(code);
  });
});

describe('synchronize', () => {
  it('waits on a thread of its own', async () => {
    const mock = useMock({
      devices: 2,
      rules: [{ library: 'cudart', call: 'cudaDeviceSynchronize', delayMs: 20 }],
    });
    let turns = 0;
    const turn = setInterval(() => (turns += 1), 1);
    await Promise.all([synchronize(), synchronize(1)]);
    clearInterval(turn);
    expect(turns).toBeGreaterThan(0);
    expect(mock.calls('cudaDeviceSynchronize')).toBe(2);
  });

  it.each([-1, 1.5, '0'])('rejects device %p', async (device) => {
    const mock = useMock();
    const error = await failed(synchronize(device as number));
    expect(error.message).toMatch(/^device must be an integer from 0 to 2147483647; got /);
    expect(callsOf(mock)).toEqual({});
  });
});
