/** Streams of two devices, and one order over all that is put into them. */

import { Event } from '../../lib/cuda/index.js';
import type { Stream } from '../../lib/cuda/index.js';
import { DEVICES } from './steps';

/** What was put in and is still open. */
interface Put {
  promise: Promise<unknown>;
  /** Where it runs. */
  device: number;
  nonBlocking: boolean;
  /** Whose memory it touches. */
  touches: readonly number[];
}

export class Order {
  readonly #streams: Stream[] = [];
  /** Of each device, behind the last that was put in there: streams wait for both. */
  readonly #last = DEVICES.map((device) => new Event({ device }));
  #puts: Put[] = [];

  /** One of them on one of these devices, or `undefined`: the default stream. */
  choose(wanted: number, devices: readonly number[]): Stream | undefined {
    const fit = this.#streams.filter(({ device }) => devices.includes(device));
    return fit[wanted % (fit.length + 1)];
  }

  add(stream: Stream): void {
    this.#streams.push(stream);
  }
  get size(): number {
    return this.#streams.length;
  }
  drop(at: number): void {
    this.#streams.splice(at, 1)[0]?.dispose();
  }

  /** What is put into the stream from now on is behind all that was put in anywhere. */
  wait(stream: Stream | undefined): void {
    for (const event of this.#last) stream?.wait(event);
  }

  /** Puts in work that touches memory of these devices, behind all that was put in before. */
  async put(
    stream: Stream | undefined,
    touches: readonly number[],
    work: (at: { stream?: Stream }) => Promise<unknown>,
  ): Promise<void> {
    const device = stream?.device ?? touches[0] ?? 0;
    // A default stream cannot be told to wait. It does for its device's others, unless they are
    // `nonBlocking`, and for no other device's.
    const waits = (put: Put): boolean => put.device === device && !put.nonBlocking;
    const together = (put: Put): boolean => put.touches.some((each) => touches.includes(each));
    if (stream === undefined && this.#puts.some((put) => together(put) && !waits(put))) {
      await this.settle();
    }
    this.wait(stream);
    const promise = work(stream === undefined ? {} : { stream });
    this.#last[device]?.record(stream);
    this.#puts.push({ promise, device, nonBlocking: stream?.nonBlocking === true, touches });
  }

  async settle(): Promise<void> {
    await Promise.all(this.#puts.splice(0).map(({ promise }) => promise));
  }

  async end(): Promise<void> {
    await Promise.allSettled(this.#puts.splice(0).map(({ promise }) => promise));
    for (const stream of this.#streams) stream.dispose();
    for (const event of this.#last) event.dispose();
  }
}
