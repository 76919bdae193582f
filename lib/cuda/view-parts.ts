/**
 * Where memory of JavaScript's lies, by its own word: properties that somebody has defined on a view, or
 * in a class of views, say nothing about it.
 */

import { types } from 'node:util';

function getter<T>(prototype: object, name: string): (of: object) => T | undefined {
  const property = Object.getOwnPropertyDescriptor(prototype, name) as
    { get?(this: object): T } | undefined;
  return (of) => property?.get?.call(of);
}

const TypedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;

const ofTypedArray = {
  buffer: getter<ArrayBufferLike>(TypedArray, 'buffer'),
  byteOffset: getter<number>(TypedArray, 'byteOffset'),
  byteLength: getter<number>(TypedArray, 'byteLength'),
};
const ofDataView = {
  buffer: getter<ArrayBufferLike>(DataView.prototype, 'buffer'),
  byteOffset: getter<number>(DataView.prototype, 'byteOffset'),
  byteLength: getter<number>(DataView.prototype, 'byteLength'),
};
const ofArrayBuffer = {
  byteLength: getter<number>(ArrayBuffer.prototype, 'byteLength'),
  resizable: getter<boolean>(ArrayBuffer.prototype, 'resizable'),
};
const ofSharedArrayBuffer = {
  byteLength: getter<number>(SharedArrayBuffer.prototype, 'byteLength'),
  resizable: getter<boolean>(SharedArrayBuffer.prototype, 'growable'),
};

const ofView = (view: ArrayBufferView): typeof ofTypedArray =>
  types.isDataView(view) ? ofDataView : ofTypedArray;
const ofBuffer = (buffer: ArrayBufferLike): typeof ofArrayBuffer =>
  types.isSharedArrayBuffer(buffer) ? ofSharedArrayBuffer : ofArrayBuffer;

export function bufferOf(view: ArrayBufferView): ArrayBufferLike {
  return ofView(view).buffer(view) as ArrayBufferLike;
}

/** In bytes; 0 once it is detached. @throws {TypeError} a `DataView` that is detached, or out of bounds. */
export function byteOffsetOf(view: ArrayBufferView): number {
  return ofView(view).byteOffset(view) ?? 0;
}

/** In bytes; 0 once it is detached. @throws {TypeError} as {@link byteOffsetOf}. */
export function byteLengthOf(memory: ArrayBufferView | ArrayBufferLike): number {
  const of = ArrayBuffer.isView(memory) ? ofView(memory) : ofBuffer(memory);
  return of.byteLength(memory) ?? 0;
}

/** Whether its length may change. */
export function isResizable(buffer: ArrayBufferLike): boolean {
  return ofBuffer(buffer).resizable(buffer) ?? false;
}

/** The bytes of a view as they are now. @throws {TypeError} it is detached, or out of bounds. */
export function bytesOfView(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(bufferOf(view), byteOffsetOf(view), byteLengthOf(view));
}
