/** Modules: code that a device has loaded. */

import { describe } from '../guard/arguments.js';
import { loadBinding } from '../native/load.js';
import { checkOptions, deviceOption } from './arguments.js';
import { newKernel } from './kernel.js';
import type { Kernel, KernelHome } from './kernel.js';
import { limitsOf } from './launch-limits.js';
import { LeakWatch } from './leaks.js';
import { readImage } from './module-image.js';
import type { ModuleImage } from './module-image.js';
import { checkReceivers } from './receiver.js';
import { ptxParameters } from './ptx-parameters.js';
import type { KernelParameter } from './ptx-parameters.js';

export interface LoadModuleOptions {
  /** CUDA ordinal, an integer from 0 to 2147483647. Default 0. */
  device?: number;
}

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

  static {
    checkReceivers(this, (value) => typeof value === 'object' && value !== null && #home in value);
  }

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
  const handle = binding.loadModule(bytes, device);
  try {
    return new Module(MADE_BY_LOAD, handle, device, ptx);
  } catch (error) {
    leaks.abandon(handle);
    throw error;
  }
}
