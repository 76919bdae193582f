/**
 * The words in which every part of the package speaks about a GPU failure.
 * Types only: importing this file loads nothing.
 */

/** What kind of failure it is; handlers act on this. */
export type GPUFailureCategory =
  | 'out-of-memory'
  | 'kernel-fault'
  | 'hardware'
  | 'device-lost'
  | 'no-device'
  | 'driver-mismatch'
  | 'library'
  | 'timeout'
  | 'busy'
  | 'permission'
  | 'not-supported'
  | 'invalid-argument'
  | 'aborted'
  | 'unknown';

/** What decided: a tag, a structured code, text, an engine's log, a dead child, or a probe. */
export type GPUEvidence = 'tag' | 'code' | 'message' | 'log' | 'exit' | 'probe';

/** The smallest thing whose restart helps. `environment`: fix the set-up, then restart. */
export type RestartScope = 'none' | 'process' | 'device' | 'node' | 'environment';

/** The library or interface that a code or a text belongs to. */
export type GPULibrary =
  | 'cudart'
  | 'cuda'
  | 'nvml'
  | 'cudnn'
  | 'cublas'
  | 'cufft'
  | 'curand'
  | 'cusparse'
  | 'cusolver'
  | 'nccl'
  | 'nvrtc'
  | 'tensorrt'
  | 'hip'
  | 'rocm-smi'
  | 'vulkan'
  | 'metal'
  | 'd3d'
  | 'webgpu'
  | 'opencl'
  | 'sycl'
  | 'level-zero'
  | 'cann';

/**
 * A device's memory in bytes (safe integers). `null` is "the device has no such figure", never 0.
 * By NVML's second accounting, `total = free + used + reserved`.
 *
 * `source` says who was asked. `host` is on failures alone, where page-locked host memory was refused
 * (`cudaHostAlloc`): what ran out is the machine's memory then, and the figures are the machine's
 * (`os.freemem()`, `os.totalmem()`), whatever less a container or a limit of the driver's leaves.
 */
export interface DeviceMemory {
  free: number | null;
  used: number | null;
  /** What the driver keeps for itself; `null` where only the first accounting exists. */
  reserved: number | null;
  total: number | null;
  source: 'nvml' | 'cuda' | 'host';
}

/** Everything that is known about one GPU failure. Plain data: survives `structuredClone` and JSON. */
export interface GPUFailure {
  category: GPUFailureCategory;
  evidence: GPUEvidence;
  library: GPULibrary | null;
  /** The native status, e.g. `2`. */
  code: number | null;
  /** The vendor's name of it, e.g. `cudaErrorMemoryAllocation`. */
  name: string | null;
  /** The vendor call that answered it, e.g. `cudaMalloc`. */
  call: string | null;
  /** CUDA ordinal. */
  device: number | null;
  requestedBytes: number | null;
  /** Free, used and total at the time, when it could be read. */
  memory: DeviceMemory | null;
  /** Documented as needing a new process. */
  sticky: boolean;
  /** The same call may succeed later in this process. */
  retryable: boolean;
  restart: RestartScope;
  /** Asynchronous work: the fault may belong to an earlier call. */
  mayBeEarlier: boolean;
  /** One sentence for the person on call. */
  remedy: string;
}

/**
 * The record that native code puts on a JavaScript error, under `Symbol.for('gpu-exceptions.tag')`,
 * as a non-enumerable own property. An ABI: whoever sets it is understood. `v` is its version.
 */
export interface GPUTag {
  v: 1;
  library: string;
  code: number | null;
  call: string | null;
  device: number | null;
  requestedBytes: number | null;
  file: string | null;
  line: number | null;
}
