/** Kernels: what a module holds, and how it is launched. */

import { checkInteger, describe } from '../guard/arguments.js';
import { loadBinding } from '../native/load.js';
import type { NativeBinding } from '../native/binding.js';
import { checkOptions, flagOption } from './arguments.js';
import { memoryOf } from './device-buffer.js';
import type { DeviceBuffer } from './device-buffer.js';
import { KernelArgument, SIZES } from './kernel-argument.js';
import { MOST_ARGUMENTS, MOST_BYTES, launchArea } from './launch-area.js';
import type { Triple } from './launch-area.js';
import type { LaunchLimits } from './launch-limits.js';
import { checkBlock, checkGrid } from './launch-limits.js';
import type { KernelParameter, ParameterKind } from './ptx-parameters.js';
import { noteLaunch } from './recent-launches.js';
import { queueOf } from './stream.js';
import type { Stream } from './stream.js';

/** A number of blocks or threads: in one dimension, or in up to three. */
export type Dimensions = number | readonly [x: number, y?: number, z?: number];

export interface LaunchOptions {
  /** Blocks; integers from 1 to the device's limits (`[2147483647, 65535, 65535]`). */
  grid: Dimensions;
  /** Threads of a block; integers from 1, in all no more than the kernel can have (1024 or fewer). */
  block: Dimensions;
  /**
   * Dynamic shared memory of a block in bytes; default 0. What is more than the kernel is set up for
   * (48 KiB) is asked for, up to what the device allows.
   */
  sharedBytes?: number;
  /** Default: the device's default stream. */
  stream?: Stream;
  /** Whether all blocks are to run at the same time (`cuLaunchCooperativeKernel`). Default `false`. */
  cooperative?: boolean;
}

/**
 * What a kernel takes: device memory; a number with its type; where the image tells a parameter's kind
 * or size, a plain number, bigint or boolean; the bytes of a struct.
 */
export type LaunchArgument =
  DeviceBuffer | KernelArgument | number | bigint | boolean | ArrayBufferView;

/** What the driver tells about a kernel (`cuFuncGetAttribute`; CUDA Driver API, `CUfunction_attribute`). */
export interface KernelAttributes {
  /** Most threads of a block. */
  maxThreadsPerBlock: number;
  /** Shared memory that is part of the kernel, bytes for each block. */
  sharedBytes: number;
  constantBytes: number;
  /** Bytes for each thread. */
  localBytes: number;
  /** For each thread. */
  registers: number;
  /** As in 90 for 9.0. */
  ptxVersion: number;
  binaryVersion: number;
  /** Most dynamic shared memory as the kernel is set up now, bytes for each block. */
  maxDynamicSharedBytes: number;
}

export interface Occupancy {
  /** How many blocks a multiprocessor holds at the same time. */
  blocksPerMultiprocessor: number;
  /** That share of a multiprocessor's threads, 0 to 1; `null` where the driver does not tell theirs. */
  share: number | null;
}

/** How messages speak of arguments. */
const NAMES = Array.from({ length: MOST_ARGUMENTS }, (_, i) => `arguments[${String(i)}]`);

/** Numbers of `CUfunction_attribute`. */
const MAX_THREADS_PER_BLOCK = 0;
const MAX_DYNAMIC_SHARED_BYTES = 8;

const LAUNCH_OPTIONS = ['grid', 'block', 'sharedBytes', 'stream', 'cooperative'] as const;

/** What a module gives its kernels; `isLoaded` ends with it. */
export interface KernelHome {
  readonly device: number;
  readonly isLoaded: () => boolean;
  readonly limits: LaunchLimits;
}

/** Made by `module.kernel()`. */
export class Kernel {
  /** As it stands in the image. */
  readonly name: string;
  /** CUDA ordinal. */
  readonly device: number;
  /** `null`: neither the driver (before CUDA 12.4) nor the image tells. */
  readonly parameters: readonly KernelParameter[] | null;
  readonly #handle: number;
  readonly #home: KernelHome;
  readonly #binding: NativeBinding;
  readonly #mostThreads: number;
  #dynamicBytes: number;

  /** @internal */
  constructor(
    name: string,
    handle: number,
    parameters: readonly KernelParameter[] | null,
    home: KernelHome,
  ) {
    this.#binding = loadBinding();
    this.name = name;
    this.device = home.device;
    this.parameters = parameters;
    this.#handle = handle;
    this.#home = home;
    this.#mostThreads = this.#attribute(MAX_THREADS_PER_BLOCK);
    this.#dynamicBytes = this.#attribute(MAX_DYNAMIC_SHARED_BYTES);
  }

  /**
   * Puts the kernel into a stream (`cuLaunchKernel`; CUDA Driver API, "Execution Control") and returns
   * at once; `stream.synchronize()` tells when it is done. In its place behind what was put into that
   * stream before. Arguments are copied; memory that they point to must live until the kernel is done.
   *
   * What goes wrong while it runs is told by a later call: such a failure has `mayBeEarlier`, and its
   * exception's `cause.recentLaunches` names the last launches of each stream, the latest first.
   * Not verified on hardware.
   *
   * @throws {TypeError} a wrong option or argument, named: too many or too few, one of another size, a
   * buffer that was freed or belongs to another device, a plain number where its type is not known.
   * @throws {RangeError} zero or more blocks or threads than the device allows, too much shared memory.
   * @throws {GPUException} the driver refuses, e.g. because the context was lost.
   */
  launch(options: LaunchOptions, ...args: LaunchArgument[]): void {
    this.#live('launch()');
    const { grid, block, sharedBytes, cooperative, stream } = this.#shape(options);
    const queue = queueOf(stream, 'options.stream', this.device);
    const area = launchArea();
    area.begin(grid, block, sharedBytes, cooperative);
    this.#pack(args);
    area.end(this.parameters !== null);
    this.#binding.launchKernel(this.#handle, queue.handle);
    noteLaunch(queue.handle, stream === undefined, this, grid, block, sharedBytes);
  }

  /** Asks the driver about the kernel. @throws {TypeError} its module was unloaded. @throws {GPUException} */
  attributes(): KernelAttributes {
    this.#live('attributes()');
    return {
      maxThreadsPerBlock: this.#attribute(MAX_THREADS_PER_BLOCK),
      sharedBytes: this.#attribute(1),
      constantBytes: this.#attribute(2),
      localBytes: this.#attribute(3),
      registers: this.#attribute(4),
      ptxVersion: this.#attribute(5),
      binaryVersion: this.#attribute(6),
      maxDynamicSharedBytes: this.#attribute(MAX_DYNAMIC_SHARED_BYTES),
    };
  }

  /**
   * How many blocks of that many threads fit on a multiprocessor
   * (`cuOccupancyMaxActiveBlocksPerMultiprocessor`).
   *
   * @throws {TypeError | RangeError} as {@link launch}. @throws {GPUException}
   */
  occupancy(options: { block: Dimensions; sharedBytes?: number }): Occupancy {
    this.#live('occupancy()');
    const given = checkOptions(options, ['block', 'sharedBytes']);
    const { limits } = this.#home;
    const block = checkBlock(given['block'], limits, this.#mostThreads);
    const sharedBytes = this.#shared(given['sharedBytes']);
    const threads = block[0] * block[1] * block[2];
    const blocks = this.#binding.occupancy(this.#handle, threads, sharedBytes);
    const most = limits.threadsPerMultiprocessor;
    return {
      blocksPerMultiprocessor: blocks,
      share: Number.isNaN(most) ? null : Math.min((blocks * threads) / most, 1),
    };
  }

  #live(what: string): void {
    if (this.#home.isLoaded()) return;
    throw new TypeError(`${what}: the Module of this Kernel was unloaded before`);
  }

  #attribute(number: number): number {
    return this.#binding.kernelAttribute(this.#handle, number);
  }

  // Not by checkOptions: this is what a program calls ten thousand times a second.
  #shape(options: LaunchOptions) {
    if (typeof options !== 'object' || (options as unknown) === null) {
      throw new TypeError(
        `options must be an object with grid and block; got ${describe(options)}`,
      );
    }
    for (const key in options) {
      if (!(LAUNCH_OPTIONS as readonly string[]).includes(key))
        checkOptions(options, LAUNCH_OPTIONS);
    }
    const { limits } = this.#home;
    const { stream } = options;
    return {
      grid: checkGrid(options.grid, limits),
      block: checkBlock(options.block, limits, this.#mostThreads),
      sharedBytes: options.sharedBytes === undefined ? 0 : this.#shared(options.sharedBytes),
      cooperative:
        options.cooperative === undefined
          ? false
          : flagOption(options.cooperative, 'options.cooperative', false),
      stream,
    };
  }

  #shared(value: unknown): number {
    if (value === undefined || value === 0) return 0;
    const most = this.#home.limits.sharedBytes;
    const bytes = checkInteger(
      value,
      'options.sharedBytes',
      0,
      Number.isNaN(most) ? 2 ** 31 - 1 : most,
    );
    if (bytes > this.#dynamicBytes) {
      this.#binding.setKernelAttribute(this.#handle, MAX_DYNAMIC_SHARED_BYTES, bytes);
      this.#dynamicBytes = bytes;
    }
    return bytes;
  }

  #pack(args: readonly LaunchArgument[]): void {
    const { parameters } = this;
    const wanted = parameters?.length ?? args.length;
    if (args.length !== wanted) {
      throw new TypeError(
        `arguments: ${this.name} takes ${String(wanted)}; got ${String(args.length)}`,
      );
    }
    for (let i = 0; i < args.length; ++i) {
      this.#packOne(args[i], i, parameters === null ? null : (parameters[i] as KernelParameter));
    }
  }

  #packOne(value: unknown, i: number, parameter: KernelParameter | null): void {
    const area = launchArea();
    const bytes = parameter?.size ?? (ArrayBuffer.isView(value) ? value.byteLength : 8);
    if (!area.hasRoom(bytes)) {
      throw new RangeError(
        `arguments: at most ${String(MOST_ARGUMENTS)}, with ${String(MOST_BYTES)} bytes in all`,
      );
    }
    if (value instanceof KernelArgument) {
      fits(i, parameter, value.type, SIZES[value.type]);
      area.typed(value);
      return;
    }
    if (typeof value === 'object' && value !== null) {
      const memory = memoryOf(value, NAMES[i] as string, this.device);
      if (memory !== null) {
        fits(i, parameter, 'a device address', 8);
        area.memory(memory.handle, memory.offset);
        return;
      }
      if (ArrayBuffer.isView(value)) {
        fits(i, parameter, 'this value', value.byteLength);
        area.bytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
        return;
      }
    }
    if (parameter !== null && plain(value, i, parameter)) return;
    throw new TypeError(`arguments[${String(i)}] ${advice(value, parameter)}`);
  }
}

/** @throws TypeError unless what is given is as long as the kernel's parameter. */
function fits(i: number, parameter: KernelParameter | null, what: string, bytes: number): void {
  if (parameter === null || parameter.size === bytes) return;
  throw new TypeError(
    `arguments[${String(i)}]: ${what} has ${String(bytes)} bytes; the kernel's parameter has ${String(parameter.size)}`,
  );
}

/** By the size of an integer in bytes: what fits, signed or not. */
const LEAST: readonly number[] = [0, -128, -32768, 0, -(2 ** 31)];
const MOST: readonly number[] = [0, 255, 65535, 0, 2 ** 32 - 1];

/** Puts a plain value in place where there is no doubt about its type. */
function plain(value: unknown, i: number, { size, kind }: KernelParameter): boolean {
  if (kind === 'bytes' || (size !== 1 && size !== 2 && size !== 4 && size !== 8)) return false;
  if (typeof value === 'number') return plainNumber(value, i, size, kind);
  if (typeof value === 'boolean' && size === 1) {
    launchArea().integer(value ? 1 : 0, 1);
    return true;
  }
  if (typeof value !== 'bigint' || kind === 'float') return false;
  const bits = BigInt(8 * size);
  if (value < -(1n << (bits - 1n)) || value >= 1n << bits) throw unfit(value, i, size);
  launchArea().integer(value, size);
  return true;
}

function plainNumber(value: number, i: number, size: number, kind: ParameterKind | null): boolean {
  if (kind === 'float' && size >= 4) {
    launchArea().float(value, size);
    return true;
  }
  // Eight bytes may be a pointer: nobody means the address 5.
  if (size === 8 || (kind !== 'integer' && size !== 1) || !Number.isInteger(value)) return false;
  if (value < (LEAST[size] as number) || value > (MOST[size] as number))
    throw unfit(value, i, size);
  launchArea().integer(value, size);
  return true;
}

function unfit(value: unknown, i: number, size: number): RangeError {
  return new RangeError(
    `arguments[${String(i)}] must fit ${String(size)} bytes; got ${describe(value)}`,
  );
}

const WORDS: Readonly<Record<number, string>> = {
  1: 'i8(…) or u8(…)',
  2: 'i16(…) or u16(…)',
  4: 'i32(…), u32(…) or f32(…)',
  8: 'i64(…), u64(…), f64(…), pointer(…) or a DeviceBuffer',
};

function advice(value: unknown, parameter: KernelParameter | null): string {
  if (parameter === null) {
    return `must say its type, because the kernel's parameters are not known: write i32(…), f32(…) or the like; got ${describe(value)}`;
  }
  const { size, kind } = parameter;
  const words =
    kind === 'float' ? (size === 8 ? 'a number or f64(…)' : 'a number or f32(…)') : WORDS[size];
  return words === undefined || kind === 'bytes'
    ? `must be the ${String(size)} bytes of a value, as an ArrayBufferView; got ${describe(value)}`
    : `has ${String(size)} bytes: write ${words}; got ${describe(value)}`;
}

export type { Triple };
