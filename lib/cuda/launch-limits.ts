/** What a device allows a launch to be, asked once for each module. */

import { checkInteger, describe } from '../guard/arguments.js';
import { loadBinding } from '../native/load.js';
import type { Triple } from './launch-area.js';

/** `NaN` where the driver does not tell: then it is left to the driver. */
export interface LaunchLimits {
  readonly grid: Triple;
  readonly block: Triple;
  readonly threadsPerBlock: number;
  readonly threadsPerMultiprocessor: number;
  /** For each block, at most; more than the 48 KiB that need no asking. */
  readonly sharedBytes: number;
}

/** Numbers of `CUdevice_attribute`. */
const THREADS_PER_BLOCK = 1;
const BLOCK = 2;
const GRID = 5;
const SHARED_BYTES = 8;
const THREADS_PER_MULTIPROCESSOR = 39;
const SHARED_BYTES_OPT_IN = 97;

/** @throws {GPUException} no such device. */
export function limitsOf(device: number): LaunchLimits {
  const binding = loadBinding();
  const ask = (attribute: number): number => binding.deviceAttribute(device, attribute);
  const three = (first: number): Triple => [ask(first), ask(first + 1), ask(first + 2)];
  const optIn = ask(SHARED_BYTES_OPT_IN);
  return {
    grid: three(GRID),
    block: three(BLOCK),
    threadsPerBlock: ask(THREADS_PER_BLOCK),
    threadsPerMultiprocessor: ask(THREADS_PER_MULTIPROCESSOR),
    sharedBytes: optIn > 0 ? optIn : ask(SHARED_BYTES),
  };
}

/** What messages call an option and its three parts. */
interface Names {
  readonly whole: string;
  readonly axes: readonly [string, string, string];
}
const namesOf = (whole: string): Names => ({
  whole,
  axes: [`${whole}.x`, `${whole}.y`, `${whole}.z`],
});
const GRID_NAMES = namesOf('options.grid');
const BLOCK_NAMES = namesOf('options.block');

function triple(value: unknown, { whole, axes }: Names, most: Triple): Triple {
  if (typeof value === 'number') return [extent(value, whole, most[0]), 1, 1];
  if (!Array.isArray(value) || value.length < 1 || value.length > 3) {
    throw new TypeError(
      `${whole} must be a number or an array of one to three; got ${describe(value)}`,
    );
  }
  const [x, y = 1, z = 1] = value as unknown[];
  return [extent(x, axes[0], most[0]), extent(y, axes[1], most[1]), extent(z, axes[2], most[2])];
}

function extent(value: unknown, argument: string, most: number): number {
  return checkInteger(value, argument, 1, Number.isNaN(most) ? 2 ** 31 - 1 : most);
}

/** @throws TypeError, RangeError */
export function checkGrid(value: unknown, { grid }: LaunchLimits): Triple {
  return triple(value, GRID_NAMES, grid);
}

/** `most`: what the kernel can have. @throws TypeError, RangeError */
export function checkBlock(value: unknown, limits: LaunchLimits, most: number): Triple {
  const block = triple(value, BLOCK_NAMES, limits.block);
  const threads = block[0] * block[1] * block[2];
  const limit = Number.isNaN(limits.threadsPerBlock)
    ? most
    : Math.min(most, limits.threadsPerBlock);
  if (threads > limit) {
    throw new RangeError(
      `options.block has ${String(threads)} threads; this kernel can have ${String(limit)} on this device`,
    );
  }
  return block;
}
