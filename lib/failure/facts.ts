/** What one piece of evidence says about a failure, before `make.ts` completes it. */

import type { DeviceMemory, GPUFailureCategory, GPULibrary, RestartScope } from './types.js';

/** Everything but the category may be left open. */
export interface FailureFacts {
  category: GPUFailureCategory;
  library?: GPULibrary | null | undefined;
  code?: number | null | undefined;
  name?: string | null | undefined;
  call?: string | null | undefined;
  device?: number | null | undefined;
  /** In bytes. `Infinity`: more than a safe integer can say. */
  requestedBytes?: number | null | undefined;
  freeBytes?: number | null | undefined;
  totalBytes?: number | null | undefined;
  memory?: DeviceMemory | null | undefined;
  sticky?: boolean | undefined;
  retryable?: boolean | undefined;
  restart?: RestartScope | undefined;
  mayBeEarlier?: boolean | undefined;
  remedy?: string | undefined;
}

/** How much a category says, for choosing between verdicts of equal weight: higher says more. */
const TELLING: Readonly<Record<GPUFailureCategory, number>> = {
  hardware: 9,
  'device-lost': 8,
  'kernel-fault': 8,
  'out-of-memory': 7,
  'driver-mismatch': 6,
  'no-device': 6,
  permission: 5,
  busy: 5,
  'not-supported': 5,
  timeout: 5,
  'invalid-argument': 4,
  aborted: 3,
  library: 2,
  unknown: 1,
};

/** See {@link TELLING}. */
export function telling(category: GPUFailureCategory): number {
  return TELLING[category];
}
