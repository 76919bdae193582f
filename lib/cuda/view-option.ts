/** `as`: what the bytes that were read are shown as. */

import { describe, readAs } from '../guard/arguments.js';

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
  if (!makesViews(as)) throw noConstructor(as);
  const Constructor = as;
  const each = readAs(as, 'options.as', () =>
    as === (DataView as unknown) ? 1 : Constructor.BYTES_PER_ELEMENT,
  );
  if (each === undefined || ![1, 2, 4, 8].includes(each)) throw noConstructor(as);
  if (length % each !== 0) {
    throw new RangeError(
      `options.as: ${String(length)} bytes are not whole elements of ${String(each)} bytes`,
    );
  }
  return ({ buffer }) => new Constructor(buffer, 0, length / each);
}

/** Tried with no bytes: those of another realm are views, too, and what only looks like one is not. */
function makesViews(as: unknown): as is ViewConstructor<ArrayBufferView> {
  if (typeof as !== 'function') return false;
  try {
    return ArrayBuffer.isView(Reflect.construct(as, [new ArrayBuffer(0), 0, 0]));
  } catch {
    return false;
  }
}

function noConstructor(as: unknown): TypeError {
  return new TypeError(
    `options.as must be the constructor of a typed array, Buffer or DataView; got ${describe(as)}`,
  );
}
