/**
 * Which failures close the latch. It must never close for what happened elsewhere: a poisoned context
 * belongs to the process that poisoned it.
 */

import { hasBrand } from '../exceptions/brand.js';
import { isDeserialized } from '../exceptions/deserialized.js';
import type { GPUException } from '../exceptions/gpu.js';
import { read } from '../failure/error-view.js';
import type { Judgement } from '../failure/judge.js';
import type { GPUFailure } from '../failure/types.js';
import { walkCauses } from '../failure/walk-causes.js';
import { closeLatch } from './fatal-latch.js';
import { latch } from './latch-state.js';

/** How often in a row the same text must be met before it counts as confirmed. */
const IN_A_ROW = 3;

/** What the judge says about where a verdict comes from. */
type Origin = Pick<Judgement, 'structured'> &
  Partial<Pick<Judgement, 'passedThrough' | 'stickyText'>>;

let lastText: string | null = null;

/**
 * Closes the latch for a failure that is certainly fatal here. Answers `true` when a text says so but
 * nothing has confirmed it yet: then a look at the context may (see {@link confirmFatal}).
 */
export function weighForLatch(
  exception: GPUException,
  failure: GPUFailure,
  origin: Origin,
): boolean {
  const scope = scopeOf(failure);
  const { evidence } = failure;
  if (scope === undefined || evidence === 'exit' || evidence === 'probe') {
    latch.streak = 0;
    return false;
  }
  const tagged = origin.structured && evidence === 'tag';
  if (origin.passedThrough === true || cameFromElsewhere(exception.cause, tagged)) return false;
  if (origin.structured || isThirdInARow(origin.stickyText ?? failure.category)) {
    closeLatch(exception, scope);
    return false;
  }
  return true;
}

/** Closes the latch for a text that a look at the context has confirmed. */
export function confirmFatal(exception: GPUException, failure: GPUFailure): void {
  const scope = scopeOf(failure);
  if (scope !== undefined) closeLatch(exception, scope);
}

/** `null`: the whole process; a number: that device; `undefined`: nothing is closed. */
function scopeOf(failure: GPUFailure): number | null | undefined {
  const { category, device, restart, sticky } = failure;
  // The same answer as at the start: nothing has broken.
  if (category === 'no-device' || category === 'driver-mismatch') return undefined;
  if (category === 'hardware' || category === 'device-lost') {
    // What only a reset or a reboot mends is as lasting as a sticky code.
    const lasts = sticky || restart === 'device' || restart === 'node';
    return lasts && device !== null ? device : undefined;
  }
  return sticky ? null : undefined;
}

function isThirdInARow(text: string): boolean {
  latch.streak = text === lastText ? latch.streak + 1 : 1;
  lastText = text;
  return latch.streak >= IN_A_ROW;
}

/**
 * Whether an error, or one that led to it, was rebuilt from another process, is an exception of ours
 * (whoever made it has already judged it) or – unless a tag speaks, which native code of this process
 * must have set – is an answer from another server.
 */
function cameFromElsewhere(error: unknown, tagged: boolean): boolean {
  return walkCauses(error, () => true).some(({ value }) => {
    if (isDeserialized(value) || hasBrand(value, 'GPUException')) return true;
    return !tagged && typeof value === 'object' && value !== null && isAnswer(value);
  });
}

/** What HTTP and RPC clients put on their errors. */
function isAnswer(error: object): boolean {
  const response = read(error, 'response');
  if (typeof response === 'object' && response !== null) return true;
  return ['status', 'statusCode'].some((key) => {
    const status = read(error, key);
    return Number.isInteger(status) && (status as number) >= 100 && (status as number) <= 599;
  });
}
