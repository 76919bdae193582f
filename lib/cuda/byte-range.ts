/** Which bytes of a DeviceBuffer a call means. */

import { checkInteger } from '../guard/arguments.js';

interface Sized {
  readonly byteLength: number;
}

/**
 * An offset, 0 when absent, behind which there is room for `length` bytes of what is called `what`.
 *
 * @throws {TypeError | RangeError} naming `argument`, or `what`.
 */
export function checkOffset(
  { byteLength }: Sized,
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
 * Offset and length; when absent, 0 and all that follows.
 *
 * @throws {TypeError | RangeError} naming `argument`, or `options.byteLength`.
 */
export function checkRange(
  buffer: Sized,
  offset: unknown,
  byteLength: unknown,
  argument = 'options.offset',
): [number, number] {
  const from = offset === undefined ? 0 : checkInteger(offset, argument, 0, buffer.byteLength);
  const room = buffer.byteLength - from;
  if (byteLength === undefined) return [from, room];
  return [from, checkInteger(byteLength, 'options.byteLength', 0, room)];
}
