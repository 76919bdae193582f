/** What of a stream's work failed, by its tickets, and what of it nobody was told yet. */

import { GPUException } from '../exceptions/gpu.js';

/** The tickets above `after`, up to and with `last`. */
export interface Failure {
  readonly after: number;
  readonly last: number;
  readonly error: unknown;
}

/** Beyond these, failures share an error; that a ticket failed is never forgotten. */
export const MOST_FAILURES = 32;
export const MOST_UNTOLD = 16;

function covers({ after, last }: Failure, ticket: number): boolean {
  return ticket > after && ticket <= last;
}

/** What `two` has beyond `one` counts as failed with the error of `one`, and so does what lies between. */
function joined(one: Failure, two: Failure): Failure {
  const { after, last } = two;
  return {
    after: Math.min(one.after, after),
    last: Math.max(one.last, last),
    error: one.error,
  };
}

/** A context is lost once, whatever calls find out. */
function isSameLoss(one: unknown, two: unknown): boolean {
  const code = lossOf(one);
  return code !== null && code === lossOf(two);
}

function lossOf(error: unknown): number | null {
  const failure = error instanceof GPUException ? error.failure : null;
  return failure?.sticky === true ? failure.code : null;
}

/** Tickets between the two, which have not failed. */
function gap(one: Failure, two: Failure): number {
  return Math.max(0, two.after - one.last, one.after - two.last);
}

/** Both lists are in the order in which the failures came. */
export class FailedWork {
  /** An event may ask after any ticket, however old. */
  readonly #all: Failure[] = [];
  readonly #untold: Failure[] = [];

  /** `told`: somebody who waited for all of that work was told that it failed. */
  add(failure: Failure, told: boolean): void {
    this.#all.push(failure);
    if (this.#all.length > MOST_FAILURES) this.#joinClosest();
    if (told) return;
    const untold = this.#untold;
    const same = untold.findIndex(({ error }) => isSameLoss(error, failure.error));
    const at = same === -1 ? Math.min(untold.length, MOST_UNTOLD - 1) : same;
    untold[at] = joined(untold[at] ?? failure, failure);
  }

  /** For whoever asks after this very ticket: why it failed. He is told then. */
  tell(ticket: number): Failure | undefined {
    const failure = this.#all.find((each) => covers(each, ticket));
    if (failure === undefined) return undefined;
    const at = this.#untold.findIndex(
      ({ last, error }) => error === failure.error && last <= ticket,
    );
    if (at !== -1) this.#untold.splice(at, 1);
    return failure;
  }

  /** For whoever waited for a later one: the first failure before it that nobody was told. */
  tellBefore(ticket: number): Failure | undefined {
    const at = this.#untold.findIndex(({ after }) => after < ticket);
    return at === -1 ? undefined : this.#untold.splice(at, 1)[0];
  }

  /** As few tickets as can be count as failed that are not; among equals the first failures stay apart. */
  #joinClosest(): void {
    const all = this.#all;
    const gaps = all.slice(1).map((each, i) => gap(all[i] ?? each, each));
    const at = gaps.lastIndexOf(Math.min(...gaps));
    const [one, two] = all.splice(at, 2) as [Failure, Failure];
    all.splice(at, 0, joined(one, two));
  }
}
