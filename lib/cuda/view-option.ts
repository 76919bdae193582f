/** `as`: what the bytes that were read are shown as. */

import { describe } from '../guard/arguments.js';

/** `Float32Array`, `BigInt64Array`, `Buffer`, `DataView` … */
export interface ViewConstructor<T extends ArrayBufferView> {
  new (buffer: ArrayBuffer, byteOffset: number, length: number): T;
  readonly BYTES_PER_ELEMENT?: number;
}

/** How the bytes that were read are shown. @throws TypeError, RangeError */
export function viewOption(
  as: unknown,
  length: number,
): (bytes: Uint8Array<ArrayBuffer>) => ArrayBufferView {
  if (as === undefined) return (bytes) => bytes;
  if (as === Buffer) return ({ buffer }) => Buffer.from(buffer);
  const Constructor = as as ViewConstructor<ArrayBufferView>;
  const each = as === DataView ? 1 : typeof as === 'function' ? Constructor.BYTES_PER_ELEMENT : 0;
  if (each === undefined || ![1, 2, 4, 8].includes(each)) {
    throw new TypeError(
      `options.as must be the constructor of a typed array, Buffer or DataView; got ${describe(as)}`,
    );
  }
  if (length % each !== 0) {
    throw new RangeError(
      `options.as: ${String(length)} bytes are not whole elements of ${String(each)} bytes`,
    );
  }
  return ({ buffer }) => new Constructor(buffer, 0, length / each);
}
