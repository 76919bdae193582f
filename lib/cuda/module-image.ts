/** What a device can load, as callers give it. */

import { types } from 'node:util';
import { describe, readAs } from '../guard/arguments.js';
import type { CompiledProgram } from './compile.js';
import { elfEnd, fatBinaryEnd } from './image-length.js';
import { bytesOfView } from './view-parts.js';

/** What a device can load: PTX text, a cubin or a fat binary, or what `compile()` answered. */
export type ModuleImage =
  string | Uint8Array | ArrayBuffer | Pick<CompiledProgram, 'image' | 'ptx'>;

interface Image {
  /** A copy that nobody else has. */
  bytes: Uint8Array;
  /** What tells the kinds of parameters; `null`: nothing does. */
  ptx: string | null;
}

/** @throws {TypeError} naming `image`, or what is wrong in it. */
export function readImage(image: unknown): Image {
  const read = readBytes(image, 'image');
  if (read !== null) return read;
  if (typeof image === 'object' && image !== null) {
    const { image: inner, ptx } = readProgram(image);
    const program = inner === undefined ? null : readBytes(inner, 'image.image');
    if (program !== null) return typeof ptx === 'string' ? { ...program, ptx } : program;
    if (inner !== undefined) throw noImage(inner, 'image.image');
  }
  throw noImage(image, 'image');
}

function readProgram(program: object): { image?: unknown; ptx?: unknown } {
  return readAs(program, 'image', () => {
    const { image, ptx } = program as { image?: unknown; ptx?: unknown };
    return { image, ptx };
  });
}

/** `null`: it is neither text nor memory. */
function readBytes(image: unknown, argument: string): Image | null {
  if (typeof image === 'string') {
    if (image.includes('\0')) throw new TypeError(`${argument} is text with a NUL character in it`);
    return whole(Buffer.from(image), argument);
  }
  if (types.isUint8Array(image) || types.isArrayBuffer(image)) {
    return whole(copyOf(image, argument), argument);
  }
  return null;
}

/** Shared memory could change under the driver's eyes. */
function copyOf(memory: Uint8Array | ArrayBuffer, argument: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = types.isUint8Array(memory) ? bytesOfView(memory) : new Uint8Array(memory);
  } catch (cause) {
    throw new TypeError(`${argument} is detached`, { cause });
  }
  return new Uint8Array(bytes);
}

function noImage(given: unknown, argument: string): TypeError {
  return new TypeError(
    `${argument} must be PTX text, a Uint8Array, an ArrayBuffer or what compile() answered; got ${describe(given)}`,
  );
}

const ELF = 0x464c457f;
const FAT_BINARY = 0xba55ed50;

/** @throws {TypeError} it was cut off, or is no image at all. */
function whole(bytes: Uint8Array, argument: string): Image {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = bytes.length >= 4 ? view.getUint32(0, true) : 0;
  if (magic === ELF || magic === FAT_BINARY) {
    const end = magic === ELF ? elfEnd(view) : fatBinaryEnd(view);
    if (end === null) throw neither(argument);
    if (end <= bytes.length) return { bytes, ptx: null };
    throw new TypeError(`${argument} was cut off: it has ${String(bytes.length)} bytes`);
  }
  const ptx = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('utf8')
    .replace(/\0+$/, '');
  if (!ptx.includes('.version') || !ptx.includes('.target') || ptx.includes('\0')) {
    throw neither(argument);
  }
  return { bytes: Buffer.from(ptx), ptx };
}

function neither(argument: string): TypeError {
  return new TypeError(`${argument} is neither PTX, nor a cubin, nor a fat binary`);
}
