/** Questions to a driver that may never answer. */

/** Asked on threads of our own, one at a time for each device; a hung one is not asked again. */
export class Questions<T> {
  readonly #open = new Map<number, Promise<T>>();

  /** The answer that is being waited for already, or else a new one. `key`: whom it is asked. */
  ask(key: number, question: () => Promise<T>): Promise<T> {
    const open = this.#open.get(key);
    if (open !== undefined) return open;
    const asked = question();
    this.#open.set(key, asked);
    const forget = (): void => void this.#open.delete(key);
    asked.then(forget, forget);
    return asked;
  }
}

/** The answer, or `late` when it has not come within `limit` milliseconds. Keeps the process alive. */
export function within<T, L>(question: Promise<T>, limit: number, late: L): Promise<T | L> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      resolve(late);
    }, limit);
    question.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}
