/**
 * Which failures close the latch. It must never close for what happened elsewhere: a poisoned context
 * belongs to the process that poisoned it.
 */

import { hasBrand } from '../exceptions/brand.js';
import { isDeserialized } from '../exceptions/deserialized.js';
import type { GPUException } from '../exceptions/gpu.js';
import type { Judgement } from '../failure/judge.js';
import type { GPUFailure } from '../failure/types.js';
import { walkCauses } from '../failure/walk-causes.js';
import { closeLatch } from './fatal-latch.js';
import { latch } from './latch-state.js';
import type { Health } from './probe.js';
import { isRelayed } from './relayed.js';

/** How often in a row the same text must be met before it counts as confirmed. */
const IN_A_ROW = 3;

/** What the judge says about where a verdict comes from. */
type Origin = Pick<Judgement, 'structured'> &
  Partial<Pick<Judgement, 'passedThrough' | 'stickyText'>>;

/** A text that says that the process is beyond repair, which nothing has confirmed yet. */
export interface Suspicion {
  readonly exception: GPUException;
  readonly scope: number | null;
  readonly text: string;
}

let lastText: string | null = null;

/**
 * Closes the latch for a failure that is certainly fatal here. What only a text says is answered as a
 * suspicion: the context is to be asked, and {@link answered} to be told what it said.
 */
export function weighForLatch(
  exception: GPUException,
  failure: GPUFailure,
  origin: Origin,
): Suspicion | null {
  const scope = scopeOf(failure);
  const { evidence } = failure;
  if (scope === undefined || evidence === 'exit' || evidence === 'probe') {
    latch.streak = 0;
    return null;
  }
  const tagged = origin.structured && evidence === 'tag';
  if (origin.passedThrough === true || cameFromElsewhere(exception.cause, tagged)) return null;
  if (origin.structured) {
    closeLatch(exception, scope);
    return null;
  }
  const text = origin.stickyText ?? failure.category;
  latch.streak = text === lastText ? latch.streak + 1 : 1;
  lastText = text;
  return { exception, scope, text };
}

/**
 * What the context says to a suspicion. Poisoned: the latch closes. Healthy: the text was about
 * another process, and so were those before it. Where it could not be asked, the third in a row counts.
 */
export function answered({ exception, scope, text }: Suspicion, health: Health): void {
  if (health === 'healthy') {
    latch.streak = 0;
  } else if (health === 'poisoned' || (text === lastText && latch.streak >= IN_A_ROW)) {
    closeLatch(exception, scope);
  }
}

/** `null`: the whole process; a number: that device; `undefined`: nothing is closed. */
function scopeOf(failure: GPUFailure): number | null | undefined {
  const { category, device, restart, sticky } = failure;
  // The same answer as at the start: nothing has broken.
  if (category === 'no-device' || category === 'driver-mismatch') return undefined;
  // A sticky code is the context's, and with it the process's, whatever broke the hardware.
  if (sticky) return null;
  if (category !== 'hardware' && category !== 'device-lost') return undefined;
  // What only a reset or a reboot mends is as lasting as a sticky code.
  const lasts = restart === 'device' || restart === 'node';
  return lasts && device !== null ? device : undefined;
}

/**
 * Whether an error, or one that led to it, was rebuilt from another process, is an exception of ours
 * (whoever made it has already judged it) or – unless a tag speaks, which native code of this process
 * must have set – tells of a child process or relays an answer from another server.
 */
function cameFromElsewhere(error: unknown, tagged: boolean): boolean {
  return walkCauses(error, () => true).some(({ value }) => {
    if (isDeserialized(value) || hasBrand(value, 'GPUException')) return true;
    return !tagged && isRelayed(value);
  });
}
