/** Kernels: what a module holds, and how it is launched. */

import { ArgumentPacker } from './argument-packer.js';
import { checkInteger, describe, unreadable } from '../guard/arguments.js';
import { loadBinding } from '../native/load.js';
import type { NativeBinding } from '../native/binding.js';
import { checkOptions, flagOption } from './arguments.js';
import type { DeviceBuffer } from './device-buffer.js';
import type { KernelArgument } from './kernel-argument.js';
import { launchArea } from './launch-area.js';
import { writeBlock, writeGrid } from './launch-limits.js';
import type { LaunchLimits } from './launch-limits.js';
import type { KernelParameter } from './ptx-parameters.js';
import { nameRecentLaunches } from './recent-launches.js';
import { checkReceivers, wrongReceiver } from './receiver.js';
import { queueOf } from './stream.js';
import type { Stream } from './stream.js';
import type { WorkQueue } from './work.js';

/** A number of blocks or threads: in one dimension, or in up to three. */
export type Dimensions = number | readonly [x: number, y?: number, z?: number];

export interface LaunchOptions {
  /** Blocks; integers from 1 to the device's limits (`[2147483647, 65535, 65535]`). */
  grid: Dimensions;
  /** Threads of a block; integers from 1, in all no more than the kernel can have (1024 or fewer). */
  block: Dimensions;
  /**
   * Dynamic shared memory of a block in bytes; default 0. What is more than the kernel is set up for
   * (48 KiB with what is part of it) is asked for, up to what the device allows, less that part.
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

/** Numbers of `CUfunction_attribute`. */
const MAX_THREADS_PER_BLOCK = 0;
const SHARED_BYTES = 1;
const MAX_DYNAMIC_SHARED_BYTES = 8;

const LAUNCH_OPTIONS = ['grid', 'block', 'sharedBytes', 'stream', 'cooperative'] as const;

/** What a module gives its kernels; `isLoaded` ends with it. */
export interface KernelHome {
  readonly device: number;
  readonly isLoaded: () => boolean;
  readonly limits: LaunchLimits;
}

/** What a kernel takes. */
export interface KernelSignature {
  readonly parameters: readonly KernelParameter[] | null;
  /** By the driver. What the image's text says may be wrong: then the driver reads what it will. */
  readonly told: boolean;
}

/** Nobody else has it. */
const MADE_HERE = Symbol('made by module.kernel()');

let isKernel: (value: unknown) => value is Kernel;

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
  readonly #area = launchArea();
  readonly #packer: ArgumentPacker;
  readonly #told: boolean;
  /** Of the binding; to look it up costs as much as to check a grid. */
  readonly #put: NativeBinding['launchKernel'];
  #defaultQueue: WorkQueue | undefined;
  readonly #mostThreads: number;
  /** Shared memory that is part of the kernel. */
  readonly #ownBytes: number;
  #dynamicBytes: number;

  static {
    isKernel = (value): value is Kernel =>
      typeof value === 'object' && value !== null && #home in value;
    checkReceivers(this, isKernel, ['launch']);
  }

  /** @internal */
  constructor(
    token: unknown,
    name: string,
    handle: number,
    signature: KernelSignature,
    home: KernelHome,
  ) {
    if (token !== MADE_HERE) {
      throw new TypeError('Kernel cannot be constructed; call module.kernel(name)');
    }
    const { parameters, told } = signature;
    this.#binding = loadBinding();
    this.#put = this.#binding.launchKernel;
    nameRecentLaunches();
    this.name = name;
    this.device = home.device;
    this.parameters = parameters;
    this.#told = told;
    this.#handle = handle;
    this.#home = home;
    this.#packer = new ArgumentPacker(name, home.device, parameters);
    this.#mostThreads = Math.min(
      this.#attribute(MAX_THREADS_PER_BLOCK),
      home.limits.threadsPerBlock,
    );
    this.#ownBytes = this.#attribute(SHARED_BYTES);
    this.#dynamicBytes = this.#attribute(MAX_DYNAMIC_SHARED_BYTES);
  }

  /**
   * Puts the kernel into a stream (`cuLaunchKernel`; CUDA Driver API, "Execution Control") and returns
   * at once; `stream.synchronize()` tells when it is done. In its place behind what was put into that
   * stream before. Arguments are copied; memory that they point to must live until the kernel is done.
   *
   * What goes wrong while it runs is told by a later call: such a failure has `mayBeEarlier`, and its
   * exception's `cause.recentLaunches` names the last launches of each stream: those of the stream that
   * the failed call was about (`cause.stream`, a stream's `id`) first, and of each the latest first.
   * Not verified on hardware.
   *
   * @param options each is read once; that there are no others is checked for enumerable string keys.
   * @throws {TypeError} a wrong option or argument, named: too many or too few, one of another size or
   * kind, a buffer that was freed or belongs to another device, a plain number where its type is not
   * known.
   * @throws {RangeError} zero or more blocks or threads than the device allows, too much shared memory.
   * @throws {GPUException} the driver refuses, e.g. because the context was lost.
   */
  launch(options: LaunchOptions, ...args: LaunchArgument[]): void {
    let home: KernelHome;
    try {
      home = this.#home;
    } catch {
      throw wrongReceiver('launch()', Kernel, this); // to ask before would cost 4 % of a launch
    }
    if (typeof options !== 'object' || options === null) throw noOptions(options);
    let others, grid, block, sharedBytes, stream, cooperative;
    try {
      others = hasOthers(options);
      ({ grid, block, sharedBytes, stream, cooperative } = options); // each is read once
    } catch (cause) {
      throw unreadable(options, 'options', cause);
    }
    if (others) checkOptions(options, LAUNCH_OPTIONS);
    const { limits } = home;
    const area = this.#area;
    const turn = area.begin();
    writeGrid(grid, limits, area);
    writeBlock(block, limits, this.#mostThreads, area);
    // Not before: a getter, also of an array, may have ended module or stream.
    if (!home.isLoaded()) throw unloaded('launch()');
    const queue =
      stream === undefined
        ? (this.#defaultQueue ??= queueOf(undefined, 'options.stream', this.device))
        : queueOf(stream, 'options.stream', this.device);
    const shared = sharedBytes === undefined ? 0 : this.#shared(sharedBytes);
    const together = flagOption(cooperative, 'options.cooperative', false);
    this.#packer.pack(args, area);
    area.end(turn, this.#handle, queue.handle, shared, together, !this.#told);
    if (shared > this.#dynamicBytes) this.#askForShared(shared);
    this.#put();
  }

  /** Asks the driver about the kernel. @throws {TypeError} its module was unloaded. @throws {GPUException} */
  attributes(): KernelAttributes {
    this.#live('attributes()');
    return {
      maxThreadsPerBlock: this.#attribute(MAX_THREADS_PER_BLOCK),
      sharedBytes: this.#attribute(SHARED_BYTES),
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
    const given = checkOptions(options, ['block', 'sharedBytes']);
    const { limits } = this.#home;
    this.#area.begin(); // whatever launch is being written is interrupted
    const threads = writeBlock(given['block'], limits, this.#mostThreads, this.#area);
    this.#live('occupancy()'); // as launch() does
    const sharedBytes = this.#shared(given['sharedBytes']);
    if (sharedBytes > this.#dynamicBytes) this.#askForShared(sharedBytes);
    const blocks = this.#binding.occupancy(this.#handle, threads, sharedBytes);
    const most = limits.threadsPerMultiprocessor;
    return {
      blocksPerMultiprocessor: blocks,
      share: Number.isNaN(most) ? null : Math.min((blocks * threads) / most, 1),
    };
  }

  #live(what: string): void {
    if (!this.#home.isLoaded()) throw unloaded(what);
  }

  #attribute(number: number): number {
    return this.#binding.kernelAttribute(this.#handle, number);
  }

  #shared(value: unknown): number {
    if (value === undefined || value === 0) return 0;
    const { sharedBytes: most } = this.#home.limits;
    const bytes = checkInteger(value, 'options.sharedBytes', 0, most);
    if (bytes > most - this.#ownBytes) throw tooMuchShared(bytes, this.#ownBytes, most);
    return bytes;
  }

  #askForShared(bytes: number): void {
    this.#binding.setKernelAttribute(this.#handle, MAX_DYNAMIC_SHARED_BYTES, bytes);
    this.#dynamicBytes = bytes;
  }
}

/** One that the addon has found. */
export function newKernel(
  name: string,
  handle: number,
  signature: KernelSignature,
  home: KernelHome,
): Kernel {
  return new Kernel(MADE_HERE, name, handle, signature, home);
}

function noOptions(given: unknown): TypeError {
  return new TypeError(`options must be an object with grid and block; got ${describe(given)}`);
}

function tooMuchShared(asked: number, own: number, most: number): RangeError {
  return new RangeError(
    `options.sharedBytes is ${String(asked)}; with the ${String(own)} bytes that are part of this kernel, it can be ${String(most - own)} on this device`,
  );
}

function unloaded(what: string): TypeError {
  return new TypeError(`${what}: the Module of this Kernel was unloaded before`);
}

/**
 * Whether there may be a key that is no option. Not by checkOptions, and without a look for symbols, which
 * alone takes a third of what a launch does: a program may launch a hundred thousand times a second.
 */
function hasOthers(options: object): boolean {
  for (const key in options) {
    switch (key) {
      case 'grid':
      case 'block':
      case 'sharedBytes':
      case 'stream':
      case 'cooperative':
        break;
      default:
        return true;
    }
  }
  return false;
}
