/** How threads that do not share the latch's memory tell each other that it closed or was reset. */

import { BroadcastChannel, receiveMessageOnPort } from 'node:worker_threads';

const NAME = 'gpu-exceptions/fatal-latch/1';

interface Closed {
  /** `null`: the process. */
  device: number | null;
  /** The exception, serialised. */
  text: string;
}

/** `at`: when it was sent, by `process.hrtime`, which all threads share. */
type OnClosed = (device: number | null, text: string, at: bigint) => void;
type OnReset = (at: bigint) => void;

let channel: BroadcastChannel | null = null;
let receive: ((message: unknown) => void) | null = null;

/**
 * Listens for as long as the thread lives, without keeping it alive. Every thread does: the one that
 * made the memory which this one shares may have no time to listen, or be gone.
 */
export function hear(onClosed: OnClosed, onReset: OnReset): void {
  const handle = (message: unknown): void => {
    if (typeof message !== 'object' || message === null) return;
    const { reset, device, text, at } = message as {
      reset?: unknown;
      device?: unknown;
      text?: unknown;
      at?: unknown;
    };
    if (typeof at !== 'bigint') return;
    if (reset === true) onReset(at);
    else if (typeof text === 'string' && (device === null || Number.isInteger(device))) {
      onClosed(device as number | null, text, at);
    }
  };
  try {
    channel = new BroadcastChannel(NAME);
    channel.onmessage = (event: unknown) => {
      handle((event as { data?: unknown }).data);
    };
    channel.unref();
    receive = handle;
  } catch {
    channel = null; // as in `tell`
  }
}

/** Takes what has arrived but waits for the event loop to turn. */
export function poll(): void {
  if (channel === null || receive === null) return;
  for (;;) {
    const received = receiveMessageOnPort(channel as never) as { message: unknown } | undefined;
    if (received === undefined) return;
    receive(received.message);
  }
}

/** Tells all other threads that the latch closed at `at`; `null`: that it was reset then. */
export function tell(closed: Closed | null, at: bigint): void {
  try {
    const sender = channel ?? new BroadcastChannel(NAME);
    sender.postMessage(closed === null ? { reset: true, at } : { ...closed, at });
    if (sender !== channel) sender.close();
  } catch {
    // A thread that is shutting down can no longer send; the addon's memory still tells the others.
  }
}
