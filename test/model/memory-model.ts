/**
 * Random sequences of GPU work against a model in JavaScript: the model's arrays and the device's
 * memory must hold the same bytes, whatever the mix, and nothing may be left behind.
 */

import fc from 'fast-check';
import { Event, Stream, alloc } from '../../lib/cuda/index.js';
import type { DeviceBuffer, HostMemory } from '../../lib/cuda/index.js';
import { loadBinding } from '../../lib/native/load.js';

const KiB = 1024;
/** Small ones, around the limit of what is staged, and large ones. */
const SIZES = [1, 7, 64, 4096, 4097, 100 * KiB, KiB * KiB, KiB * KiB + 1, 3 * KiB * KiB];

interface Memory {
  buffer: DeviceBuffer;
  bytes: Uint8Array;
  /** Where its work goes when no stream is named. */
  home: Stream | undefined;
}

interface State {
  memories: Memory[];
  streams: Stream[];
  /** What was put in and is still open. */
  open: Promise<unknown>[];
  /** Every stream waits for what was put into another one before: then order is defined. */
  last: Event;
}

type Kind = 'view' | 'array' | 'shared' | 'pinned' | 'transfer' | 'data-view';

interface Step {
  what: string;
  at: number;
  other: number;
  stream: number;
  from: number;
  length: number;
  value: number;
  kind: Kind;
}

/** Often nothing or all of it. */
const share = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }));

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(
    'alloc', 'alloc', 'write', 'write', 'write', 'read', 'read', 'readInto', 'fill', 'fill', 'copy',
    'copy', 'slice', 'free', 'stream', 'dispose', 'wait', 'settle', 'wrong',
  ), // prettier-ignore
  at: fc.nat(7),
  other: fc.nat(7),
  stream: fc.nat(3),
  from: share,
  length: share,
  value: fc.nat(255),
  kind: fc.constantFrom<Kind>('view', 'array', 'shared', 'pinned', 'transfer', 'data-view'),
});

/** A range of a memory, from two numbers between 0 and 1. */
function rangeIn({ bytes }: Memory, { from, length }: Step): [number, number] {
  const start = Math.floor(from * bytes.length);
  return [start, Math.floor(length * (bytes.length - start))];
}

function source(kind: Kind, length: number, value: number): [HostMemory, Uint8Array] {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 1) bytes[i] = value + i * 31;
  if (kind === 'array') return [bytes.slice().buffer, bytes];
  if (kind === 'data-view') return [new DataView(bytes.slice().buffer), bytes];
  if (length > 0 && (kind === 'shared' || kind === 'pinned')) {
    const memory =
      kind === 'shared' ? new SharedArrayBuffer(length) : alloc(length, { host: 'pinned' });
    new Uint8Array(memory).set(bytes);
    return [memory, bytes];
  }
  return [bytes.slice(), bytes];
}

class Player {
  readonly #state: State = { memories: [], streams: [], open: [], last: new Event() };

  async play(steps: readonly Step[]): Promise<void> {
    try {
      for (const each of steps) await this.#take(each);
      await this.#settle();
    } finally {
      await Promise.allSettled(this.#state.open);
      for (const { buffer } of this.#state.memories) buffer.free();
      for (const stream of this.#state.streams) stream.dispose();
      this.#state.last.dispose();
    }
  }

  /** One of them, or the default stream. */
  #stream({ stream }: Step): Stream | undefined {
    const { streams } = this.#state;
    return streams[stream % (streams.length + 1)];
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#state.open.splice(0));
  }

  /** Puts work into a stream, behind all that was put into any before. */
  #put(step: Step, { home }: Memory, work: (stream: Stream | undefined) => Promise<unknown>): void {
    const stream = this.#stream(step) ?? (home?.disposed === false ? home : undefined);
    const { last } = this.#state;
    stream?.wait(last);
    // The default stream cannot be told to wait; it waits for the others, which block.
    this.#state.open.push(work(stream));
    last.record(stream);
  }

  async #take(step: Step): Promise<void> {
    const { memories, streams } = this.#state;
    const memory = memories[step.at % Math.max(1, memories.length)];
    switch (step.what) {
      case 'alloc': {
        if (memories.length >= 6) return;
        const size = SIZES[step.value % SIZES.length] ?? 1;
        const stream = step.other < 4 ? this.#stream(step) : undefined;
        if (stream !== undefined) stream.wait(this.#state.last);
        const buffer = stream === undefined ? alloc(size) : alloc(size, { stream });
        const bytes = new Uint8Array(size).fill(step.value);
        const made = { buffer, bytes, home: stream };
        memories.push(made);
        this.#put(step, made, (at) =>
          buffer.fill(step.value, at === undefined ? {} : { stream: at }),
        );
        return;
      }
      case 'stream':
        if (streams.length < 3) streams.push(new Stream({ priority: -(step.value % 2) }));
        return;
      case 'dispose':
        if (step.other < 2) streams.splice(step.stream, 1)[0]?.dispose();
        return;
      case 'wait':
        this.#stream(step)?.wait(this.#state.last);
        return;
      case 'settle':
        await this.#settle();
        return;
      default:
    }
    if (memory === undefined) return;
    const [start, length] = rangeIn(memory, step);
    const { buffer, bytes } = memory;
    const at = (stream: Stream | undefined): { stream?: Stream } =>
      stream === undefined ? {} : { stream };
    switch (step.what) {
      case 'write': {
        const [from, written] = source(step.kind, length, step.value);
        const transfer = step.kind === 'transfer' && length > 0;
        this.#put(step, memory, (stream) =>
          buffer.write(from, { offset: start, transfer, ...at(stream) }),
        );
        bytes.set(written, start);
        return;
      }
      case 'fill':
        this.#put(step, memory, (stream) =>
          buffer.fill(step.value, { offset: start, byteLength: length, ...at(stream) }),
        );
        bytes.fill(step.value, start, start + length);
        return;
      case 'read': {
        const expected = bytes.slice(start, start + length);
        this.#put(step, memory, async (stream) => {
          const options = { offset: start, byteLength: length, ...at(stream) };
          equal(await buffer.read(options), expected, 'read');
        });
        return;
      }
      case 'readInto': {
        const expected = bytes.slice(start, start + length);
        const [target] = source(step.kind, length, 0);
        this.#put(step, memory, async (stream) => {
          await buffer.readInto(target, { offset: start, ...at(stream) });
          const view = ArrayBuffer.isView(target)
            ? new Uint8Array(target.buffer, target.byteOffset, target.byteLength)
            : new Uint8Array(target);
          equal(view, expected, `readInto ${step.kind}`);
        });
        return;
      }
      case 'copy':
      case 'slice': {
        const other = memories[step.other % memories.length];
        if (other === undefined || other === memory) return;
        const bytesToCopy = Math.min(length, other.bytes.length);
        const copied = bytes.slice(start, start + bytesToCopy);
        this.#put(step, memory, (stream) =>
          step.what === 'copy'
            ? buffer.copyTo(other.buffer, {
                sourceOffset: start,
                byteLength: bytesToCopy,
                ...at(stream),
              })
            : buffer
                .slice(start, bytesToCopy)
                .copyTo(other.buffer.slice(0, bytesToCopy), at(stream)),
        );
        other.bytes.set(copied);
        return;
      }
      case 'free':
        if (step.value % 3 === 0) {
          memories.splice(memories.indexOf(memory), 1);
          buffer.free();
        }
        return;
      case 'wrong':
        await wrong(memory, step);
    }
  }
}

/** Arguments that are refused, and change nothing. */
async function wrong({ buffer, bytes }: Memory, { value }: Step): Promise<void> {
  const tries = [
    () => buffer.write(new Uint8Array(bytes.length + 1)),
    () => buffer.write(new Uint8Array(1), { offset: bytes.length }),
    () => buffer.fill(value + 0.5),
    () => buffer.fill(value, { offset: -1 }),
    () => buffer.read({ byteLength: bytes.length + 1 }),
    () => buffer.copyTo(buffer, { targetOffset: Math.min(1, bytes.length) }),
    () => buffer.write('text' as never),
    () => buffer.read({ stream: {} as Stream }),
  ];
  await (tries[value % tries.length] ?? tries[0])?.().then(
    () => {
      throw new Error(`wrong arguments (${String(value % tries.length)}) were taken`);
    },
    (error: unknown) => {
      if (!(error instanceof TypeError) && !(error instanceof RangeError)) throw error;
    },
  );
}

function equal(actual: Uint8Array, expected: Uint8Array, what: string): void {
  if (Buffer.compare(actual, expected) !== 0) {
    const at = actual.findIndex((byte, i) => byte !== expected[i]);
    const shown = (bytes: Uint8Array): string => [...bytes.subarray(at, at + 8)].join();
    throw new Error(
      `${what}: of ${String(expected.length)} bytes, from ${String(at)} on: ${shown(actual)}; not ${shown(expected)}`,
    );
  }
}

/** Plays `numRuns` sequences of random work; throws with the shortest that goes wrong. */
export async function playModel(numRuns: number, seed?: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }),
      async (steps) => {
        // What another test file left in this process may go meanwhile, but none may come.
        const before = loadBinding().liveHandles();
        await new Player().play(steps);
        const left = loadBinding().liveHandles() - before;
        if (left > 0) throw new Error(`${String(left)} handles are left`);
      },
    ),
    { numRuns, ...(seed === undefined ? {} : { seed }) },
  );
}
