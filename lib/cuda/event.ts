/** Events: points in streams that others wait for, or that time is measured between. */

import { describe } from '../guard/arguments.js';
import { loadBinding } from '../native/load.js';
import { checkOptions, deviceOption, flagOption } from './arguments.js';
import { LeakWatch } from './leaks.js';
import { onLane } from './on-lane.js';
import { checkReceivers } from './receiver.js';
import { showGetters } from './shown.js';
import { queueOf } from './stream.js';
import type { Stream } from './stream.js';
import type { WorkQueue } from './work.js';

export interface EventOptions {
  /** CUDA ordinal, an integer from 0 to 2147483647. Default 0. */
  device?: number;
  /** Whether `elapsed` can be asked of it; without, waiting for it costs less. Default `true`. */
  timing?: boolean;
}

/** An event as other files need it. */
interface Recorded {
  readonly handle: number;
}

/** A point in a stream that an event marks. */
interface Mark {
  readonly handle: number;
  readonly queue: WorkQueue;
  readonly ticket: number;
}

const leaks = new LeakWatch({
  describe: () => 'An Event',
  release: (binding, handle) => {
    binding.disposeEvent(handle);
  },
});

let recordedOf: (value: unknown, argument: string) => Recorded;

/**
 * A point in a stream (CUDA Runtime API, "Event Management"). It belongs to the thread that made it.
 * Not verified on hardware.
 */
export class Event {
  // What checks rely on nobody else can change.
  readonly #device: number;
  readonly #timing: boolean;
  /** 0 once it is disposed of. */
  #handle: number;
  /** Where it was last recorded. */
  #queue: WorkQueue | undefined;
  #ticket = 0;

  static {
    const isEvent = (value: unknown): value is Event =>
      typeof value === 'object' && value !== null && #handle in value;
    checkReceivers(this, isEvent);
    showGetters(this, isEvent, ['device', 'timing', 'disposed']);
    recordedOf = (value, argument) => {
      if (!isEvent(value)) {
        throw new TypeError(`${argument} must be an Event of this thread; got ${describe(value)}`);
      }
      if (value.#handle !== 0) return { handle: value.#handle };
      throw new TypeError(`${argument} is an Event that was disposed of`);
    };
  }

  /**
   * `cudaEventCreateWithFlags`, on the calling thread.
   *
   * @throws {TypeError | RangeError} a wrong option.
   * @throws {GPUException} no driver, no such device, or a context that no longer works.
   */
  constructor(options: EventOptions = {}) {
    const given = checkOptions(options, ['device', 'timing']);
    this.#device = deviceOption(given['device']);
    this.#timing = flagOption(given['timing'], 'options.timing', true);
    const handle = loadBinding().createEvent(this.#device, this.#timing ? 1 : 0);
    this.#handle = handle;
    try {
      leaks.add(this, handle);
    } catch (error) {
      leaks.abandon(handle);
      throw error;
    }
  }

  /** CUDA ordinal. */
  get device(): number {
    return this.#device;
  }

  get timing(): boolean {
    return this.#timing;
  }

  get disposed(): boolean {
    return this.#handle === 0;
  }

  /**
   * Puts the event behind all that is in the stream now (`cudaEventRecord`); what it marked before is
   * forgotten. Without a stream: the device's default stream.
   *
   * @throws {TypeError} no live stream of the event's device, or the event was disposed of.
   * @throws {GPUException} the runtime refuses.
   */
  record(stream?: Stream): void {
    const handle = this.#live('record()');
    const queue = queueOf(stream, 'stream', this.#device);
    this.#ticket = loadBinding().recordEvent(handle, queue.handle);
    this.#queue = queue;
  }

  /**
   * Whether it has happened (`cudaEventQuery`); does not wait. True when it was never recorded.
   *
   * @throws {TypeError} it was disposed of.
   * @throws {GPUException} the work before it failed.
   */
  query(): boolean {
    const done = loadBinding().queryEvent(this.#live('query()')) === 1;
    if (done) this.#queue?.check(this.#ticket);
    return done;
  }

  /**
   * Settles when it has happened, as it was last recorded; at once when it never was. By the driver's
   * own word, as {@link Stream.synchronize}.
   *
   * @returns rejects with GPUException when the work before it failed; with TypeError when it was
   * disposed of.
   */
  async synchronize(): Promise<void> {
    this.#live('synchronize()');
    return this.#queue?.wait(this.#ticket);
  }

  /**
   * Milliseconds from this event to `end`, waiting for both (`cudaEventElapsedTime`, whose resolution
   * is about half a microsecond). Negative when `end` came first.
   *
   * @returns rejects with TypeError when one of them was never recorded, was made without timing, is
   * of another device, or was disposed of, or recorded again, before the answer was there; with
   * GPUException when the work before them failed.
   */
  async elapsed(end: Event): Promise<number> {
    const start = this.#timed('this Event');
    recordedOf(end, 'end');
    const stop = end.#timed('end');
    const checkMarks = (cause?: unknown): void => {
      this.#checkMark(start, 'this Event', cause);
      end.#checkMark(stop, 'end', cause);
    };
    if (end.#device !== this.#device) {
      throw new TypeError(
        `end is an Event of device ${String(end.#device)}; device ${String(this.#device)} is needed`,
      );
    }
    await Promise.all([this.synchronize(), end.synchronize()]);
    checkMarks();
    const milliseconds = await onLane((binding, callback) => {
      binding.elapsedMs(start.handle, stop.handle, callback);
    }).catch((error: unknown) => {
      checkMarks(error);
      throw error;
    });
    checkMarks(); // else it is the time between other points
    return milliseconds;
  }

  /**
   * Gives the event back (`cudaEventDestroy`); nobody waits for it. A refusal is published on the
   * diagnostics channel.
   *
   * @throws {TypeError} it was disposed of before.
   */
  dispose(): void {
    const handle = this.#live('dispose()');
    this.#handle = 0;
    leaks.remove(this);
    loadBinding().disposeEvent(handle);
  }

  /** For `using`: disposes of it unless that was done before. */
  [Symbol.dispose](): void {
    if (this.#handle !== 0) this.dispose();
  }

  #live(what: string): number {
    if (this.#handle !== 0) return this.#handle;
    throw new TypeError(`${what}: this Event was disposed of before`);
  }

  /** What it marks now. */
  #timed(what: string): Mark {
    const handle = this.#live('elapsed()');
    if (!this.#timing) throw new TypeError(`${what} was made with \`timing: false\``);
    if (this.#queue === undefined) throw new TypeError(`${what} was never recorded`);
    return { handle, queue: this.#queue, ticket: this.#ticket };
  }

  #checkMark({ handle, queue, ticket }: Mark, what: string, cause?: unknown): void {
    const happened =
      this.#handle !== handle
        ? 'disposed of'
        : this.#queue !== queue || this.#ticket !== ticket
          ? 'recorded again'
          : undefined;
    if (happened === undefined) return;
    const options = cause === undefined ? undefined : { cause };
    throw new TypeError(`${what} was ${happened} before elapsed() was answered`, options);
  }
}

/** A live event that is an argument. @throws TypeError naming `argument`. */
export function recorded(value: unknown, argument: string): Recorded {
  return recordedOf(value, argument);
}
