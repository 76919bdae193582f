/**
 * The mark on exceptions by which a guard refused a call for an earlier failure's sake: such a request
 * did nothing wrong. A leaf: imports nothing of ours.
 */

// Registered, so that a second copy of the package sees the mark, too.
const MARK = Symbol.for('gpu-exceptions.refused');

/** Marks an exception as a refusal; non-enumerable, so that nothing prints it. */
export function markRefusal(exception: object): void {
  Object.defineProperty(exception, MARK, { value: true });
}

/** Whether a guard of this or another copy made it to refuse a call. Never throws. */
export function isRefusal(value: object): boolean {
  try {
    return (value as Record<symbol, unknown>)[MARK] === true;
  } catch {
    return false;
  }
}
