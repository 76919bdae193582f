/**
 * Where a launch is written down for the addon: one buffer of this thread, bound once
 * (`LaunchArea` in native/bindings/launch_area.h). No object is made on the way.
 */

import { loadBinding } from '../native/load.js';
import type { KernelArgumentType } from './kernel-argument.js';

/** In 32-bit words. */
export const GRID = 0;
export const BLOCK = 3;
const SHARED_BYTES = 6;
const COOPERATIVE = 7;
const COUNT = 8;
const USED = 9;
const UNCHECKED = 10;
const TURN = 11;
const OFFSETS = 16;
/** In 64-bit words. */
const KERNEL = 6;
const STREAM = 7;
/** In bytes. */
const ARGUMENTS = 64 + 4 * 256;
export const IS_BUFFER = 0x8000_0000;

/** What one launch can take. */
export const MOST_ARGUMENTS = 256;
export const MOST_BYTES = 32768;
/** Every argument begins in a slot of its own. */
export const SLOT_BYTES = 8;

export type Triple = readonly [x: number, y: number, z: number];

export type Extent = typeof GRID | typeof BLOCK;

/** Arguments are put in place by number and slot; see argument-packer.ts, which counts the slots. */
export class LaunchArea {
  readonly #words: Uint32Array;
  readonly #handles: Float64Array;
  /** By argument, in bytes; with {@link IS_BUFFER}, what stands there is two doubles: device memory's handle, and an offset. */
  readonly offsets: Uint32Array;
  // The arguments' bytes, as all that they may be: for the packer, which writes the most common ones
  // itself.
  readonly ints: Int32Array;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(buffer: ArrayBuffer) {
    this.#words = new Uint32Array(buffer, 0, OFFSETS);
    this.#handles = new Float64Array(buffer, 0, ARGUMENTS / 8);
    this.offsets = new Uint32Array(buffer, 4 * OFFSETS, MOST_ARGUMENTS);
    this.#bytes = new Uint8Array(buffer, ARGUMENTS);
    this.ints = new Int32Array(buffer, ARGUMENTS);
    this.floats = new Float32Array(buffer, ARGUMENTS);
    this.doubles = new Float64Array(buffer, ARGUMENTS);
    this.#view = new DataView(buffer, ARGUMENTS);
  }

  /**
   * Answers what {@link end} is to be told. The count stands in the buffer, which every instance of the
   * package on this thread writes into.
   */
  begin(): number {
    const turn = ((this.#words[TURN] as number) + 1) >>> 0;
    this.#words[TURN] = turn;
    return turn;
  }

  extent(which: Extent, x: number, y: number, z: number): void {
    const words = this.#words;
    words[which] = x;
    words[which + 1] = y;
    words[which + 2] = z;
  }

  /**
   * @param unchecked whether the kernel may take more arguments than there are, or longer ones, by
   * what the driver tells.
   * @throws {TypeError} another launch was written meanwhile: by a getter of an array, for one.
   */
  end(
    turn: number,
    kernel: number,
    stream: number,
    sharedBytes: number,
    cooperative: boolean,
    unchecked: boolean,
  ): void {
    if (turn !== this.#words[TURN]) throw interrupted();
    const words = this.#words;
    words[SHARED_BYTES] = sharedBytes;
    words[COOPERATIVE] = cooperative ? 1 : 0;
    words[UNCHECKED] = unchecked ? 1 : 0;
    const handles = this.#handles;
    handles[KERNEL] = kernel;
    handles[STREAM] = stream;
  }

  /** How many arguments there are, in how many slots. */
  count(count: number, slots: number): void {
    this.#words[COUNT] = count;
    this.#words[USED] = slots * SLOT_BYTES;
  }

  int32(i: number, slot: number, value: number): void {
    this.offsets[i] = slot * SLOT_BYTES;
    this.ints[2 * slot] = value;
  }

  float32(i: number, slot: number, value: number): void {
    this.offsets[i] = slot * SLOT_BYTES;
    this.floats[2 * slot] = value;
  }

  float64(i: number, slot: number, value: number): void {
    this.offsets[i] = slot * SLOT_BYTES;
    this.doubles[slot] = value;
  }

  /** Device memory, by its handle; two slots. The addon puts the address there. */
  memory(i: number, slot: number, handle: number, offset: number): void {
    this.offsets[i] = slot * SLOT_BYTES + IS_BUFFER;
    this.doubles[slot] = handle;
    this.doubles[slot + 1] = offset;
  }

  typed(i: number, slot: number, type: KernelArgumentType, value: number | bigint): void {
    if (typeof value === 'bigint') this.integer(i, slot, value, 8);
    else if (type === 'f32') this.float32(i, slot, value);
    else if (type === 'f64') this.float64(i, slot, value);
    else this.int32(i, slot, value);
  }

  /** An integer of that many bytes, signed or not: the bits are the same. */
  integer(i: number, slot: number, value: number | bigint, bytes: number): void {
    if (bytes < 8) {
      this.int32(i, slot, Number(value));
      return;
    }
    this.offsets[i] = slot * SLOT_BYTES;
    this.#view.setBigInt64(slot * SLOT_BYTES, BigInt.asIntN(64, BigInt(value)), true);
  }

  bytes(i: number, slot: number, source: Uint8Array): void {
    this.offsets[i] = slot * SLOT_BYTES;
    this.#bytes.set(source, slot * SLOT_BYTES);
  }
}

function interrupted(): TypeError {
  return new TypeError('launch(): reading its options or arguments made another launch');
}

let area: LaunchArea | undefined;

export function launchArea(): LaunchArea {
  return (area ??= new LaunchArea(loadBinding().launchBuffer()));
}
