/**
 * Where a launch is written down for the addon: one buffer of this thread, bound once
 * (`LaunchArea` in native/bindings/kernels.cc). No object is made on the way.
 */

import { loadBinding } from '../native/load.js';
import type { KernelArgument } from './kernel-argument.js';

/** In 32-bit words. */
const GRID = 0;
const BLOCK = 3;
const SHARED_BYTES = 6;
const COOPERATIVE = 7;
const COUNT = 8;
const USED = 9;
const UNCHECKED = 10;
const OFFSETS = 16;
/** In bytes. */
const ARGUMENTS = 64 + 4 * 256;
const IS_BUFFER = 0x8000_0000;

/** What one launch can take. */
export const MOST_ARGUMENTS = 256;
export const MOST_BYTES = 32768;

export type Triple = readonly [x: number, y: number, z: number];

class LaunchArea {
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #doubles: Float64Array;
  #count = 0;
  #used = 0;

  constructor(buffer: ArrayBuffer) {
    this.#words = new Uint32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
    this.#doubles = new Float64Array(buffer);
  }

  begin(grid: Triple, block: Triple, sharedBytes: number, cooperative: boolean): void {
    const words = this.#words;
    words[GRID] = grid[0];
    words[GRID + 1] = grid[1];
    words[GRID + 2] = grid[2];
    words[BLOCK] = block[0];
    words[BLOCK + 1] = block[1];
    words[BLOCK + 2] = block[2];
    words[SHARED_BYTES] = sharedBytes;
    words[COOPERATIVE] = cooperative ? 1 : 0;
    this.#count = 0;
    this.#used = 0;
  }

  end(checked: boolean): void {
    this.#words[COUNT] = this.#count;
    this.#words[USED] = this.#used;
    this.#words[UNCHECKED] = checked ? 0 : 1;
  }

  /** Room for the next argument; `false`: there is none. */
  hasRoom(bytes: number): boolean {
    return this.#count < MOST_ARGUMENTS && this.#used + Math.max(bytes, 16) <= MOST_BYTES;
  }

  #place(bytes: number, flag: number): number {
    const at = this.#used;
    this.#words[OFFSETS + this.#count] = (at | flag) >>> 0;
    this.#count += 1;
    this.#used = at + ((bytes + 7) & ~7);
    return ARGUMENTS + at;
  }

  /** Device memory, by its handle; the addon puts the address there. */
  memory(handle: number, offset: number): void {
    const at = this.#place(16, IS_BUFFER) / 8;
    this.#doubles[at] = handle;
    this.#doubles[at + 1] = offset;
  }

  typed({ type, value }: KernelArgument): void {
    const view = this.#view;
    switch (type) {
      case 'i8':
      case 'u8':
        view.setUint8(this.#place(1, 0), value as number);
        return;
      case 'i16':
      case 'u16':
        view.setUint16(this.#place(2, 0), value as number, true);
        return;
      case 'i32':
      case 'u32':
        view.setUint32(this.#place(4, 0), value as number, true);
        return;
      case 'f32':
        view.setFloat32(this.#place(4, 0), value as number, true);
        return;
      case 'f64':
        view.setFloat64(this.#place(8, 0), value as number, true);
        return;
      case 'i64':
      case 'u64':
      case 'pointer':
        view.setBigUint64(this.#place(8, 0), BigInt.asUintN(64, value as bigint), true);
    }
  }

  /** An integer of that many bytes, signed or not: the bits are the same. */
  integer(value: number | bigint, bytes: number): void {
    const at = this.#place(bytes, 0);
    if (typeof value === 'number' && bytes <= 4) this.#view.setInt32(at, value | 0, true);
    else this.#view.setBigInt64(at, BigInt.asIntN(64, BigInt(value)), true);
  }

  float(value: number, bytes: number): void {
    const at = this.#place(bytes, 0);
    if (bytes === 4) this.#view.setFloat32(at, value, true);
    else this.#view.setFloat64(at, value, true);
  }

  bytes(source: Uint8Array): void {
    this.#bytes.set(source, this.#place(source.length, 0));
  }
}

let area: LaunchArea | undefined;

export function launchArea(): LaunchArea {
  return (area ??= new LaunchArea(loadBinding().launchBuffer()));
}
