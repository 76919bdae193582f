/** Modules: code that a device has loaded. */

import { types } from 'node:util';
import { describe } from '../guard/arguments.js';
import { loadBinding } from '../native/load.js';
import { checkOptions, deviceOption } from './arguments.js';
import type { CompiledProgram } from './compile.js';
import { newKernel } from './kernel.js';
import type { Kernel, KernelHome } from './kernel.js';
import { limitsOf } from './launch-limits.js';
import { LeakWatch } from './leaks.js';
import { ptxParameters } from './ptx-parameters.js';
import type { KernelParameter } from './ptx-parameters.js';

export interface LoadModuleOptions {
  /** CUDA ordinal, an integer from 0 to 2147483647. Default 0. */
  device?: number;
}

/** What a device can load: PTX text, a cubin or a fat binary, or what `compile()` answered. */
export type ModuleImage =
  string | Uint8Array | ArrayBuffer | Pick<CompiledProgram, 'image' | 'ptx'>;

const MADE_BY_LOAD = Symbol('made by loadModule()');

const leaks = new LeakWatch({
  describe: () => 'A Module',
  release: (binding, module) => {
    binding.unloadModule(module);
  },
});

/**
 * Code on one device, as {@link loadModule} answers it. Give it back with {@link unload} or `using`;
 * one that is merely forgotten, with its kernels, is unloaded when it is collected. It belongs to the
 * thread that made it.
 */
export class Module {
  /** CUDA ordinal. */
  readonly device: number;
  /** 0 once it was unloaded. */
  #handle: number;
  readonly #ptx: string | null;
  readonly #home: KernelHome;
  readonly #kernels = new Map<string, Kernel>();

  /** @internal */
  constructor(token: unknown, handle: number, device: number, ptx: string | null) {
    if (token !== MADE_BY_LOAD) {
      throw new TypeError('Module cannot be constructed; call loadModule(image, { device })');
    }
    this.#handle = handle;
    this.device = device;
    this.#ptx = ptx;
    // A kernel holds its module, so that it is not collected before.
    this.#home = { device, isLoaded: () => this.#handle !== 0, limits: limitsOf(device) };
    leaks.add(this, handle);
  }

  get unloaded(): boolean {
    return this.#handle === 0;
  }

  /**
   * A kernel by its name in the image (`cuModuleGetFunction`): the plain name of an `extern "C"` one,
   * else the mangled one, which `compile()` tells in `loweredNames`. The same object at every call.
   *
   * @throws {TypeError} no name, or the module was unloaded.
   * @throws {GPUException} the image has no such kernel (`CUDA_ERROR_NOT_FOUND`).
   */
  kernel(name: string): Kernel {
    const module = this.#live('kernel()');
    const known = this.#kernels.get(name);
    if (known !== undefined) return known;
    if (typeof name !== 'string' || name === '' || name.includes('\0')) {
      throw new TypeError(
        `name must be a string, not empty and without NUL characters; got ${describe(name)}`,
      );
    }
    const binding = loadBinding();
    const handle = binding.findKernel(module, name);
    const told = binding.kernelParameters(handle);
    const parameters = merge(told, this.#ptx === null ? null : ptxParameters(this.#ptx, name));
    const kernel = newKernel(name, handle, { parameters, told: told !== null }, this.#home);
    this.#kernels.set(name, kernel);
    return kernel;
  }

  /**
   * Gives the code back (`cuModuleUnload`) behind what was launched before; nobody waits for it. Its
   * kernels are void from now on. A refusal is published on the diagnostics channel.
   *
   * @throws {TypeError} it was unloaded before.
   */
  unload(): void {
    const handle = this.#live('unload()');
    this.#handle = 0;
    leaks.remove(this);
    this.#kernels.clear();
    loadBinding().unloadModule(handle);
  }

  /** For `using`: unloads it unless it was unloaded before. */
  [Symbol.dispose](): void {
    if (this.#handle !== 0) this.unload();
  }

  #live(what: string): number {
    if (this.#handle !== 0) return this.#handle;
    throw new TypeError(`${what}: this Module was unloaded before`);
  }
}

/** Sizes by the driver, kinds by the PTX; what they tell must agree. Frozen: launches go by it. */
function merge(
  told: number[] | null,
  read: KernelParameter[] | null,
): readonly KernelParameter[] | null {
  if (told === null)
    return read === null ? null : Object.freeze(read.map((parameter) => Object.freeze(parameter)));
  return Object.freeze(
    Array.from({ length: told.length / 2 }, (_, i) => {
      const [offset = 0, size = 0] = [told[2 * i], told[2 * i + 1]];
      const same = read?.[i];
      return Object.freeze({ offset, size, kind: same?.size === size ? same.kind : null });
    }),
  );
}

/**
 * Loads code onto a device (`cuModuleLoadDataEx`; CUDA Driver API, "Module Management"), into the
 * primary context, which the runtime uses as well and which is made if there is none. Blocks the
 * calling thread as long as the driver does: PTX is translated, which may take seconds the first time
 * (the driver keeps a cache of its own). Not verified on hardware.
 *
 * @param image PTX as a string or as bytes, a cubin, a fat binary, or the answer of `compile()`. Copied.
 * @throws {TypeError | RangeError} a wrong argument, or an image that is none of these.
 * @throws {GPUException} the driver refuses it: broken PTX, code for another architecture, a driver
 * that is too old, no memory. The translator's words are in the cause.
 */
export function loadModule(image: ModuleImage, options: LoadModuleOptions = {}): Module {
  const { bytes, ptx } = readImage(image);
  const { device: given } = checkOptions(options, ['device']);
  const device = deviceOption(given);
  const binding = loadBinding();
  return new Module(MADE_BY_LOAD, binding.loadModule(bytes, device), device, ptx);
}

interface Image {
  bytes: Uint8Array;
  ptx: string | null;
}

function readImage(image: unknown, argument = 'image'): Image {
  if (typeof image === 'string') {
    if (image.includes('\0')) throw new TypeError(`${argument} is text with a NUL character in it`);
    return whole(Buffer.from(image), argument);
  }
  if (types.isUint8Array(image)) {
    // Shared memory could change under the driver's eyes.
    return whole(Uint8Array.from(image), argument);
  }
  if (types.isArrayBuffer(image)) return whole(new Uint8Array(image.slice(0)), argument);
  if (typeof image === 'object' && image !== null && argument === 'image' && 'image' in image) {
    const read = readImage(image.image, 'image.image');
    const { ptx } = image as { ptx?: unknown };
    return { bytes: read.bytes, ptx: typeof ptx === 'string' ? ptx : read.ptx };
  }
  throw new TypeError(
    `${argument} must be PTX text, a Uint8Array, an ArrayBuffer or what compile() answered; got ${describe(image)}`,
  );
}

const ELF = 0x464c457f;
const FAT_BINARY = 0xba55ed50;
const ELF_HEADER = 64;

/** The driver reads as far as the image says that it goes: one that was cut off would be read beyond. */
function whole(bytes: Uint8Array, argument: string): Image {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = bytes.length >= 4 ? view.getUint32(0, true) : 0;
  const cut = new TypeError(`${argument} was cut off: it has ${String(bytes.length)} bytes`);
  if (magic === ELF) {
    if (bytes.length < ELF_HEADER) throw cut;
    const end =
      Number(view.getBigUint64(40, true)) + view.getUint16(58, true) * view.getUint16(60, true);
    if (end > bytes.length) throw cut;
    return { bytes, ptx: null };
  }
  if (magic === FAT_BINARY) {
    if (bytes.length < 16) throw cut;
    if (Number(view.getBigUint64(8, true)) + view.getUint16(6, true) > bytes.length) throw cut;
    return { bytes, ptx: null };
  }
  const ptx = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('utf8')
    .replace(/\0+$/, '');
  if (!ptx.includes('.version') || !ptx.includes('.target') || ptx.includes('\0')) {
    throw new TypeError(`${argument} is neither PTX, nor a cubin, nor a fat binary`);
  }
  return { bytes: Buffer.from(ptx), ptx };
}
