/** What a device allows a launch to be, asked once for each module. */

import { describe } from '../guard/arguments.js';
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

const AXES = ['x', 'y', 'z'] as const;

function triple(value: unknown, argument: string, most: Triple): Triple {
  if (typeof value === 'number') {
    check(value, argument, most[0]);
    return [value, 1, 1];
  }
  if (!Array.isArray(value) || value.length < 1 || value.length > 3) {
    throw new TypeError(
      `${argument} must be a number or an array of one to three; got ${describe(value)}`,
    );
  }
  const [x, y = 1, z = 1] = value as unknown[];
  const given = [x, y, z];
  for (let axis = 0; axis < 3; ++axis) {
    check(given[axis], `${argument}.${AXES[axis] as string}`, most[axis] as number);
  }
  return given as unknown as Triple;
}

function check(value: unknown, argument: string, most: number): void {
  const limit = Number.isNaN(most) ? 2 ** 31 - 1 : most;
  const allowed = `must be an integer from 1 to ${String(limit)}`;
  if (typeof value !== 'number') {
    throw new TypeError(`${argument} ${allowed}; got ${describe(value)}`);
  }
  if (!Number.isInteger(value) || value < 1 || value > limit) {
    throw new RangeError(`${argument} ${allowed}; got ${describe(value)}`);
  }
}

/** @throws TypeError, RangeError */
export function checkGrid(value: unknown, { grid }: LaunchLimits): Triple {
  return triple(value, 'options.grid', grid);
}

/** `most`: what the kernel can have. @throws TypeError, RangeError */
export function checkBlock(value: unknown, limits: LaunchLimits, most: number): Triple {
  const block = triple(value, 'options.block', limits.block);
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
