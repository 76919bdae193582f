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

/** A copy with every field present, in one order: objects of one shape are fast to read. */
export function copyFacts(facts: FailureFacts): FailureFacts {
  return {
    category: facts.category,
    library: facts.library,
    code: facts.code,
    name: facts.name,
    call: facts.call,
    device: facts.device,
    requestedBytes: facts.requestedBytes,
    freeBytes: facts.freeBytes,
    totalBytes: facts.totalBytes,
    memory: facts.memory,
    sticky: facts.sticky,
    retryable: facts.retryable,
    restart: facts.restart,
    mayBeEarlier: facts.mayBeEarlier,
    remedy: facts.remedy,
  };
}

/** Writes what `more` tells over `facts`; what it leaves `undefined` stays. */
export function overlay(facts: FailureFacts, more: Partial<FailureFacts>): void {
  if (more.category !== undefined) facts.category = more.category;
  if (more.library !== undefined) facts.library = more.library;
  if (more.code !== undefined) facts.code = more.code;
  if (more.name !== undefined) facts.name = more.name;
  if (more.call !== undefined) facts.call = more.call;
  if (more.device !== undefined) facts.device = more.device;
  if (more.requestedBytes !== undefined) facts.requestedBytes = more.requestedBytes;
  if (more.freeBytes !== undefined) facts.freeBytes = more.freeBytes;
  if (more.totalBytes !== undefined) facts.totalBytes = more.totalBytes;
  if (more.memory !== undefined) facts.memory = more.memory;
  if (more.sticky !== undefined) facts.sticky = more.sticky;
  if (more.retryable !== undefined) facts.retryable = more.retryable;
  if (more.restart !== undefined) facts.restart = more.restart;
  if (more.mayBeEarlier !== undefined) facts.mayBeEarlier = more.mayBeEarlier;
  if (more.remedy !== undefined) facts.remedy = more.remedy;
}
