/**
 * What waits for work in a stream. Every piece of work has a ticket; the addon tells, on the event
 * loop, up to which ticket a stream is settled, and what failed.
 */

import type { NativeBinding } from '../native/binding.js';
import { loadBinding } from '../native/load.js';
import { FailedWork } from './failed-work.js';
import type { Failure } from './failed-work.js';

interface Waiting {
  ticket: number;
  /** Runs when the work is done, and makes what the promise answers. */
  finish: (() => unknown) | undefined;
  resolve: (value: never) => void;
  reject: (reason: unknown) => void;
}

/** By the stream's handle, as long as somebody waits or may wait. */
const queues = new Map<number, WorkQueue>();

let waiting = 0;
let listener: number | undefined;

/** Tells the addon whom to call. It holds the function weakly, and this module holds it. */
export function listen(binding: NativeBinding): number {
  return (listener ??= binding.onProgress(progress));
}

function progress(stream: number, after: number, last: number, error?: unknown): void {
  const queue = queues.get(stream);
  if (queue === undefined) return;
  if (error === undefined) queue.settle(last);
  else queue.fail({ after, last, error });
}

/** As {@link WorkQueue.close}, for a stream that was collected: an event may still hold its queue. */
export function closeQueue(stream: number, last: number): void {
  queues.get(stream)?.close(last);
}

/** The loop stays alive while a promise is open. */
function count(change: 1 | -1): void {
  const before = waiting;
  waiting += change;
  if ((before === 0) !== (waiting === 0)) loadBinding().holdLoop(waiting === 0 ? 0 : 1);
}

/** One stream, as those see it who put work in and wait for it. */
export class WorkQueue {
  readonly handle: number;
  readonly device: number;
  readonly #binding: NativeBinding;
  #waiting: Waiting[] = [];
  #next = 0;
  #settled = 0;
  /** Of a closed one, else more than can be. */
  #last = Infinity;
  #marking = false;
  /** Made with the first failure. */
  #failed: FailedWork | undefined;
  /** The last ticket whose waiter was told that it failed: its mark may be refused as well. */
  #refused = 0;

  constructor(binding: NativeBinding, handle: number, device: number) {
    this.#binding = binding;
    this.handle = handle;
    this.device = device;
    queues.set(handle, this);
  }

  /**
   * Settles when everything up to `ticket` is done. Costs one host function in the stream for all
   * that is asked for until the next microtask.
   */
  wait(ticket: number): Promise<void>;
  wait<T>(ticket: number, finish: () => T): Promise<T>;
  wait(ticket: number, finish?: () => unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const isSettled = ticket <= this.#settled;
      const failure = isSettled ? this.#failureFor(ticket) : this.#failed?.tell(ticket);
      if (failure !== undefined) {
        this.#refused = ticket;
        reject(failure.error); // also where the work itself is still under way
        return;
      }
      if (isSettled) {
        resolve(finish?.());
        return;
      }
      this.#enqueue({ ticket, finish, resolve, reject });
      count(1);
      this.#mark();
    });
  }

  /**
   * That what is done has not failed, up to `ticket`.
   *
   * @throws {GPUException} it has, by what the addon told so far.
   */
  check(ticket: number): void {
    const failure = this.#failureFor(ticket);
    if (failure !== undefined) throw failure.error;
  }

  #failureFor(ticket: number): Failure | undefined {
    return this.#failed?.tell(ticket) ?? this.#failed?.tellBefore(ticket);
  }

  /** A ticket for all that was put in so far. */
  touch(): number {
    return this.#binding.touchStream(this.handle);
  }

  /** Nobody can put in more than `last`; who waits for that is still told, also who begins now. */
  close(last: number): void {
    this.#last = last;
    this.#forget();
  }

  settle(last: number): void {
    this.#settled = Math.max(this.#settled, last);
    for (
      let head = this.#waiting[this.#next];
      head !== undefined && head.ticket <= last;
      head = this.#waiting[this.#next]
    ) {
      this.#next += 1;
      this.#tell(head);
    }
    this.#shrink();
    this.#forget();
  }

  fail(failure: Failure): void {
    const waiting = this.#waiting;
    let first = this.#next;
    while ((waiting[first]?.ticket ?? Infinity) <= failure.after) first += 1;
    let end = first;
    while ((waiting[end]?.ticket ?? Infinity) <= failure.last) end += 1;
    if (end > first) this.#refused = waiting[end - 1]?.ticket ?? 0;
    for (const { reject } of waiting.slice(first, end)) {
      count(-1);
      reject(failure.error);
    }
    // In place: where all fail one by one there may be very many.
    if (first === this.#next) this.#next = end;
    else waiting.splice(first, end - first);
    this.#shrink();
    this.#failed ??= new FailedWork();
    this.#failed.add(failure, failure.last === this.#refused);
  }

  /** In the order of tickets: an event may be behind less than what others wait for. */
  #enqueue(entry: Waiting): void {
    const waiting = this.#waiting;
    let at = waiting.length;
    while (at > this.#next && (waiting[at - 1]?.ticket ?? 0) > entry.ticket) at -= 1;
    if (at === waiting.length) waiting.push(entry);
    else waiting.splice(at, 0, entry);
  }

  #tell({ ticket, finish, resolve, reject }: Waiting): void {
    count(-1);
    // Of work that nobody waited for: the next who waits learns of it.
    const untold = this.#failed?.tellBefore(ticket);
    if (untold !== undefined) {
      reject(untold.error);
      return;
    }
    try {
      (resolve as (value: unknown) => void)(finish?.());
    } catch (error) {
      reject(error);
    }
  }

  /** Once it is closed and its end was told, nothing more is heard of it. */
  #forget(): void {
    if (this.#settled >= this.#last) queues.delete(this.handle);
  }

  #shrink(): void {
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
    } else if (this.#next > 1024 && this.#next * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
  }

  #mark(): void {
    if (this.#marking) return;
    this.#marking = true;
    queueMicrotask(() => {
      this.#marking = false;
      this.#binding.markStream(this.handle);
    });
  }
}
