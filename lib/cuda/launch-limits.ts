/** What a device allows a launch to be, asked once for each module. */

import { checkInteger, describe, unreadable } from '../guard/arguments.js';
import { loadBinding } from '../native/load.js';
import { BLOCK, GRID } from './launch-area.js';
import type { Extent, LaunchArea, Triple } from './launch-area.js';

/** More than any can be where the driver does not tell: then it is left to the driver. */
export interface LaunchLimits {
  readonly grid: Triple;
  readonly block: Triple;
  readonly threadsPerBlock: number;
  /** `NaN` where the driver does not tell. */
  readonly threadsPerMultiprocessor: number;
  /** For each block, at most; more than the 48 KiB that need no asking. */
  readonly sharedBytes: number;
}

/** Numbers of `CUdevice_attribute`. */
const THREADS_PER_BLOCK = 1;
const MAX_BLOCK_X = 2;
const MAX_GRID_X = 5;
const SHARED_BYTES = 8;
const THREADS_PER_MULTIPROCESSOR = 39;
const SHARED_BYTES_OPT_IN = 97;

const UNLIMITED = 2 ** 31 - 1;

/** @throws {GPUException} no such device. */
export function limitsOf(device: number): LaunchLimits {
  const binding = loadBinding();
  const ask = (attribute: number): number => binding.deviceAttribute(device, attribute);
  const most = (attribute: number): number => {
    const told = ask(attribute);
    return Number.isNaN(told) ? UNLIMITED : told;
  };
  const three = (first: number): Triple => [most(first), most(first + 1), most(first + 2)];
  const optIn = ask(SHARED_BYTES_OPT_IN);
  return {
    grid: three(MAX_GRID_X),
    block: three(MAX_BLOCK_X),
    threadsPerBlock: most(THREADS_PER_BLOCK),
    threadsPerMultiprocessor: ask(THREADS_PER_MULTIPROCESSOR),
    sharedBytes: optIn > 0 ? optIn : most(SHARED_BYTES),
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

// What is wanted is written into the launch's area, since an array for it would be made at each launch.
/** Answers how many there are in all. */
function writeExtent(
  value: unknown,
  names: Names,
  most: Triple,
  area: LaunchArea,
  which: Extent,
): number {
  if (typeof value !== 'number') return writeExtents(value, names, most, area, which);
  checkInteger(value, names.whole, 1, most[0]);
  area.extent(which, value, 1, 1);
  return value;
}

function writeExtents(
  value: unknown,
  { whole, axes }: Names,
  most: Triple,
  area: LaunchArea,
  which: Extent,
): number {
  let given: boolean;
  let givenX: unknown;
  let givenY: unknown;
  let givenZ: unknown;
  try {
    given = Array.isArray(value) && value.length >= 1 && value.length <= 3;
    if (given) [givenX, givenY = 1, givenZ = 1] = value as unknown[];
  } catch (cause) {
    throw unreadable(value, whole, cause);
  }
  if (!given) {
    throw new TypeError(
      `${whole} must be a number or an array of one to three; got ${describe(value)}`,
    );
  }
  const x = checkInteger(givenX, axes[0], 1, most[0]);
  const y = checkInteger(givenY, axes[1], 1, most[1]);
  const z = checkInteger(givenZ, axes[2], 1, most[2]);
  area.extent(which, x, y, z);
  return x * y * z;
}

/** @throws TypeError, RangeError */
export function writeGrid(value: unknown, { grid }: LaunchLimits, area: LaunchArea): void {
  writeExtent(value, GRID_NAMES, grid, area, GRID);
}

/** `most`: what the kernel can have. Answers the threads of a block. @throws TypeError, RangeError */
export function writeBlock(
  value: unknown,
  { block }: LaunchLimits,
  most: number,
  area: LaunchArea,
): number {
  const threads = writeExtent(value, BLOCK_NAMES, block, area, BLOCK);
  if (threads > most) throw tooMany(threads, most);
  return threads;
}

function tooMany(threads: number, most: number): RangeError {
  return new RangeError(
    `options.block has ${String(threads)} threads; this kernel can have ${String(most)} on this device`,
  );
}
