/** What a scenario may say, and what the stand-in tells. Types only. */

/** A library that the stand-in stands in for. */
export type MockLibrary = 'cudart' | 'cuda' | 'nvml' | 'cudnn';

/**
 * One simulated GPU. Sizes are whole numbers of bytes below 2^53; `reservedBytes` and
 * `usedByOthersBytes` must fit into `memoryBytes` together.
 */
export interface MockDevice {
  /** 1 to 95 bytes. Default: `NVIDIA H100 80GB HBM3`. */
  name?: string;
  /** `GPU-` and 8-4-4-4-12 lower-case hexadecimal digits. Default: derived from the place in the list, the same in every run. */
  uuid?: string;
  /** E.g. `0000:3B:00.0`; NVML numbers the devices by it. Default: the lowest free bus of domain 0. */
  pciBusId?: string;
  /** Total memory. Default: 85,520,809,984 (81,559 MiB). */
  memoryBytes?: number;
  /** What the driver keeps for itself. Default: 1/148 of `memoryBytes`, in whole MiB. */
  reservedBytes?: number;
  /** What other processes hold. Default: 0. */
  usedByOthersBytes?: number;
  /** `major.minor`. Default: `9.0`. */
  computeCapability?: string;
}

/**
 * Makes an exported function answer a code, take its time, or never return. Needs at least one of
 * `code`, `delayMs` and `hang: true`. Rules are asked in their order: the first that answers a code
 * ends the matter, and those behind it do not count the call.
 */
export interface MockRule {
  library: MockLibrary;
  /** A function's exact name as exported (`cuMemGetInfo_v2`), or a pattern with `*` and `?`. */
  call: string;
  /** Only for this device: the CUDA ordinal for `cudart` and `cuda`, the index for `nvml`. Default: any. */
  device?: number;
  /** Matching calls that pass before the rule acts. Default: 0. */
  afterCalls?: number;
  /** Matching calls on which it then acts, at least 1. Default: for ever. */
  times?: number;
  /** The vendor's name of a failure (in the numbering of `cudnnVersion` for cuDNN), or any number above 0. A sticky one poisons the device. */
  code?: string | number;
  /** Waits so long first, in milliseconds, at most a day. Ends early when the scenario is replaced. */
  delayMs?: number;
  /** Blocks the call until the stand-in is reset or configured again; for ever otherwise. */
  hang?: boolean;
}

/** The machine to simulate. Everything may be left out; `{}` is one idle H100 with CUDA 13.0. */
export interface MockScenario {
  /** How many default devices (0 to 255), or one object for each. The default order of CUDA. Default: 1. */
  devices?: number | MockDevice[];
  /** Default: `580.65.06`. */
  driverVersion?: string;
  /** Default: CUDA's major version before `driverVersion`, e.g. `13.580.65.06`. */
  nvmlVersion?: string;
  /** As CUDA packs it: 1000 × major + 10 × minor. 0: no driver is installed. Default: 13000. */
  cudaDriverVersion?: number;
  /** In the same form. Default: 13000. */
  cudaRuntimeVersion?: number;
  /** `major.minor.patch`. Default: `9.13.0`. */
  cudnnVersion?: string;
  /** What an active primary context takes of its device. Default: 300 MiB. */
  contextOverheadBytes?: number;
  /** In place of the environment's `CUDA_VISIBLE_DEVICES`; `''` hides all. NVML sees them all the same. */
  visibleDevices?: string;
  /** All NVML indexes in the order of CUDA's ordinals, in place of the environment's `CUDA_DEVICE_ORDER`. */
  cudaOrder?: number[];
  rules?: MockRule[];
}

/** One device as it is now. `total = free + used + reserved`, in bytes. */
export interface MockDeviceState {
  nvmlIndex: number;
  /** `null`: hidden from CUDA, or CUDA's driver is not initialised yet. */
  cudaOrdinal: number | null;
  name: string;
  uuid: string;
  pciBusId: string;
  computeCapability: string;
  total: number;
  free: number;
  /** By this process and others, without what is reserved. */
  used: number;
  reserved: number;
  /** Live allocations on it. */
  allocations: number;
  /** Of the primary context. */
  contextActive: boolean;
  /** The sticky code that its context answers; `null`: healthy. */
  poisoned: number | null;
}

export interface MockState {
  /** By NVML index. */
  devices: MockDeviceState[];
  /** Live allocations of the process. */
  allocations: number;
  /** Calls that a rule with `hang` holds at this moment. */
  hanging: number;
  /** Kernels that were launched, by the name that the compiler gave them. */
  launches: Record<string, number>;
  /** Calls of functions that the stand-in does not model, by name, since the process began. */
  unsupported: Record<string, number>;
  /** By function; every exported function is here. */
  calls: Record<string, number>;
}

/**
 * The stand-in of this process. There is one: a later `useMock` gives it another scenario, and
 * earlier handles then steer that one, too.
 */
export interface Mock {
  /**
   * Adds a rule behind the others, without starting afresh.
   *
   * @throws {TypeError} `rule` is no plain data, or not a rule; the message names the place, what was
   * given and the nearest valid word.
   */
  inject(rule: MockRule): void;
  /**
   * Back to the scenario's beginning: injected rules, allocations, contexts and errors are gone,
   * device addresses are void, calls that hang are released.
   */
  reset(): void;
  state(): MockState;
  /** How often the process has called each function since the scenario's beginning; those that it has called. */
  calls(): Record<string, number>;
  /**
   * The same for one function, 0 for none.
   *
   * @throws {RangeError} the stand-in has no such function.
   */
  calls(name: string): number;
}
