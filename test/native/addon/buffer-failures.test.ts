import { readFile } from 'node:fs/promises';
import { Event, Stream, alloc, peekLastError, synchronize } from '../../../lib/cuda/index.js';
import type { DeviceBuffer } from '../../../lib/cuda/index.js';
import type { GPUException } from '../../../lib/exceptions/index.js';
import { resetFatalState } from '../../../lib/index.js';
import { useMock } from '../../../lib/mock/index.js';
import { eachTestFindsDevicesAtRest } from '../../helpers/devices-at-rest';
import { eachTestGivesAllBack } from '../../helpers/live-handles';
import { itCompiled } from './compile';
import { openGate } from './gate';
import { callsOf, failed } from './support';

const MiB = 2 ** 20;

eachTestFindsDevicesAtRest();
eachTestGivesAllBack();
afterEach(resetFatalState);

describe('a failure', () => {
  it.each<[string, number, (buffer: DeviceBuffer) => Promise<unknown>]>([
    ['cudaMemcpyAsync', 64, (buffer) => buffer.write(new Uint8Array(64))],
    ['cudaMemcpyAsync', 257 * MiB, (buffer) => buffer.write(new SharedArrayBuffer(257 * MiB))],
    ['cudaMemcpyAsync', 5 * MiB, (buffer) => buffer.write(new Uint8Array(5 * MiB))],
    ['cudaMemcpyAsync', 3 * MiB, (buffer) => buffer.read({ byteLength: 3 * MiB })],
    ['cudaMemcpyAsync', 16, (buffer) => buffer.read({ byteLength: 16 })],
    ['cudaMemsetAsync', 257 * MiB, (buffer) => buffer.fill(0)],
  ])('of %s rejects with call, bytes (%i) and device', async (call, requestedBytes, work) => {
    const mock = useMock();
    using buffer = alloc(257 * MiB);
    mock.inject({ library: 'cudart', call, code: 1, times: 1 });
    const { failure } = await failed(work(buffer));
    expect(failure).toMatchObject({ category: 'invalid-argument', code: 1, call, device: 0 });
    expect(failure).toMatchObject({ requestedBytes });
    expect(peekLastError()).toBeNull();
    await buffer.fill(1, { byteLength: 1 }); // the stream goes on
  });

  it('of an allocation in a stream carries the evidence', () => {
    useMock({ devices: [{ memoryBytes: 2 ** 30 }] });
    using stream = new Stream();
    const error = (() => {
      try {
        return alloc(2 ** 31, { stream });
      } catch (thrown) {
        return thrown as GPUException;
      }
    })() as GPUException;
    expect(error.failure).toMatchObject({
      category: 'out-of-memory',
      call: 'cudaMallocAsync',
      requestedBytes: 2 ** 31,
      memory: { total: 2 ** 30 },
    });
    expect(peekLastError()).toBeNull();
  });
});

describe('a context that is lost while work is under way', () => {
  const gate = openGate();

  itCompiled('rejects everything, although the driver calls nobody back', async () => {
    const mock = useMock();
    using stream = new Stream();
    using event = new Event();
    const buffer = alloc(4 * MiB);
    const pinned = alloc(4 * MiB, { host: 'pinned' });
    gate.hold(); // the device is at work, for as long as the test likes
    try {
      const open = [
        buffer.write(new Uint8Array(64), { stream }),
        buffer.write(pinned, { stream }),
        buffer.read({ byteLength: 64, stream }),
        buffer.readInto(pinned, { stream }),
        buffer.fill(1),
        stream.synchronize(),
      ];
      event.record(stream);
      open.push(event.synchronize());
      const settled = Promise.allSettled(open);
      await new Promise(setImmediate);
      expect([stream.query(), event.query()]).toEqual([false, false]);
      mock.inject({ library: 'cudart', call: 'cudaPeekAtLastError', code: 719, times: 1 });
      peekLastError();
      for (const result of await settled) {
        expect(result.status).toBe('rejected');
        const { failure } = (result as PromiseRejectedResult).reason as GPUException;
        expect(failure).toMatchObject({ code: 719, sticky: true, mayBeEarlier: true, device: 0 });
      }
      // Later work is refused at once; what is open on a thread of ours ends, too.
      const late = [buffer.read(), buffer.write(new SharedArrayBuffer(2 * MiB))];
      for (const { status } of await Promise.allSettled(late)) expect(status).toBe('rejected');
      // Told here, or on the channel where a thread of ours still has to find out.
      try {
        buffer.free();
      } catch (error) {
        expect((error as GPUException).failure).toMatchObject({ code: 719 });
      }
      expect(buffer.freed).toBe(true);
    } finally {
      gate.release();
    }
  });

  itCompiled('leaves the loop free while the device is at work', async () => {
    const mock = useMock();
    const buffer = alloc(4 * MiB);
    gate.hold();
    let open = true;
    const work = [buffer.write(new SharedArrayBuffer(4 * MiB)), buffer.read(), synchronize()];
    const done = Promise.all(work).then(() => (open = false));
    buffer.free(); // cudaFree would wait here
    await readFile(__filename);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(open).toBe(true);
    gate.release();
    await done;
    while (mock.state().allocations > 0) await new Promise(setImmediate);
  });
});

describe('wrong arguments', () => {
  const plain = new Uint8Array(8);
  const detached = new Uint8Array(8);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const resizable = new (
    ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer
  )(8, { maxByteLength: 16 });

  const notMade = Object.assign(() => 1, { BYTES_PER_ELEMENT: 1 });
  class Other {
    static BYTES_PER_ELEMENT = 1;
  }
  class throwing extends Uint8Array {
    static override get BYTES_PER_ELEMENT(): 1 {
      throw new Error('mine');
    }
  }

  it.each<[string, (buffer: DeviceBuffer) => Promise<unknown>, RegExp]>([
    [
      'no source',
      (b) => b.write(undefined as never),
      /^source must be an ArrayBuffer, .*got undef/,
    ],
    ['a string', (b) => b.write('x' as never), /^source must be .*; got "x"/],
    ['an array', (b) => b.write([1] as never), /^source must be .*; got an array/],
    ['a detached view', (b) => b.write(detached), /^source is detached/],
    ['a detached buffer', (b) => b.write(detached.buffer), /^source is detached/],
    ['a resizable buffer', (b) => b.write(resizable), /^source is resizable memory/],
    ['a detached target', (b) => b.readInto(detached), /^target is detached/],
    ['a source too large', (b) => b.write(new Uint8Array(17)), /^source has 17 bytes, but .* 16/],
    ['no room behind the offset', (b) => b.write(plain, { offset: 9 }), /^source has 8 .* only 7/],
    ['a negative offset', (b) => b.write(plain, { offset: -1 }), /^options\.offset must be an int/],
    ['a fraction', (b) => b.read({ offset: 0.5 }), /^options\.offset must be an integer from 0 to/],
    ['NaN', (b) => b.read({ byteLength: NaN }), /^options\.byteLength must be an integer from 0/],
    [
      'beyond the end',
      (b) => b.read({ offset: 8, byteLength: 9 }),
      /^options\.byteLength .* to 8;/,
    ],
    ['2^53', (b) => b.fill(0, { offset: 2 ** 53 }), /^options\.offset must be an integer/],
    ['a value too large', (b) => b.fill(256), /^value must be an integer from 0 to 255; got 256/],
    ['no stream', (b) => b.fill(0, { stream: {} as Stream }), /^options\.stream must be a Stream/],
    ['no target', (b) => b.copyTo({} as DeviceBuffer), /^target must be a DeviceBuffer of this th/],
    ['an unknown option', (b) => b.read({ size: 1 } as object), /^options\.size is not an option;/],
    [
      'no constructor',
      (b) => b.read({ as: Object as never }),
      /^options\.as must be the construct/,
    ],
    ['no constructor at all', (b) => b.read({ as: notMade as never }), /^options\.as must be the/],
    ['a class of others', (b) => b.read({ as: Other as never }), /^options\.as must be the/],
    ['what throws', (b) => b.read({ as: throwing }), /^options\.as could not be read/],
    [
      'broken elements',
      (b) => b.read({ as: Float64Array, offset: 4 }),
      /^options\.as: 12 bytes are/,
    ],
  ])('%s: rejected by name before any native call', async (_what, work, message) => {
    const mock = useMock();
    using buffer = alloc(16);
    const calls = mock.calls();
    const error = await failed(work(buffer));
    expect(error.message).toMatch(message);
    expect(['TypeError', 'RangeError']).toContain(error.name);
    expect(mock.calls()).toEqual(calls);
  });

  it.each<[string, unknown]>([
    ['buffer', null],
    ['buffer', {}],
    ['buffer', new ArrayBuffer(1)],
    ['buffer', resizable],
    ['byteOffset', -1],
    ['byteOffset', 'x'],
    ['byteLength', NaN],
    ['byteLength', 5.5],
    ['byteLength', Symbol()],
    ['byteLength', 2 ** 40],
  ])('what a view says of its %s does not count (%p)', async (name, value) => {
    useMock();
    using buffer = alloc(2 * MiB);
    for (const length of [4, 2 * MiB]) {
      const fives = Buffer.alloc(length, 5);
      const around = Buffer.alloc(4, 5);
      for (const viewOf of [
        (memory: ArrayBuffer) => new Uint8Array(memory, 4, length),
        (memory: ArrayBuffer) => new DataView(memory, 4, length),
      ]) {
        const memory = Buffer.from(new ArrayBuffer(length + 8)).fill(5);
        const view = viewOf(memory.buffer);
        Object.defineProperty(view, name, { value });
        await buffer.fill(0);
        await buffer.write(view);
        expect((await buffer.read({ as: Buffer, byteLength: length })).equals(fives)).toBe(true);
        await buffer.fill(7);
        await buffer.readInto(view);
        expect(memory.equals(Buffer.concat([around, Buffer.alloc(length, 7), around]))).toBe(true);
      }
    }
    const whole = Object.defineProperty(new ArrayBuffer(8), 'byteLength', { value: 2 ** 40 });
    await buffer.write(whole);
    await buffer.write(whole, { transfer: true });
  });

  it('a stream of another device, or one that was disposed of', async () => {
    useMock({ devices: 2 });
    using buffer = alloc(16);
    using other = new Stream({ device: 1 });
    expect((await failed(buffer.fill(0, { stream: other }))).message).toMatch(/device 0 is needed/);
    const gone = new Stream();
    gone.dispose();
    expect((await failed(buffer.fill(0, { stream: gone }))).message).toMatch(/was disposed of/);
    expect(() => alloc(16, { stream: gone })).toThrow(TypeError);
    expect(() => alloc(16, { stream: other, device: 0 })).toThrow(TypeError);
  });

  it('use after free, of both ends', async () => {
    useMock();
    const buffer = alloc(16);
    using live = alloc(16);
    buffer.free();
    for (const work of [
      buffer.write(plain),
      buffer.read(),
      buffer.readInto(plain),
      buffer.fill(0),
      buffer.copyTo(live),
      live.copyTo(buffer),
    ]) {
      expect((await failed(work)).message).toMatch(/this DeviceBuffer was freed before$/);
    }
  });

  it.each<[object, RegExp]>([
    [{ host: 'paged' }, /^options\.host must be "pinned"; got "paged"/],
    [{ host: 'pinned', stream: 1 }, /^options\.stream: host memory is of no stream/],
    [{ stream: 1 }, /^options\.stream must be a Stream of this thread; got 1/],
  ])('alloc(16, %p)', (options, message) => {
    const mock = useMock();
    expect(() => alloc(16, options)).toThrow(message);
    expect(callsOf(mock)).toEqual({});
  });
});
