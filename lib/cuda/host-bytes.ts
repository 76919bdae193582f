/** Memory of JavaScript's that takes part in a copy: any view, ArrayBuffer or SharedArrayBuffer. */

import { types } from 'node:util';
import { describe } from '../guard/arguments.js';
import { pinnedHandle } from './pinned.js';
import { bufferOf, byteLengthOf, byteOffsetOf, isResizable } from './view-parts.js';

/** Any `ArrayBuffer`, `SharedArrayBuffer`, typed array, `Buffer` or `DataView` of fixed length. */
export type HostMemory = ArrayBufferLike | ArrayBufferView;

export interface HostBytes {
  /** The name that errors give it. */
  readonly argument: string;
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly byteLength: number;
  /** How its memory lasts: for good, by a hold of the addon's, or not at all. */
  readonly kind: 'shared' | 'pinned' | 'plain';
}

/** @throws TypeError naming `argument`: no such memory, detached, or of changing length. */
export function hostBytes(value: unknown, argument: string): HostBytes {
  const view = ArrayBuffer.isView(value);
  if (!view && !types.isAnyArrayBuffer(value)) {
    throw new TypeError(
      `${argument} must be an ArrayBuffer, a SharedArrayBuffer, a typed array, a Buffer or a DataView; got ${describe(value)}`,
    );
  }
  const buffer = view ? bufferOf(value) : value;
  if (isResizable(buffer)) {
    throw new TypeError(`${argument} is resizable memory; a copy needs memory of fixed length`);
  }
  const shared = types.isSharedArrayBuffer(buffer);
  if (!shared && isDetached(buffer)) throw new TypeError(`${argument} is detached`);
  return {
    argument,
    buffer,
    byteOffset: view ? byteOffsetOf(value) : 0,
    byteLength: byteLengthOf(value),
    kind: shared ? 'shared' : pinnedHandle(buffer) === undefined ? 'plain' : 'pinned',
  };
}

function isDetached(buffer: ArrayBufferLike): boolean {
  if (byteLengthOf(buffer) !== 0) return false; // 0 is also an empty one's
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

/**
 * The bytes from `start` on as they are now.
 *
 * @throws {TypeError} naming the argument: they were detached, or cut short, since they were checked.
 */
export function bytesNow(bytes: HostBytes, start: number, length: number): Uint8Array {
  try {
    return new Uint8Array(bytes.buffer, bytes.byteOffset + start, length);
  } catch (error) {
    throw new TypeError(`${bytes.argument} was detached while it was being copied`, {
      cause: error,
    });
  }
}

/**
 * The same bytes in an ArrayBuffer that nobody else has; the caller's is detached.
 *
 * @throws {TypeError} naming the argument: it cannot be transferred.
 */
export function takeOver(bytes: HostBytes): HostBytes {
  const { argument, buffer } = bytes;
  if (bytes.kind !== 'plain') {
    throw new TypeError(`options.transfer: ${argument} is ${bytes.kind} memory, which stays`);
  }
  let cause: unknown;
  try {
    const moved = structuredClone(buffer as ArrayBuffer, { transfer: [buffer as ArrayBuffer] });
    // Node before 21 copies what may not be transferred, and says nothing.
    if (isDetached(buffer)) return { ...bytes, buffer: moved };
  } catch (error) {
    cause = error;
  }
  throw new TypeError(
    `options.transfer: ${argument} cannot be transferred; a small Buffer, for one, shares its memory with others`,
    { cause },
  );
}
