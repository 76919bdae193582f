/**
 * The fatal latch: once a failure has shown that this process (or one device) is beyond repair, guards
 * refuse. Three carriers, so that it holds on every thread:
 *
 * 1. memory shared by all threads that inherited it from the one that imported the package first;
 * 2. a message to threads that imported it on their own;
 * 3. the addon's process-wide memory, which outlives every thread and greets those that come later.
 */

import { isMainThread } from 'node:worker_threads';
import { GPUException } from '../exceptions/gpu.js';
import { deserializeException, serializeException } from '../exceptions/index.js';
import type { Serialized } from '../exceptions/index.js';
import type { GPUFailure } from '../failure/types.js';
import type { NativeBinding } from '../native/binding.js';
import { addon } from './addon.js';
import { hear, poll, tell } from './latch-channel.js';
import * as memory from './latch-memory.js';
import { latch } from './latch-state.js';
import { isAddonMapped } from './mapped.js';
import { checkDevice } from './arguments.js';

/** Longest text that the addon keeps. */
const NATIVE_TEXT_BYTES = 64 * 1024;

/** The first failure, as this thread knows it. */
interface First {
  /** Which reset it belongs after. */
  readonly resets: number;
  readonly exception: GPUException;
  /** A copy: the exception has left, and whoever caught it may change it. */
  readonly failure: GPUFailure | null;
}

/** By slot. The closing thread keeps its own object; others rebuild it once. */
const known = new Map<number, First>();
let armed = false;
let native: NativeBinding | null = null;

/** Joins this thread to the latch; once, at the first guarded call or question. */
export function arm(): void {
  if (armed) return;
  armed = true;
  latch.words = memory.words;
  hear(adopt, onReset);
  // The thread that closed the latch may have gone before this one came. It had loaded the addon, if
  // there is one; where the system does not tell, workers that inherited nothing look.
  if (isAddonMapped() ?? (!isMainThread && !latch.inherited)) loadNative();
}

/**
 * What closed the latch for guards that name `device` (`null`: for all guards), or `null` while they
 * may run. Its failure is the latch's own: not to be handed out.
 */
export function firstFatal(device: number | null): First | null {
  arm();
  if (latch.words[0] === 0) return null;
  return (
    fromSlot(memory.slotOf(null)) ?? (device === null ? null : fromSlot(memory.slotOf(device)))
  );
}

/**
 * Closes the latch, on all threads, for the process (`device` null) or for a device. The first
 * exception stays; later ones change nothing.
 */
export function closeLatch(exception: GPUException, device: number | null): void {
  arm();
  const text = bounded(exception);
  if (text === null || !memory.writeSlot(device, text)) return;
  known.set(memory.slotOf(device), firstOf(memory.resets(), exception));
  tell({ device, text }, process.hrtime.bigint());
  loadNative();
  writeNative();
}

/** See `latch-state.ts`. */
export function fatalState(device?: number): GPUFailure | null {
  if (device !== undefined) checkDevice(device, 'device');
  arm();
  poll();
  if (native !== null) readNative(native);
  return copyOf(firstFatal(device ?? null)?.failure ?? null);
}

/** See `resetFatalState` in `latch-state.ts`. */
export function reset(): void {
  arm();
  // Loaded first: on its way in the addon hands over what it has kept, which is to be cleared as well.
  if (isAddonMapped() !== false) loadNative();
  const now = process.hrtime.bigint();
  clear(now);
  tell(null, now);
  try {
    native?.writeLatch(null);
  } catch {
    // As in `writeNative`.
  }
}

/** A copy that may be changed by whoever gets it. */
export function copyOf(failure: GPUFailure | null): GPUFailure | null {
  if (failure === null) return null;
  return { ...failure, memory: failure.memory === null ? null : { ...failure.memory } };
}

/**
 * Brings together what this thread knows and what the addon has kept for the process. For
 * `lib/native/load.ts`, right after the addon was loaded on this thread. Never throws.
 */
export function joinNative(binding: NativeBinding): void {
  native = binding;
  arm();
  readNative(binding);
  if (latch.words[0] !== 0) writeNative();
}

function firstOf(resets: number, exception: GPUException): First {
  return { resets, exception, failure: copyOf(exception.failure) };
}

function fromSlot(slot: number): First | null {
  if (slot === -1) return null;
  const first = known.get(slot);
  const resets = memory.resets();
  if (first?.resets === resets) return first;
  const text = memory.readSlot(slot);
  if (text === null) return null;
  const rebuilt = firstOf(resets, rebuild(text));
  known.set(slot, rebuilt);
  return rebuilt;
}

function rebuild(text: string): GPUException {
  try {
    const rebuilt: unknown = deserializeException(JSON.parse(text) as Serialized);
    if (rebuilt instanceof GPUException) return rebuilt;
  } catch {
    // Written by a later version of the package.
  }
  return new GPUException();
}

/** The exception as text that fits: whole, else without its cause, else by its failure alone. */
function bounded(exception: GPUException): string | null {
  const { message, statusCode, failure } = exception;
  const candidates = [
    () => exception,
    () => withoutCause(exception),
    () => new GPUException('GPU error', statusCode, { failure }),
    () => new GPUException(message.slice(0, 256), statusCode),
  ];
  for (const candidate of candidates) {
    try {
      const text = JSON.stringify(serializeException(candidate()));
      if (Buffer.byteLength(text) <= memory.SLOT_TEXT_BYTES) return text;
    } catch {
      // The next one is simpler.
    }
  }
  return null;
}

function withoutCause(exception: GPUException): GPUException {
  const { message, statusCode, failure } = exception;
  const shorter = new GPUException(message.slice(0, 1024), statusCode, { failure });
  Object.defineProperty(shorter, 'stack', { value: exception.stack?.slice(0, 4096) });
  return shorter;
}

/** What another thread, or the addon, knows to be closed. News from before the last reset is old. */
function adopt(device: number | null, text: string, at: bigint | null): void {
  if (at === null || at > memory.lastReset()) memory.writeSlot(device, text);
}

/** A reset that reached this memory already, by another thread that shares it, is not done again. */
function onReset(at: bigint): void {
  if (at > memory.lastReset()) clear(at);
}

function clear(at: bigint): void {
  latch.streak = 0;
  known.clear();
  memory.clearSlots(at);
}

function loadNative(): void {
  if (native !== null) return;
  // Loading it calls joinNative; where it was loaded before this file was, it is read here.
  native = addon();
  if (native !== null) readNative(native);
}

function readNative(binding: NativeBinding): void {
  try {
    const text = binding.readLatch();
    const entries: unknown = text === null ? null : JSON.parse(text);
    if (!Array.isArray(entries)) return;
    for (const entry of entries as unknown[]) {
      const { device, text: content } = (entry ?? {}) as { device?: unknown; text?: unknown };
      if (typeof content !== 'string') continue;
      if (device === null || typeof device === 'number') adopt(device, content, null);
    }
  } catch {
    // Another version's format: this thread goes by what it knows itself.
  }
}

function writeNative(): void {
  if (native === null) return;
  try {
    const closed = memory.closedSlots();
    let text = JSON.stringify(closed);
    // The process's own entry comes first and is the one to keep.
    while (Buffer.byteLength(text) > NATIVE_TEXT_BYTES) {
      closed.pop();
      text = JSON.stringify(closed);
    }
    native.writeLatch(closed.length === 0 ? null : text);
  } catch {
    // The addon is only the third carrier.
  }
}
