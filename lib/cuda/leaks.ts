/** Things that were forgotten: given back when they are collected, with one process warning. */

import type { NativeBinding } from '../native/binding.js';
import { loadBinding } from '../native/load.js';

export interface Held {
  handle: number;
  /** How it is given back. */
  release: (binding: NativeBinding, handle: number) => void;
  /** E.g. `A DeviceBuffer of 4096 bytes on device 0`. */
  describe: () => string;
  /** Where it was made; kept on request only, because a stack costs more than all the rest. */
  stack?: string | undefined;
}

let warned = false;

const registry = new FinalizationRegistry<Held>(({ handle, release, describe, stack }) => {
  try {
    release(loadBinding(), handle);
  } catch {
    // The failure was published when it was made; there is no caller to tell.
  }
  // With stacks each one is worth its line: somebody is looking for them.
  if (warned && stack === undefined) return;
  warned = true;
  process.emitWarning(
    `${describe()} was never freed; it was given back when the object was collected. Call ` +
      `free() or dispose(), or use \`using\`.${stack === undefined ? '' : `\nIt was made here:\n${stack}`}`,
    { type: 'GPUMemoryWarning', code: 'GPU_EXCEPTIONS_LEAKED_BUFFER' },
  );
});

/** Whether the environment asks for the stack of whatever is made, so that a leak can be found. */
const KEEP_STACKS = 'GPU_EXCEPTIONS_KEEP_STACKS';

export function watchForLeak(thing: object, held: Held): void {
  if (process.env[KEEP_STACKS] === '1') held.stack = stackOf(thing);
  registry.register(thing, held, thing);
}

export function forgetLeak(thing: object): void {
  registry.unregister(thing);
}

function stackOf(thing: object): string {
  const place: { stack?: string } = {};
  Error.captureStackTrace(place, thing.constructor);
  return (place.stack ?? '').split('\n').slice(1).join('\n');
}
