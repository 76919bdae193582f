/** The one place where partial facts become a complete {@link GPUFailure}. */

import type { FailureFacts } from './facts.js';
import { remedyFor, remedyForTooBig } from './remedies.js';
import type {
  DeviceMemory,
  GPUEvidence,
  GPUFailure,
  GPUFailureCategory,
  GPULibrary,
  RestartScope,
} from './types.js';

interface Defaults {
  restart: RestartScope;
  retryable: boolean;
}

/** What holds for a category unless the evidence says otherwise. */
const DEFAULTS: Readonly<Record<GPUFailureCategory, Defaults>> = {
  'out-of-memory': { restart: 'none', retryable: true },
  'kernel-fault': { restart: 'process', retryable: false },
  hardware: { restart: 'device', retryable: false },
  'device-lost': { restart: 'process', retryable: false },
  'no-device': { restart: 'environment', retryable: false },
  'driver-mismatch': { restart: 'environment', retryable: false },
  library: { restart: 'none', retryable: false },
  timeout: { restart: 'process', retryable: false },
  busy: { restart: 'none', retryable: true },
  permission: { restart: 'environment', retryable: false },
  'not-supported': { restart: 'none', retryable: false },
  'invalid-argument': { restart: 'none', retryable: false },
  aborted: { restart: 'process', retryable: false },
  unknown: { restart: 'none', retryable: false },
};

/**
 * Calls that only look and wait for no device work, so that what they answer is their own. Most
 * others "may also return error codes from previous, asynchronous launches" (CUDA Runtime API).
 */
const OWN_ERRORS: ReadonlySet<string> = new Set([
  'cuInit',
  'cuDriverGetVersion',
  'cuDeviceGet',
  'cuDeviceGetCount',
  'cudaGetDeviceCount',
  'cudaDriverGetVersion',
  'cudaRuntimeGetVersion',
  'nvrtcCompileProgram',
]);

/** Libraries that report device work which may have been started earlier. */
const ASYNCHRONOUS: ReadonlySet<GPULibrary | null> = new Set<GPULibrary | null>([
  'cudart',
  'cuda',
  'cudnn',
  'cublas',
  'cufft',
  'curand',
  'cusparse',
  'cusolver',
  'nccl',
  'tensorrt',
  'hip',
  null,
]);

function mayBeEarlier(facts: FailureFacts): boolean {
  if (facts.mayBeEarlier !== undefined) return facts.mayBeEarlier;
  if (facts.category !== 'kernel-fault' && facts.sticky !== true) return false;
  if (facts.call !== null && facts.call !== undefined && OWN_ERRORS.has(facts.call)) return false;
  return ASYNCHRONOUS.has(facts.library ?? null);
}

/** Memory that the text itself told. Only CUDA's figures have a source that `DeviceMemory` names. */
function memoryFrom(facts: FailureFacts): DeviceMemory | null {
  if (facts.memory !== undefined) return facts.memory === null ? null : { ...facts.memory };
  const free = facts.freeBytes ?? null;
  const total = facts.totalBytes ?? null;
  if (free === null && total === null) return null;
  if (facts.library !== 'cudart' && facts.library !== 'cuda') return null;
  return { free, used: null, reserved: null, total, source: 'cuda' };
}

function safeBytes(bytes: number | null | undefined): number | null {
  return Number.isSafeInteger(bytes) && (bytes as number) >= 0 ? (bytes as number) : null;
}

/** Failures are shared: by an exception, the latch and everybody who asks. Nobody changes one. */
function sealed(failure: GPUFailure): GPUFailure {
  if (failure.memory !== null) Object.freeze(failure.memory);
  return Object.freeze(failure);
}

/** A complete, plain failure, frozen. Every field is own and enumerable. */
export function makeFailure(facts: FailureFacts, evidence: GPUEvidence): GPUFailure {
  const { category } = facts;
  const defaults = DEFAULTS[category];
  const memory = memoryFrom(facts);
  const sticky = facts.sticky ?? false;
  const failure: GPUFailure = {
    category,
    evidence,
    library: facts.library ?? null,
    code: facts.code ?? null,
    name: facts.name ?? null,
    call: facts.call ?? null,
    device: facts.device ?? null,
    requestedBytes: safeBytes(facts.requestedBytes),
    memory,
    sticky,
    retryable: facts.retryable ?? defaults.retryable,
    restart: facts.restart ?? defaults.restart,
    mayBeEarlier: mayBeEarlier(facts),
    remedy: facts.remedy ?? remedyFor(category, sticky),
  };
  const asked = facts.requestedBytes ?? null;
  const total = facts.totalBytes ?? memory?.total ?? null;
  // Beyond safe integers (8 PiB) no device exists; such sizes come from overflowing shapes.
  if (asked !== null && (asked > Number.MAX_SAFE_INTEGER || (total !== null && asked > total))) {
    return asTooBig(failure);
  }
  return sealed(failure);
}

function asTooBig(failure: GPUFailure): GPUFailure {
  if (failure.category !== 'out-of-memory') return sealed(failure);
  return sealed({ ...failure, retryable: false, restart: 'none', remedy: remedyForTooBig() });
}

/**
 * The same failure with the device's memory filled in. For an allocation of known size it decides
 * whether the input is at fault (larger than all of that memory: never retryable) or the device is
 * merely full now (retryable). Changes nothing else; never throws.
 */
export function withMemory(failure: GPUFailure, memory: DeviceMemory): GPUFailure {
  const known = { ...failure, memory: { ...memory } };
  const { requestedBytes } = failure;
  if (failure.category !== 'out-of-memory' || requestedBytes === null || memory.total === null) {
    return sealed(known);
  }
  return requestedBytes > memory.total ? asTooBig(known) : sealed({ ...known, retryable: true });
}
