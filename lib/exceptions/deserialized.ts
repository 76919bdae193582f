/**
 * The mark on errors that `deserializeException` rebuilt, causes included: what happened in another
 * process says nothing about this one, so the fatal latch ignores them.
 */

// Registered, so that a second copy of the package sees the mark, too.
const MARK = Symbol.for('gpu-exceptions.deserialized');

/** Marks an error as rebuilt; non-enumerable, so that nothing prints it. */
export function markDeserialized(error: object): void {
  Object.defineProperty(error, MARK, { value: true });
}

/** Whether `value` was made by `deserializeException` in this or another copy. Never throws. */
export function isDeserialized(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return (value as Record<symbol, unknown>)[MARK] === true;
  } catch {
    return false;
  }
}
