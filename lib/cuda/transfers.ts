/** How bytes get to a device and back, by what kind of memory they are in. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NativeBinding } from '../native/binding.js';
import { bytesNow } from './host-bytes.js';
import type { HostBytes } from './host-bytes.js';
import { pinnedHandle } from './pinned.js';
import type { WorkQueue } from './work.js';

/** Device memory from `offset` on. */
export interface DevicePlace {
  readonly binding: NativeBinding;
  readonly handle: number;
  readonly offset: number;
}

/** Up to so much goes through pinned memory of the addon's, and the caller's is free at once. */
const STAGED = 2 ** 20;
/** What the event loop copies in one turn. */
const TURN = 2 * 2 ** 20;

const TO_DEVICE = 0;
const TO_HOST = 1;

export function writeBytes(place: DevicePlace, queue: WorkQueue, source: HostBytes): Promise<void> {
  const { binding, handle, offset } = place;
  if (source.kind === 'pinned') return copyPinned(place, queue, source, TO_DEVICE);
  if (source.byteLength <= STAGED) {
    const bytes = bytesNow(source, 0, source.byteLength);
    return queue.wait(binding.writeStaged(handle, offset, queue.handle, bytes));
  }
  return source.kind === 'shared'
    ? writeInPlace(place, queue, source)
    : writeInTurns(place, queue, source);
}

/** From memory that stays as it is until the promise settles. */
export function writeInPlace(
  { binding, handle, offset }: DevicePlace,
  queue: WorkQueue,
  source: HostBytes,
): Promise<void> {
  const bytes = bytesNow(source, 0, source.byteLength);
  return queue.wait(binding.writeGuest(handle, offset, queue.handle, bytes));
}

/** From memory that its owner may detach at any time: copied by the event loop, a bit in each turn. */
async function writeInTurns(
  { binding, handle, offset }: DevicePlace,
  queue: WorkQueue,
  source: HostBytes,
): Promise<void> {
  const { byteLength } = source;
  const ticket = binding.openFeed(handle, offset, queue.handle, byteLength);
  const done = queue.wait(ticket);
  done.catch(() => undefined); // it may fail before the last turn
  try {
    for (let at = 0; at < byteLength; at += TURN) {
      if (at > 0) await nextTurn();
      const length = Math.min(TURN, byteLength - at);
      binding.feed(queue.handle, ticket, bytesNow(source, at, length));
    }
  } catch (error) {
    binding.endFeed(queue.handle, ticket);
    await done.catch(() => undefined);
    throw error;
  }
  binding.endFeed(queue.handle, ticket);
  await done;
}

export function readBytes(
  { binding, handle, offset }: DevicePlace,
  queue: WorkQueue,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (length <= STAGED) {
    const ticket = binding.readStaged(handle, offset, queue.handle, length);
    return queue.wait(ticket, () => {
      const bytes = new Uint8Array(length);
      binding.takeRead(queue.handle, ticket, bytes);
      return bytes;
    });
  }
  // Nobody else has it before the promise settles.
  const bytes = new Uint8Array(length);
  const ticket = binding.readGuest(handle, offset, queue.handle, bytes);
  return queue.wait(ticket, () => bytes);
}

export async function readBytesInto(
  place: DevicePlace,
  queue: WorkQueue,
  target: HostBytes,
): Promise<void> {
  if (target.kind === 'pinned') return copyPinned(place, queue, target, TO_HOST);
  const { byteLength } = target;
  if (target.kind === 'shared') {
    const bytes = bytesNow(target, 0, byteLength);
    const { binding, handle, offset } = place;
    return queue.wait(binding.readGuest(handle, offset, queue.handle, bytes));
  }
  const bytes = await readBytes(place, queue, byteLength);
  for (let at = 0; at < byteLength; at += TURN) {
    if (at > 0) await nextTurn();
    const length = Math.min(TURN, byteLength - at);
    bytesNow(target, at, length).set(bytes.subarray(at, at + length));
  }
}

function copyPinned(
  { binding, handle, offset }: DevicePlace,
  queue: WorkQueue,
  { buffer, byteOffset, byteLength }: HostBytes,
  direction: typeof TO_DEVICE | typeof TO_HOST,
): Promise<void> {
  const pinned = pinnedHandle(buffer) ?? 0;
  const ticket = binding.copyPinned(
    handle, offset, queue.handle, pinned, byteOffset, byteLength, direction,
  ); // prettier-ignore
  return queue.wait(ticket);
}
