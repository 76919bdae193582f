/** Things that were forgotten: given back when they are collected, with one process warning. */

import type { NativeBinding } from '../native/binding.js';
import { loadBinding } from '../native/load.js';

interface Kind {
  /** E.g. `A DeviceBuffer of 4096 bytes on device 0`, by its handle. */
  describe: (binding: NativeBinding, handle: number) => string;
  release: (binding: NativeBinding, handle: number) => void;
}

/** With stacks, which are kept on request only: one costs more than all the rest. */
interface Traced {
  handle: number;
  stack: string;
}

let warned = false;

/** Those of one kind. What is held for each is its handle and nothing else: there may be many. */
export class LeakWatch {
  readonly #kind: Kind;
  readonly #registry: FinalizationRegistry<number | Traced>;

  constructor(kind: Kind) {
    this.#kind = kind;
    this.#registry = new FinalizationRegistry((held) => {
      if (typeof held === 'number') this.#giveBack(held);
      else this.#giveBack(held.handle, held.stack);
    });
  }

  add(thing: object, handle: number): void {
    const held = keepsStacks() ? { handle, stack: stackOf(thing) } : handle;
    this.#registry.register(thing, held, thing);
  }

  remove(thing: object): void {
    this.#registry.unregister(thing);
  }

  /**
   * Gives back a handle that is new, where the thing that was to have it could not be made. One that
   * was added is given back when it is collected, so `add` comes last in making a thing.
   */
  abandon(handle: number): void {
    try {
      this.#kind.release(loadBinding(), handle);
    } catch {
      // What the thing could not be made for is what the caller is told.
    }
  }

  #giveBack(handle: number, stack?: string): void {
    let text = 'A thing of the GPU';
    try {
      const binding = loadBinding();
      text = this.#kind.describe(binding, handle);
      this.#kind.release(binding, handle);
    } catch {
      // The failure was published when it was made; there is no caller to tell.
    }
    // With stacks each one is worth its line: somebody is looking for them.
    if (warned && stack === undefined) return;
    warned = true;
    process.emitWarning(
      `${text} was never freed; it was given back when the object was collected. Call free() or ` +
        `dispose(), or use \`using\`.${stack ? `\nIt was made here:\n${stack}` : ''}`,
      { type: 'GPUMemoryWarning', code: 'GPU_EXCEPTIONS_LEAKED_BUFFER' },
    );
  }
}

let stacks: boolean | undefined;

/** `GPU_EXCEPTIONS_KEEP_STACKS=1`, read once: the environment is slow to ask. */
function keepsStacks(): boolean {
  return (stacks ??= process.env['GPU_EXCEPTIONS_KEEP_STACKS'] === '1');
}

/** '' where it is no text: the program may have an `Error.prepareStackTrace` of its own. */
function stackOf(thing: object): string {
  const place: { stack?: unknown } = {};
  try {
    Error.captureStackTrace(place, thing.constructor);
    const { stack } = place;
    return typeof stack === 'string' ? stack.split('\n').slice(1).join('\n') : '';
  } catch {
    return '';
  }
}
