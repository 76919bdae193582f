/**
 * The latch's shared memory: slots that hold a serialised exception each. Readers take no lock. A
 * slot is written once and stays until the latch is reset; whoever comes second leaves the first.
 */

import { HEADER_BYTES, latch, RESET_TIME_BYTE, SLOT_BYTES, SLOTS, Word } from './latch-state.js';

const SLOT_HEADER_BYTES = 16;
/** Longest text of a slot in bytes of UTF-8. */
export const SLOT_TEXT_BYTES = SLOT_BYTES - SLOT_HEADER_BYTES;

const Field = { state: 0, device: 1, length: 2 } as const;
const State = { open: 0, writing: 1, closed: 2 } as const;

/** Turns that a writer grants another one before it takes a slot whose writer was terminated. */
const PATIENCE = 10_000;

export const words = new Int32Array(latch.buffer, 0, HEADER_BYTES / 4);
const resetTime = new BigInt64Array(latch.buffer, RESET_TIME_BYTE, 1);

function fields(slot: number): Int32Array {
  return new Int32Array(latch.buffer, HEADER_BYTES + slot * SLOT_BYTES, SLOT_HEADER_BYTES / 4);
}

function text(slot: number): Buffer {
  const offset = HEADER_BYTES + slot * SLOT_BYTES + SLOT_HEADER_BYTES;
  return Buffer.from(latch.buffer, offset, SLOT_TEXT_BYTES);
}

function load(slot: number, field: number): number {
  return Atomics.load(fields(slot), field);
}

/** Counts every change: a reader that finds it unchanged has read one state. */
function generation(): number {
  return Atomics.load(words, Word.generation);
}

/** Counts the resets, so that threads know when what they remember is stale. */
export function resets(): number {
  return Atomics.load(words, Word.resets);
}

/** When this memory was last reset, by `process.hrtime`; 0: never. */
export function lastReset(): bigint {
  return Atomics.load(resetTime, 0);
}

/** Slot 0 for the process (`null`); for a device the slot that names it, else -1. */
export function slotOf(device: number | null): number {
  if (device === null) return load(0, Field.state) === State.closed ? 0 : -1;
  for (let slot = 1; slot < SLOTS; slot++) {
    if (load(slot, Field.state) === State.closed && load(slot, Field.device) === device)
      return slot;
  }
  return -1;
}

/** The text in a closed slot; `null` when it is open. */
export function readSlot(slot: number): string | null {
  let read: string | null = null;
  // Read again when a reset and another closing came in between; what is torn then is no JSON.
  for (let attempt = 0; attempt < 3; attempt++) {
    const before = generation();
    if (load(slot, Field.state) !== State.closed) return null;
    read = text(slot).toString('utf8', 0, Math.min(load(slot, Field.length), SLOT_TEXT_BYTES));
    if (generation() === before) break;
  }
  return read;
}

/**
 * Closes the slot of the process (`device` null) or of a device. Answers whether this call did it:
 * `false` when it was closed already, when 16 devices are, or when the text does not fit.
 */
export function writeSlot(device: number | null, content: string): boolean {
  if (slotOf(device) !== -1 || Buffer.byteLength(content) > SLOT_TEXT_BYTES) return false;
  const slot = claim(device);
  if (slot === -1) return false;
  const header = fields(slot);
  Atomics.store(header, Field.device, device ?? -1);
  Atomics.store(header, Field.length, text(slot).write(content, 'utf8'));
  Atomics.add(words, Word.generation, 1);
  Atomics.store(header, Field.state, State.closed);
  Atomics.or(words, Word.closed, 1 << slot);
  return true;
}

function claim(device: number | null): number {
  const last = device === null ? 0 : SLOTS - 1;
  for (let slot = device === null ? 0 : 1; slot <= last; slot++) {
    const header = fields(slot);
    for (let turn = 0; turn < PATIENCE; turn++) {
      const state = Atomics.compareExchange(header, Field.state, State.open, State.writing);
      if (state === State.open) return slot;
      if (state === State.closed) break;
    }
    // A thread that is terminated while it writes leaves its slot behind.
    if (Atomics.load(header, Field.state) === State.writing) return slot;
    if (slotOf(device) !== -1) return -1;
  }
  return -1;
}

/** Opens every slot, because of a reset at `at`. */
export function clearSlots(at: bigint): void {
  Atomics.store(resetTime, 0, at);
  Atomics.add(words, Word.resets, 1);
  Atomics.store(words, Word.closed, 0);
  for (let slot = 0; slot < SLOTS; slot++) Atomics.store(fields(slot), Field.state, State.open);
  Atomics.add(words, Word.generation, 1);
}

/** What is closed: device or `null` for the process, with its text. */
export function closedSlots(): { device: number | null; text: string }[] {
  const closed: { device: number | null; text: string }[] = [];
  for (let slot = 0; slot < SLOTS; slot++) {
    const content = readSlot(slot);
    if (content === null) continue;
    closed.push({ device: slot === 0 ? null : load(slot, Field.device), text: content });
  }
  return closed;
}
