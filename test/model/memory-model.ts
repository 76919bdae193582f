/**
 * Random sequences of GPU work on two devices against a model in JavaScript: the model's arrays and the
 * devices' memory must hold the same bytes, whatever the mix, what is wrong must be refused, and nothing
 * may be left behind.
 */

import fc from 'fast-check';
import { Stream, alloc } from '../../lib/cuda/index.js';
import type { DeviceBuffer } from '../../lib/cuda/index.js';
import { loadBinding } from '../../lib/native/load.js';
import { Order } from './order';
import { tryRefused } from './refusals';
import { SIZES, hostMemory, rangeIn, steps } from './steps';
import type { Step } from './steps';
import { surrounded } from './surroundings';
import type { Surroundings } from './surroundings';

interface Memory {
  buffer: DeviceBuffer;
  bytes: Uint8Array;
  /** Where its work goes when no stream is named. */
  home: Stream | undefined;
}

const MOST_MEMORIES = 8;
const MOST_STREAMS = 4;

class Player {
  readonly #order = new Order();
  readonly #memories: Memory[] = [];
  readonly #around: Surroundings;
  #freed: [whole: DeviceBuffer, part: DeviceBuffer];

  constructor(around: Surroundings) {
    this.#around = around;
    this.#freed = [around.gone.buffer, around.gone.buffer];
  }

  async play(sequence: readonly Step[]): Promise<void> {
    try {
      for (const each of sequence) await this.#take(each);
      await this.#order.settle();
    } finally {
      for (const { buffer } of this.#memories) buffer.free();
      await this.#order.end();
    }
  }

  async #take(step: Step): Promise<void> {
    const { device, stream, other, value } = step;
    switch (step.what) {
      case 'alloc':
        return this.#alloc(step);
      case 'stream': {
        const options = { device, priority: -(value % 2), nonBlocking: value % 3 === 0 };
        if (this.#order.size < MOST_STREAMS) this.#order.add(new Stream(options));
        return;
      }
      case 'dispose':
        if (other < 2) this.#order.drop(stream);
        return;
      case 'wait':
        this.#order.wait(this.#order.choose(stream, [device]));
        return;
      case 'settle':
        return this.#order.settle();
      default:
    }
    const memory = this.#memories[step.at % Math.max(1, this.#memories.length)];
    if (memory !== undefined) await this.#use(memory, step);
  }

  async #alloc(step: Step): Promise<void> {
    if (this.#memories.length >= MOST_MEMORIES) return;
    const { device, other, value } = step;
    const size = SIZES[value % SIZES.length] ?? 1;
    const home = other < 4 ? this.#order.choose(step.stream, [device]) : undefined;
    this.#order.wait(home);
    const buffer = alloc(size, home === undefined ? { device } : { stream: home });
    const memory = { buffer, bytes: new Uint8Array(size).fill(value), home };
    this.#memories.push(memory);
    await this.#put(step, memory, [device], (at) => buffer.fill(value, at));
  }

  /** Into the stream that the step names, or the memory's own. */
  #put(
    { stream }: Step,
    { home }: Memory,
    touches: readonly number[],
    work: (at: { stream?: Stream }) => Promise<unknown>,
  ): Promise<void> {
    const own = home?.disposed === false ? home : undefined;
    return this.#order.put(this.#order.choose(stream, touches) ?? own, touches, work);
  }

  async #use(memory: Memory, step: Step): Promise<void> {
    const { buffer, bytes } = memory;
    const { kind, value } = step;
    const [offset, byteLength] = rangeIn(bytes.length, step);
    const here = [buffer.device];
    switch (step.what) {
      case 'write': {
        const [source, written] = hostMemory(kind, byteLength, value);
        const transfer = kind === 'transfer' && byteLength > 0;
        await this.#put(step, memory, here, (at) =>
          buffer.write(source, { offset, transfer, ...at }),
        );
        bytes.set(written, offset);
        return;
      }
      case 'fill':
        await this.#put(step, memory, here, (at) =>
          buffer.fill(value, { offset, byteLength, ...at }),
        );
        bytes.fill(value, offset, offset + byteLength);
        return;
      case 'read': {
        const expected = bytes.slice(offset, offset + byteLength);
        return this.#put(step, memory, here, async (at) =>
          equal(await buffer.read({ offset, byteLength, ...at }), expected, 'read'),
        );
      }
      case 'readInto': {
        const expected = bytes.slice(offset, offset + byteLength);
        const [target] = hostMemory(kind, byteLength, 0);
        return this.#put(step, memory, here, async (at) => {
          await buffer.readInto(target, { offset, ...at });
          const view = ArrayBuffer.isView(target)
            ? new Uint8Array(target.buffer, target.byteOffset, target.byteLength)
            : new Uint8Array(target);
          equal(view, expected, `readInto ${kind}`);
        });
      }
      case 'copy':
      case 'slice':
        return this.#copy(memory, step);
      case 'free':
        if (value % 3 === 0) {
          this.#freed = [buffer, buffer.slice(0)];
          this.#memories.splice(this.#memories.indexOf(memory), 1);
          buffer.free();
        }
        return;
      case 'wrong': {
        const [freed, freedPart] = this.#freed;
        const scene = { buffer, value, freed, freedPart, around: this.#around };
        return tryRefused(scene, [step.other, value]);
      }
    }
  }

  /** To another memory, which may be the other device's. */
  async #copy(memory: Memory, step: Step): Promise<void> {
    const other = this.#memories[step.other % this.#memories.length];
    if (other === undefined || other === memory) return;
    const { buffer, bytes } = memory;
    const [sourceOffset, length] = rangeIn(bytes.length, step);
    const byteLength = Math.min(length, other.bytes.length);
    const copied = bytes.slice(sourceOffset, sourceOffset + byteLength);
    await this.#put(step, memory, [buffer.device, other.buffer.device], (at) =>
      step.what === 'copy'
        ? buffer.copyTo(other.buffer, { sourceOffset, byteLength, ...at })
        : buffer.slice(sourceOffset, byteLength).copyTo(other.buffer.slice(0, byteLength), at),
    );
    other.bytes.set(copied);
  }
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
  await surrounded((around) =>
    fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        // What another test file left in this process may go meanwhile, but none may come.
        const before = loadBinding().liveHandles();
        await new Player(around).play(sequence);
        const left = loadBinding().liveHandles() - before;
        if (left > 0) throw new Error(`${String(left)} handles are left`);
      }),
      { numRuns, ...(seed === undefined ? {} : { seed }) },
    ),
  );
}
