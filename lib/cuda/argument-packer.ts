/** Puts a launch's arguments in place, checked against what the kernel takes. */

import { describe } from '../guard/arguments.js';
import { memoryOf, quickHandle, quickStart } from './device-buffer.js';
import { SIZES, isKernelArgument, typeOf, valueOf } from './kernel-argument.js';
import type { KernelArgumentType } from './kernel-argument.js';
import { IS_BUFFER, MOST_ARGUMENTS, MOST_BYTES, SLOT_BYTES } from './launch-area.js';
import type { LaunchArea } from './launch-area.js';
import type { KernelParameter, ParameterKind } from './ptx-parameters.js';
import { bytesOfView } from './view-parts.js';

/** How messages speak of arguments. */
const NAMES = Array.from({ length: MOST_ARGUMENTS }, (_, i) => `arguments[${String(i)}]`);
const MOST_SLOTS = MOST_BYTES / SLOT_BYTES;

/** What a parameter takes, for the quick way; `OTHER` goes the long way. */
const OTHER = 0;
const INT32 = 1;
const FLOAT32 = 2;
const FLOAT64 = 3;
const ADDRESS = 4;

function quickKind(parameter: KernelParameter | null): number {
  if (parameter === null) return ADDRESS;
  const { size, kind } = parameter;
  if (kind === 'float') return size === 4 ? FLOAT32 : size === 8 ? FLOAT64 : OTHER;
  if (size === 8) return ADDRESS;
  return size === 4 && kind === 'integer' ? INT32 : OTHER;
}

export class ArgumentPacker {
  readonly #kernel: string;
  readonly #device: number;
  /** `null`: not known. */
  readonly #parameters: readonly KernelParameter[] | null;
  readonly #kinds = new Uint8Array(MOST_ARGUMENTS);

  constructor(kernel: string, device: number, parameters: readonly KernelParameter[] | null) {
    this.#kernel = kernel;
    this.#device = device;
    this.#parameters = parameters;
    this.#kinds.forEach((_, i, kinds) => {
      kinds[i] = quickKind(parameters === null ? null : (parameters[i] ?? null));
    });
  }

  /** @throws {TypeError | RangeError} as `kernel.launch()`. */
  pack(args: readonly unknown[], area: LaunchArea): void {
    const wanted = this.#parameters?.length ?? args.length;
    if (args.length !== wanted) throw this.#wrongCount(args.length);
    const kinds = this.#kinds;
    const { offsets, ints, floats, doubles } = area;
    let slot = 0;
    for (let i = 0; i < args.length; ++i) {
      // The last one needs room for a handle, whatever it is.
      if (i >= MOST_ARGUMENTS || slot + 2 > MOST_SLOTS) throw tooMany();
      const value = args[i];
      const kind = kinds[i];
      offsets[i] = slot * SLOT_BYTES;
      // The quick ways of the most common ones.
      if (typeof value === 'number') {
        if (kind === FLOAT32) floats[2 * slot++] = value;
        else if (kind === FLOAT64) doubles[slot++] = value;
        else if (kind === INT32 && (value | 0) === value) ints[2 * slot++] = value;
        else slot += this.#packOther(value, i, slot, area);
        continue;
      }
      const handle = kind === ADDRESS ? quickHandle(value, this.#device) : 0;
      if (handle !== 0) {
        offsets[i] = slot * SLOT_BYTES + IS_BUFFER;
        doubles[slot++] = handle;
        doubles[slot++] = quickStart(value);
      } else {
        slot += this.#packOther(value, i, slot, area);
      }
    }
    area.count(args.length, slot);
  }

  /** Answers how many slots it took. */
  #packOther(value: unknown, i: number, slot: number, area: LaunchArea): number {
    const parameter = this.#parameters === null ? null : (this.#parameters[i] ?? null);
    if (typeof value !== 'object' || value === null) {
      if (parameter === null || !plain(value, i, slot, parameter, area))
        throw wrong(value, i, parameter);
      return 1;
    }
    const memory = memoryOf(value, NAMES[i] ?? '', this.#device);
    if (memory !== null) {
      fits(i, parameter, 'a device address', 8, 'integer');
      area.memory(i, slot, memory.handle, memory.offset);
      return 2;
    }
    if (isKernelArgument(value)) {
      const type = typeOf(value);
      fits(i, parameter, type, SIZES[type], kindOf(type));
      area.typed(i, slot, type, valueOf(value));
      return 1;
    }
    if (!ArrayBuffer.isView(value)) throw wrong(value, i, parameter);
    const bytes = bytesOf(value, i);
    fits(i, parameter, 'this value', bytes.length, 'bytes');
    if (slot * SLOT_BYTES + bytes.length > MOST_BYTES) throw tooMany();
    area.bytes(i, slot, bytes);
    return Math.ceil(bytes.length / SLOT_BYTES);
  }

  #wrongCount(given: number): TypeError {
    const wanted = String(this.#parameters?.length);
    return new TypeError(`arguments: ${this.#kernel} takes ${wanted}; got ${String(given)}`);
  }
}

/** @throws TypeError it is detached, or out of the bounds of memory that has shrunk. */
function bytesOf(view: ArrayBufferView, i: number): Uint8Array {
  try {
    return bytesOfView(view);
  } catch (cause) {
    throw new TypeError(`arguments[${String(i)}] is detached, or out of bounds`, { cause });
  }
}

function tooMany(): RangeError {
  return new RangeError(
    `arguments: at most ${String(MOST_ARGUMENTS)}, with ${String(MOST_BYTES)} bytes in all`,
  );
}

function wrong(value: unknown, i: number, parameter: KernelParameter | null): TypeError {
  return new TypeError(`arguments[${String(i)}] ${advice(value, parameter)}`);
}

/** @throws TypeError unless what is given is as long as the kernel's parameter, and of its kind. */
function fits(
  i: number,
  parameter: KernelParameter | null,
  what: string,
  bytes: number,
  kind: ParameterKind,
): void {
  if (parameter === null) return;
  const { size, kind: wanted } = parameter;
  if (size !== bytes) {
    throw misfit(i, what, `has ${String(bytes)} bytes`, `has ${String(size)}`);
  }
  // A struct may have but one member, and bytes may be of anything.
  if (kind === wanted || kind === 'bytes' || wanted === 'bytes' || wanted === null) return;
  throw misfit(i, what, `is ${KINDS[kind]}`, `is ${KINDS[wanted]}`);
}

function misfit(i: number, what: string, given: string, wanted: string): TypeError {
  return new TypeError(
    `arguments[${String(i)}]: ${what} ${given}; the kernel's parameter ${wanted}`,
  );
}

const KINDS = { integer: 'an integer', float: 'floating-point' } as const;

/** An address is an integer to PTX, whatever the source says: `float*` and `long long` are both `.u64`. */
function kindOf(type: KernelArgumentType): ParameterKind {
  return type === 'f32' || type === 'f64' ? 'float' : 'integer';
}

/** By the size of an integer in bytes: what fits, signed or not. */
const LEAST: readonly number[] = [0, -128, -32768, 0, -(2 ** 31)];
const MOST: readonly number[] = [0, 255, 65535, 0, 2 ** 32 - 1];

/** Puts a plain value in place where there is no doubt about its type. */
function plain(
  value: unknown,
  i: number,
  slot: number,
  { size, kind }: KernelParameter,
  area: LaunchArea,
): boolean {
  if (kind === 'bytes' || (size !== 1 && size !== 2 && size !== 4 && size !== 8)) return false;
  if (typeof value === 'number') return plainNumber(value, i, slot, size, kind, area);
  if (typeof value === 'boolean' && size === 1) {
    area.int32(i, slot, value ? 1 : 0);
    return true;
  }
  if (typeof value !== 'bigint' || kind === 'float') return false;
  const bits = BigInt(8 * size);
  if (value < -(1n << (bits - 1n)) || value >= 1n << bits) throw unfit(value, i, size);
  area.integer(i, slot, value, size);
  return true;
}

function plainNumber(
  value: number,
  i: number,
  slot: number,
  size: number,
  kind: ParameterKind | null,
  area: LaunchArea,
): boolean {
  if (kind === 'float' && size >= 4) {
    if (size === 4) area.float32(i, slot, value);
    else area.float64(i, slot, value);
    return true;
  }
  // Eight bytes may be a pointer: nobody means the address 5.
  if (size === 8 || (kind !== 'integer' && size !== 1) || !Number.isInteger(value)) return false;
  if (value < (LEAST[size] as number) || value > (MOST[size] as number))
    throw unfit(value, i, size);
  area.integer(i, slot, value, size);
  return true;
}

function unfit(value: unknown, i: number, size: number): RangeError {
  return new RangeError(
    `arguments[${String(i)}] must fit ${String(size)} bytes; got ${describe(value)}`,
  );
}

/** What to write, by kind and size in bytes. */
const WORDS: Readonly<Record<'integer' | 'float' | 'either', Readonly<Record<number, string>>>> = {
  integer: {
    1: 'i8(…) or u8(…)',
    2: 'i16(…) or u16(…)',
    4: 'i32(…) or u32(…)',
    8: 'i64(…), u64(…), pointer(…) or a DeviceBuffer',
  },
  float: { 4: 'a number or f32(…)', 8: 'a number or f64(…)' },
  either: {
    1: 'i8(…) or u8(…)',
    2: 'i16(…) or u16(…)',
    4: 'i32(…), u32(…) or f32(…)',
    8: 'i64(…), u64(…), f64(…), pointer(…) or a DeviceBuffer',
  },
};

function advice(value: unknown, parameter: KernelParameter | null): string {
  if (parameter === null) {
    return `must say its type, because the kernel's parameters are not known: write i32(…), f32(…) or the like; got ${describe(value)}`;
  }
  const { size, kind } = parameter;
  const words = kind === 'bytes' ? undefined : WORDS[kind ?? 'either'][size];
  return words === undefined
    ? `must be the ${String(size)} bytes of a value, as an ArrayBufferView; got ${describe(value)}`
    : `has ${String(size)} bytes: write ${words}; got ${describe(value)}`;
}
