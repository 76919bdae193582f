/** Which bytes of a DeviceBuffer a call means. */

import { checkInteger } from '../guard/arguments.js';

/**
 * An offset in a buffer of `byteLength` bytes, 0 when absent, behind which there is room for `length`
 * bytes of what is called `what`.
 *
 * @throws {TypeError | RangeError} naming `argument`, or `what`.
 */
export function checkOffset(
  byteLength: number,
  offset: unknown,
  argument: string,
  length: number,
  what: string,
): number {
  const from = offset === undefined ? 0 : checkInteger(offset, argument, 0, byteLength);
  const room = byteLength - from;
  if (length <= room) return from;
  throw new RangeError(
    `${what} has ${String(length)} bytes, but the DeviceBuffer has only ${String(room)} from ${argument} on`,
  );
}

/**
 * Offset and length in a buffer of `size` bytes; when absent, 0 and all that follows.
 *
 * @throws {TypeError | RangeError} naming `argument`, or `options.byteLength`.
 */
export function checkRange(
  size: number,
  offset: unknown,
  byteLength: unknown,
  argument = 'options.offset',
): [number, number] {
  const from = offset === undefined ? 0 : checkInteger(offset, argument, 0, size);
  const room = size - from;
  if (byteLength === undefined) return [from, room];
  return [from, checkInteger(byteLength, 'options.byteLength', 0, room)];
}
