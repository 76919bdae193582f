/** Streams: queues of work on a device. */

import { checkInteger, describe } from '../guard/arguments.js';
import { loadBinding } from '../native/load.js';
import { checkOptions, deviceOption, flagOption } from './arguments.js';
import { recorded } from './event.js';
import type { Event } from './event.js';
import { LeakWatch } from './leaks.js';
import { checkReceivers } from './receiver.js';
import { WorkQueue, closeQueue, listen } from './work.js';

export interface StreamOptions {
  /** CUDA ordinal, an integer from 0 to 2147483647. Default 0. */
  device?: number;
  /**
   * An integer from -2147483648 to 2147483647; lower numbers go first. A hint: the runtime takes the
   * nearest that the device has. Default 0, the lowest.
   */
  priority?: number;
  /** Whether it keeps no order with the device's default stream. Default `false`, as CUDA's. */
  nonBlocking?: boolean;
}

const leaks = new LeakWatch({
  describe: () => 'A Stream',
  release: (binding, handle) => {
    closeQueue(handle, binding.disposeStream(handle));
  },
});

let queueOfStream: (stream: Stream) => WorkQueue | undefined;
let isStreamObject: (value: unknown) => value is Stream;

/**
 * Work that is put into one stream is done in the order of the calls, whatever their mix; streams
 * among one another keep no order but by events (CUDA Runtime API, "Stream Management"). It belongs
 * to the thread that made it. Not verified on hardware.
 */
export class Stream {
  /** CUDA ordinal. */
  readonly device: number;
  readonly priority: number;
  readonly nonBlocking: boolean;
  /**
   * Which of this thread's streams it is, from 1 in the order in which they were made; no other has it,
   * also later. What failures call it: `cause.stream`, and `stream` in `cause.recentLaunches`, where
   * 0 is the default stream of a device. Not the number that `cudaStreamGetId` answers.
   */
  readonly id: number;
  #queue: WorkQueue | undefined;

  static {
    queueOfStream = (stream) => stream.#queue;
    isStreamObject = (value): value is Stream =>
      typeof value === 'object' && value !== null && #queue in value;
    checkReceivers(this, isStreamObject);
  }

  /**
   * `cudaStreamCreateWithPriority`, on the calling thread. The first on a device creates its context.
   *
   * @throws {TypeError | RangeError} a wrong option.
   * @throws {GPUException} no driver, no such device, or a context that no longer works.
   */
  constructor(options: StreamOptions = {}) {
    const given = checkOptions(options, ['device', 'priority', 'nonBlocking']);
    this.device = deviceOption(given['device']);
    this.priority = priorityOption(given['priority']);
    this.nonBlocking = flagOption(given['nonBlocking'], 'options.nonBlocking', false);
    const binding = loadBinding();
    const { device, priority, nonBlocking } = this;
    const handle = binding.createStream(device, nonBlocking ? 1 : 0, priority, listen(binding));
    try {
      this.#queue = new WorkQueue(binding, handle, device);
      this.id = binding.streamId(handle);
      leaks.add(this, handle);
    } catch (error) {
      leaks.abandon(handle);
      throw error;
    }
  }

  get disposed(): boolean {
    return this.#queue === undefined;
  }

  /**
   * Settles when all that was put in so far is done: by the driver's own word (`cudaLaunchHostFunc`),
   * so no thread waits for it. Keeps the process alive until then.
   *
   * @returns rejects with GPUException when that work failed, also when the context was lost; with
   * TypeError when the stream was disposed of.
   */
  async synchronize(): Promise<void> {
    const queue = this.#live('synchronize()');
    return queue.wait(queue.touch());
  }

  /**
   * Whether all that was put in so far is done (`cudaStreamQuery`); does not wait.
   *
   * @throws {TypeError} the stream was disposed of.
   * @throws {GPUException} that work failed.
   */
  query(): boolean {
    const queue = this.#live('query()');
    const done = loadBinding().queryStream(queue.handle) === 1;
    if (done) queue.check(Infinity);
    return done;
  }

  /**
   * What is put in from now on begins when `event` has happened, as it was last recorded
   * (`cudaStreamWaitEvent`). The event may be of another device. Nobody waits here.
   *
   * @throws {TypeError} no live event, or the stream was disposed of.
   * @throws {GPUException} the runtime refuses.
   */
  wait(event: Event): void {
    const { handle } = this.#live('wait()');
    loadBinding().waitForEvent(handle, recorded(event, 'event').handle);
  }

  /**
   * Gives the stream back (`cudaStreamDestroy`) as soon as what was put in is done; nobody waits for
   * it, and promises that are open still settle. A refusal is published on the diagnostics channel.
   *
   * @throws {TypeError} it was disposed of before.
   */
  dispose(): void {
    const queue = this.#live('dispose()');
    const last = loadBinding().disposeStream(queue.handle);
    this.#queue = undefined;
    leaks.remove(this);
    queue.close(last);
  }

  /** For `using`: disposes of it unless that was done before. */
  [Symbol.dispose](): void {
    if (this.#queue !== undefined) this.dispose();
  }

  #live(what: string): WorkQueue {
    if (this.#queue !== undefined) return this.#queue;
    throw new TypeError(`${what}: this Stream was disposed of before`);
  }
}

const defaults = new Map<number, WorkQueue>();

/** The legacy default stream of a device. */
function defaultQueue(device: number): WorkQueue {
  const known = defaults.get(device);
  if (known !== undefined) return known;
  const binding = loadBinding();
  const queue = new WorkQueue(binding, binding.defaultStream(device, listen(binding)), device);
  defaults.set(device, queue);
  return queue;
}

/** Whether it is a stream that can be used. */
export function isLive(value: unknown): value is Stream {
  return isStreamObject(value) && queueOfStream(value) !== undefined;
}

/**
 * The queue of an optional `stream` argument; the device's default stream when it is absent.
 *
 * @throws {TypeError} naming `argument`: no stream, one that was disposed of, or one of neither device.
 */
export function queueOf(
  stream: unknown,
  argument: string,
  device: number,
  otherDevice = device,
): WorkQueue {
  if (stream === undefined) return defaultQueue(device);
  if (!isStreamObject(stream)) {
    throw new TypeError(`${argument} must be a Stream of this thread; got ${describe(stream)}`);
  }
  const queue = queueOfStream(stream);
  if (queue === undefined) throw new TypeError(`${argument} is a Stream that was disposed of`);
  if (queue.device !== device && queue.device !== otherDevice) {
    throw new TypeError(
      `${argument} is a Stream of device ${String(queue.device)}; device ${String(device)} is needed`,
    );
  }
  return queue;
}

function priorityOption(value: unknown): number {
  return value === undefined ? 0 : checkInteger(value, 'options.priority', -(2 ** 31), 2 ** 31 - 1);
}
