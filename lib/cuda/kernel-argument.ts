/** Arguments whose type is said: a kernel takes bytes, and a number alone does not tell which. */

import { inspect } from 'node:util';
import { checkInteger, describe } from '../guard/arguments.js';

export type KernelArgumentType =
  'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'i64' | 'u64' | 'f32' | 'f64' | 'pointer';

/** In bytes. */
export const SIZES: Readonly<Record<KernelArgumentType, number>> = {
  i8: 1,
  u8: 1,
  i16: 2,
  u16: 2,
  i32: 4,
  u32: 4,
  i64: 8,
  u64: 8,
  f32: 4,
  f64: 8,
  pointer: 8,
};

/** Nobody else has it. */
const MADE_HERE = Symbol('made by i32() and the like');

/** Made here, and no object that only looks like one. */
export let isKernelArgument: (value: object) => value is KernelArgument;
// What it was made of, whatever was done to the object since.
export let typeOf: (argument: KernelArgument) => KernelArgumentType;
export let valueOf: (argument: KernelArgument) => number | bigint;

/**
 * A number with its type, for `kernel.launch()`; made by `i32()`, `f32()` and so on, and never changed.
 */
export class KernelArgument {
  // Private in place of frozen, which would cost more than the rest of a launch's argument.
  readonly #type: KernelArgumentType;
  readonly #value: number | bigint;

  static {
    isKernelArgument = (value): value is KernelArgument => #type in value;
    typeOf = (argument) => argument.#type;
    valueOf = (argument) => argument.#value;
  }

  /** @internal */
  constructor(token: unknown, type: KernelArgumentType, value: number | bigint) {
    if (token !== MADE_HERE) {
      throw new TypeError('KernelArgument cannot be constructed; call i32(value), f32(value) …');
    }
    this.#type = type;
    this.#value = value;
  }

  get type(): KernelArgumentType {
    return this.#type;
  }

  /** What it was made of, after its check. */
  get value(): number | bigint {
    return this.#value;
  }

  /** @internal */
  [inspect.custom](): string {
    return `${this.#type}(${describe(this.#value)})`;
  }
}

const integer = (type: KernelArgumentType, least: number, most: number) => {
  return (value: number): KernelArgument =>
    new KernelArgument(MADE_HERE, type, checkInteger(value, type, least, most));
};

/** A signed integer of 8 bits. @throws {TypeError | RangeError} no integer from -128 to 127. */
export const i8 = integer('i8', -128, 127);
/** An unsigned integer of 8 bits, or a `bool`. @throws {TypeError | RangeError} no integer from 0 to 255. */
export const u8 = integer('u8', 0, 255);
/** A signed integer of 16 bits. @throws {TypeError | RangeError} no integer from -32768 to 32767. */
export const i16 = integer('i16', -(2 ** 15), 2 ** 15 - 1);
/** An unsigned integer of 16 bits. @throws {TypeError | RangeError} no integer from 0 to 65535. */
export const u16 = integer('u16', 0, 2 ** 16 - 1);
/** An `int`. @throws {TypeError | RangeError} no integer from -2147483648 to 2147483647. */
export const i32 = integer('i32', -(2 ** 31), 2 ** 31 - 1);
/** An `unsigned int`. @throws {TypeError | RangeError} no integer from 0 to 4294967295. */
export const u32 = integer('u32', 0, 2 ** 32 - 1);

function wide(
  type: KernelArgumentType,
  value: unknown,
  least: bigint,
  most: bigint,
): KernelArgument {
  const given = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof given !== 'bigint') {
    throw new TypeError(`${type} must be a bigint or a safe integer; got ${describe(value)}`);
  }
  if (given < least || given > most) {
    throw new RangeError(
      `${type} must be from ${String(least)} to ${String(most)}; got ${describe(value)}`,
    );
  }
  return new KernelArgument(MADE_HERE, type, given);
}

/** A `long long`. @throws {TypeError | RangeError} no integer of 64 bits. */
export function i64(value: bigint | number): KernelArgument {
  return wide('i64', value, -(2n ** 63n), 2n ** 63n - 1n);
}
/** An `unsigned long long`, or a `size_t`. @throws {TypeError | RangeError} no such integer. */
export function u64(value: bigint | number): KernelArgument {
  return wide('u64', value, 0n, 2n ** 64n - 1n);
}
/** A device address that another binding gave. A `DeviceBuffer` is an argument itself. @throws {TypeError | RangeError} */
export function pointer(address: bigint): KernelArgument {
  if (typeof address !== 'bigint') {
    throw new TypeError(`pointer must be a bigint; got ${describe(address)}`);
  }
  return wide('pointer', address, 0n, 2n ** 64n - 1n);
}

function number(type: KernelArgumentType, value: unknown): KernelArgument {
  if (typeof value !== 'number') {
    throw new TypeError(`${type} must be a number; got ${describe(value)}`);
  }
  return new KernelArgument(MADE_HERE, type, value);
}

/** A `float`; rounded to the nearest. @throws {TypeError} no number. */
export function f32(value: number): KernelArgument {
  return number('f32', value);
}
/** A `double`. @throws {TypeError} no number. */
export function f64(value: number): KernelArgument {
  return number('f64', value);
}
