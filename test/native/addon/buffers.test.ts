import { constants } from 'node:buffer';
import { inspect } from 'node:util';
import { Event, Stream, alloc, peekLastError } from '../../../lib/cuda/index.js';
import type { HostMemory } from '../../../lib/cuda/index.js';
import { resetFatalState } from '../../../lib/index.js';
import { useMock } from '../../../lib/mock/index.js';
import type { MockScenario } from '../../../lib/mock/index.js';
import { loadBinding } from '../../../lib/native/load.js';
import { eachTestFindsDevicesAtRest } from '../../helpers/devices-at-rest';
import { eachTestGivesAllBack } from '../../helpers/live-handles';
import { callsOf, failed } from './support';

const MiB = 2 ** 20;

eachTestFindsDevicesAtRest();
eachTestGivesAllBack();
afterEach(resetFatalState);

/** Bytes that tell where they come from. */
function pattern(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i += 1) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    bytes[i] = state >> 16;
  }
  return bytes;
}

const same = (a: ArrayBufferView, b: ArrayBufferView): boolean =>
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  );

describe('write and read', () => {
  it.each<[string, (bytes: Uint8Array<ArrayBuffer>) => HostMemory]>([
    ['an ArrayBuffer', (bytes) => bytes.buffer],
    ['a Uint8Array', (bytes) => bytes],
    ['a Float64Array', (bytes) => new Float64Array(bytes.buffer)],
    ['a BigInt64Array', (bytes) => new BigInt64Array(bytes.buffer)],
    ['a DataView', (bytes) => new DataView(bytes.buffer)],
    ['a Buffer', (bytes) => Buffer.from(bytes)],
    [
      'a SharedArrayBuffer',
      (bytes) => {
        const shared = new SharedArrayBuffer(bytes.byteLength);
        new Uint8Array(shared).set(bytes);
        return shared;
      },
    ],
    [
      'pinned memory',
      (bytes) => {
        const pinned = alloc(bytes.byteLength, { host: 'pinned' });
        new Uint8Array(pinned).set(bytes);
        return pinned;
      },
    ],
  ])('take %s, small and large, and bring back every byte', async (_kind, make) => {
    useMock();
    for (const length of [8, 4096, MiB, MiB + 8, 9 * MiB + 8]) {
      using buffer = alloc(length + 16);
      const bytes = pattern(length);
      await buffer.write(make(bytes), { offset: 8 });
      expect(same(await buffer.read({ offset: 8, byteLength: length }), bytes)).toBe(true);
      const target = make(new Uint8Array(length));
      await buffer.readInto(target, { offset: 8 });
      const back = ArrayBuffer.isView(target) ? target : new Uint8Array(target);
      expect(same(back, bytes)).toBe(true);
    }
  });

  it('take a part of a larger array', async () => {
    useMock();
    using buffer = alloc(64);
    await buffer.fill(0);
    const all = new Float32Array([1, 2, 3, 4]);
    await buffer.write(all.subarray(1, 3), { offset: 4 });
    expect([...(await buffer.read({ as: Float32Array, byteLength: 16 }))]).toEqual([0, 2, 3, 0]);
  });

  it('answer what is asked for', async () => {
    useMock();
    using buffer = alloc(16);
    await buffer.write(pattern(16));
    const bytes = await buffer.read();
    expect((await buffer.read({ as: DataView })).getUint32(4)).toBe(
      new DataView(bytes.buffer).getUint32(4),
    );
    expect(Buffer.isBuffer(await buffer.read({ as: Buffer }))).toBe(true);
    expect((await buffer.read({ as: BigUint64Array, offset: 8 })).length).toBe(1);
    expect((await buffer.read({ byteLength: 0 })).length).toBe(0);
  });

  it('let a small source be changed at once', async () => {
    useMock();
    using buffer = alloc(16);
    const source = new Uint8Array(16).fill(7);
    const written = buffer.write(source);
    source.fill(9);
    await written;
    expect([...(await buffer.read())]).toEqual(Array(16).fill(7));
  });

  it('keep their order in a stream whatever the mix', async () => {
    useMock();
    using stream = new Stream();
    using buffer = alloc(3 * MiB);
    const [a, b] = [pattern(3 * MiB, 1), pattern(3 * MiB, 2)];
    const shared = new SharedArrayBuffer(3 * MiB);
    new Uint8Array(shared).set(b);
    // Bit by bit, then at once, then on the lane, and a fill in between: none of them is awaited.
    const work = [
      buffer.write(a, { stream }),
      buffer.fill(5, { byteLength: 100, stream }),
      buffer.read({ stream }),
      buffer.write(shared, { stream }),
      buffer.write(new Uint8Array(10).fill(9), { offset: 20, stream }),
      buffer.read({ byteLength: 64, stream }),
    ] as const;
    const [, , first, , , last] = await Promise.all(work);
    const expected = a.slice();
    expected.fill(5, 0, 100);
    expect(same(first, expected)).toBe(true);
    const end = b.slice(0, 64);
    end.fill(9, 20, 30);
    expect(same(last, end)).toBe(true);
  });

  it('keep their order among streams by events, also of two devices', async () => {
    useMock({ devices: 2 });
    using one = new Stream({ nonBlocking: true });
    using two = new Stream({ device: 1, nonBlocking: true });
    using here = alloc(2 * MiB);
    using there = alloc(2 * MiB, { device: 1 });
    using written = new Event();
    const bytes = pattern(2 * MiB);
    const write = here.write(bytes, { stream: one }); // bit by bit: still open at the next calls
    written.record(one);
    two.wait(written);
    const copy = here.copyTo(there, { stream: two });
    const read = there.read({ stream: two });
    await Promise.all([write, copy]);
    expect(same(await read, bytes)).toBe(true);
  });

  it('keep the order that the default stream demands', async () => {
    useMock();
    using stream = new Stream();
    using buffer = alloc(2 * MiB);
    const bytes = pattern(2 * MiB);
    const write = buffer.write(bytes, { stream });
    const read = buffer.read(); // in the default stream, behind the other one
    await write;
    expect(same(await read, bytes)).toBe(true);
  });
});

describe('write with transfer', () => {
  it('takes the memory over and detaches the source', async () => {
    useMock();
    for (const length of [64, 2 * MiB]) {
      using buffer = alloc(length);
      const source = pattern(length);
      const copy = source.slice();
      const written = buffer.write(source, { transfer: true });
      expect(source.byteLength).toBe(0);
      await written;
      expect(same(await buffer.read(), copy)).toBe(true);
    }
  });

  it('refuses memory that cannot be taken over', async () => {
    useMock();
    using buffer = alloc(64);
    const message = async (source: HostMemory): Promise<string> =>
      (await failed(buffer.write(source, { transfer: true }))).message;
    expect(await message(new SharedArrayBuffer(8))).toMatch(/^options\.transfer: source is shared/);
    expect(await message(Buffer.from('pooled'))).toMatch(/^options\.transfer: source cannot be tr/);
  });

  it('does so with no bytes as with many', async () => {
    useMock();
    using buffer = alloc(64);
    const empty = new ArrayBuffer(0);
    await buffer.write(empty, { transfer: true });
    expect((await failed(buffer.write(empty))).message).toBe('source is detached');
    const bytes = new Uint8Array(8);
    await buffer.write(bytes.subarray(8), { transfer: true });
    expect(bytes.byteLength).toBe(0);
    const staying = [
      new SharedArrayBuffer(0),
      new Uint8Array(alloc(8, { host: 'pinned' }), 8),
      Buffer.from('pooled').subarray(6),
    ];
    for (const source of staying) {
      const error = await failed(buffer.write(source, { transfer: true }));
      expect(error.message).toMatch(/^options\.transfer: source/);
    }
  });
});

describe('a source that goes away', () => {
  it('while it is copied bit by bit: the write ends with a TypeError, and nothing is harmed', async () => {
    const mock = useMock();
    using stream = new Stream();
    using buffer = alloc(16 * MiB);
    const source = pattern(16 * MiB);
    const write = buffer.write(source, { stream });
    structuredClone(source.buffer, { transfer: [source.buffer] });
    const error = await failed(write);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe('source was detached while it was being copied');
    await buffer.fill(3, { stream });
    expect((await buffer.read({ offset: 16 * MiB - 1, stream }))[0]).toBe(3);
    expect(mock.calls('cudaGetLastError')).toBe(0);
  });

  it('a target that goes away while it is filled', async () => {
    useMock();
    using buffer = alloc(16 * MiB);
    const target = new Uint8Array(16 * MiB);
    const read = buffer.readInto(target);
    structuredClone(target.buffer, { transfer: [target.buffer] });
    expect((await failed(read)).message).toBe('target was detached while it was being copied');
  });
});

describe('fill and copyTo', () => {
  it('set and copy parts', async () => {
    useMock();
    using a = alloc(16);
    using b = alloc(16);
    await a.fill(1);
    await a.fill(2, { offset: 4, byteLength: 4 });
    await b.fill(0);
    await a.copyTo(b, { sourceOffset: 2, targetOffset: 8, byteLength: 4 });
    expect([...(await b.read())]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 0, 0, 0, 0]);
  });

  it('copy within one buffer, but no part onto itself', async () => {
    const mock = useMock();
    using buffer = alloc(16);
    await buffer.write(pattern(16));
    await buffer.copyTo(buffer, { byteLength: 8, targetOffset: 8 });
    const bytes = await buffer.read();
    expect(bytes.slice(8)).toEqual(bytes.slice(0, 8));
    const calls = mock.calls();
    const error = await failed(buffer.copyTo(buffer, { byteLength: 8, targetOffset: 7 }));
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toBe('options.targetOffset: the two parts of the memory overlap');
    const slices = buffer.slice(0, 8).copyTo(buffer.slice(4, 8));
    expect(await failed(slices)).toBeInstanceOf(RangeError);
    expect(mock.calls()).toEqual(calls);
  });

  it('copy to another device', async () => {
    const mock = useMock({ devices: 2 });
    using here = alloc(1024);
    const there = alloc(1024, { device: 1 });
    const bytes = pattern(1024);
    const written = here.write(bytes);
    const copied = here.copyTo(there);
    there.free(); // although the copy is in a stream of the other device
    await Promise.all([written, copied]);
    expect(mock.calls('cudaMemcpyPeerAsync')).toBe(1);
    while (mock.state().devices[1]?.allocations !== 0) await new Promise(setImmediate);
  });
});

describe('a slice', () => {
  it('is a part of its buffer', async () => {
    useMock();
    using buffer = alloc(16);
    await buffer.fill(0);
    const slice = buffer.slice(4, 8);
    expect([slice.byteLength, slice.device, slice.freed]).toEqual([8, 0, false]);
    expect(slice.address).toBe(buffer.address + 4n);
    await slice.slice(2, 2).fill(9);
    expect([...(await buffer.read({ offset: 4, byteLength: 8 }))]).toEqual([
      0, 0, 9, 9, 0, 0, 0, 0,
    ]);
    expect([...(await slice.read({ offset: 2, byteLength: 2 }))]).toEqual([9, 9]);
  });

  it('owns nothing, and ends with its buffer', async () => {
    useMock();
    const buffer = alloc(16);
    const slice = buffer.slice(4);
    expect(() => {
      slice.free();
    }).toThrow(TypeError);
    slice[Symbol.dispose]();
    expect(buffer.freed).toBe(false);
    buffer.free();
    expect(slice.freed).toBe(true);
    expect((await failed(slice.fill(0))).message).toMatch(/freed before/);
    expect(() => buffer.slice(0)).toThrow(TypeError);
  });
});

describe('what checks rely on', () => {
  it('is not changed from outside', async () => {
    useMock({ devices: 2 });
    using buffer = alloc(16);
    await buffer.fill(0);
    const slice = buffer.slice(4, 8);
    expect(() => Object.assign(slice, { byteLength: 12 })).toThrow(TypeError);
    Object.defineProperty(slice, 'byteLength', { value: 12 }); // hides it, and does no more
    expect(await failed(slice.fill(9, { byteLength: 12 }))).toBeInstanceOf(RangeError);
    await slice.fill(9);
    expect([...(await buffer.read({ offset: 11 }))]).toEqual([9, 0, 0, 0, 0]);

    using other = alloc(16, { device: 1 });
    using stream = new Stream();
    expect(() => Object.assign(other, { device: 0 })).toThrow(TypeError);
    Object.defineProperty(other, 'device', { value: 0 });
    expect(await failed(other.fill(7, { stream }))).toBeInstanceOf(TypeError);
    await other.fill(7);
  });

  it('is told by the addon as well: memory of another device than the stream', () => {
    useMock({ devices: 2 });
    const binding = loadBinding();
    const told = (): void => undefined;
    const stream = binding.createStream(0, 1, 0, binding.onProgress(told));
    const memory = binding.alloc(16, 1, 0);
    const bytes = new Uint8Array(16);
    for (const call of [
      () => binding.writeStaged(memory, 0, stream, bytes),
      () => binding.writeGuest(memory, 0, stream, bytes),
      () => binding.readGuest(memory, 0, stream, bytes),
      () => binding.readStaged(memory, 0, stream, 16),
      () => binding.openFeed(memory, 0, stream, 16),
      () => binding.fill(memory, 0, stream, 16, 1),
      () => binding.copyDevice(memory, 0, stream, memory, 8, 8),
    ]) {
      expect(call).toThrow(
        new TypeError('handle: it is memory of device 1; the stream is of device 0'),
      );
    }
    binding.free(memory);
    binding.disposeStream(stream);
  });

  it('is shown all the same', () => {
    useMock();
    using buffer = alloc(16);
    const shown = 'DeviceBuffer { byteLength: 16, device: 0, freed: false }';
    expect(inspect(buffer)).toBe(shown);
    expect(inspect({ deep: [buffer] })).toBe(`{ deep: [ ${shown} ] }`);
    expect(inspect(new Proxy(buffer, {}))).toMatch(/^DeviceBuffer/);
  });
});

describe('free', () => {
  it('is safe while copies are under way, and does not wait for them', async () => {
    const mock = useMock();
    const buffer = alloc(4 * MiB);
    const shared = new SharedArrayBuffer(4 * MiB);
    const written = buffer.write(shared);
    const filled = buffer.fill(1);
    const read = buffer.read();
    buffer.free();
    await Promise.all([written, filled]);
    expect((await read)[4 * MiB - 1]).toBe(1);
    while (mock.state().allocations > 0) await new Promise(setImmediate);
  });

  it('learns when work is done that nobody waits for, by one host function', async () => {
    const mock = useMock();
    using event = new Event();
    event.record();
    for (let round = 0; round < 10; round += 1) alloc(16).free();
    while (mock.state().allocations > 0) await new Promise(setImmediate);
    expect(mock.calls('cudaLaunchHostFunc')).toBe(1);
  });

  it('makes room for the next allocation, although a thread has yet to do it', async () => {
    const mock = useMock({
      devices: [{ memoryBytes: 2 ** 30, reservedBytes: 0 }],
      contextOverheadBytes: 0,
    });
    const first = alloc(700 * MiB);
    const filled = first.fill(0, { byteLength: 16 });
    first.free();
    alloc(700 * MiB).free();
    await filled;
    while (mock.state().allocations > 0) await new Promise(setImmediate);
  });

  it('gives memory of a stream back in its order', async () => {
    const mock = useMock();
    using stream = new Stream();
    const buffer = alloc(64, { stream });
    expect(buffer.device).toBe(0);
    const read = buffer.fill(4).then(() => 0);
    const bytes = buffer.read();
    buffer.free();
    await read;
    expect([...(await bytes)]).toEqual(Array(64).fill(4));
    expect([mock.calls('cudaMallocAsync'), mock.calls('cudaFreeAsync')]).toEqual([1, 1]);
    expect([mock.calls('cudaMalloc'), mock.calls('cudaFree')]).toEqual([0, 0]);
    await stream.synchronize();
    expect(mock.state().allocations).toBe(0);
  });

  it.each<[string, MockScenario]>([
    [
      'a device without memory pools',
      { rules: [{ library: 'cudart', call: 'cudaMallocAsync', code: 801 }] },
    ],
    ['a runtime before 11.2', { cudaRuntimeVersion: 11010, cudaDriverVersion: 11010 }],
  ])('is ordinary memory with %s', async (_what, scenario) => {
    const mock = useMock(scenario);
    using stream = new Stream();
    const buffer = alloc(64, { stream });
    expect(peekLastError()).toBeNull();
    const slice = buffer.slice(32);
    await slice.fill(4);
    expect([...(await buffer.read({ offset: 31, byteLength: 2 }))]).toEqual([0, 4]);
    buffer.free();
    while (mock.state().allocations > 0) await new Promise(setImmediate);
    expect([mock.calls('cudaMalloc'), mock.calls('cudaFree')]).toEqual([1, 1]);
    expect(mock.calls('cudaFreeAsync')).toBe(0);
  });

  it('gives it back also when the stream is gone', async () => {
    const mock = useMock();
    const stream = new Stream();
    const buffer = alloc(64, { stream });
    stream.dispose();
    await buffer.fill(1);
    buffer.free();
    while (mock.state().allocations > 0) await new Promise(setImmediate);
    expect(mock.calls('cudaFreeAsync')).toBe(0);
  });
});

describe('pinned memory', () => {
  it('is an ArrayBuffer that no thread can take away', () => {
    const mock = useMock();
    const pinned = alloc(4096, { host: 'pinned' });
    expect(pinned).toBeInstanceOf(ArrayBuffer);
    expect(pinned.byteLength).toBe(4096);
    expect(mock.calls('cudaHostAlloc')).toBe(1);
    try {
      structuredClone(pinned, { transfer: [pinned] });
    } catch {
      // Node before 21 makes a copy and says nothing.
    }
    expect(pinned.byteLength).toBe(4096);
  });

  it('is refused where it is more than Node lends to an array', () => {
    const mock = useMock();
    const tooMuch = constants.MAX_LENGTH + 4096;
    expect(() => alloc(tooMuch, { host: 'pinned' })).toThrow(
      new RangeError(
        `bytes must be at most ${String(constants.MAX_LENGTH)} of pinned memory (buffer.constants.MAX_LENGTH); got ${String(tooMuch)}`,
      ),
    );
    expect(callsOf(mock)).toEqual({});
    // The addon by itself gives it back, once.
    const binding = loadBinding();
    const live = binding.livePinned();
    expect(() => binding.allocPinned(tooMuch, 0)).toThrow();
    expect(binding.livePinned()).toBe(live);
  });
});
