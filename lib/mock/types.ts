/** What a scenario may say, and what the stand-in tells. Types only. */

import type { mockKernel } from './kernel.js';

/** A library that the stand-in stands in for. */
export type MockLibrary = 'cudart' | 'cuda' | 'nvml' | 'cudnn' | 'cublas' | 'nvrtc';

/** A model of GPU (`native/mock/engine/boards.def`); none has been verified on hardware. */
export type MockProfile =
  | 't4'
  | 'l4'
  | 'a10g'
  | 'a100-40gb'
  | 'a100-80gb'
  | 'l40s'
  | 'h100'
  | 'h200'
  | 'b200'
  | 'rtx-4090'
  | 'jetson-orin';

/** A named failure (`native/mock/scenario/presets.def`); docs/mock.md says what each does. */
export type MockPreset =
  | 'out-of-memory'
  | 'fragmentation'
  | 'contained-error'
  | 'illegal-address'
  | 'launch-timeout'
  | 'assert'
  | 'hardware-stack-error'
  | 'illegal-instruction'
  | 'misaligned-address'
  | 'invalid-address-space'
  | 'invalid-pc'
  | 'launch-failure'
  | 'tensor-memory-leak'
  | 'mps-client-terminated'
  | 'external-device'
  | 'device-lost'
  | 'fallen-off-the-bus'
  | 'ecc-uncorrectable'
  | 'row-remap-failure'
  | 'reset-required'
  | 'exclusive-mode-busy'
  | 'no-permission'
  | 'driver-not-loaded'
  | 'driver-too-old'
  | 'version-mismatch'
  | 'no-device'
  | 'system-not-ready'
  | 'nvml-hang'
  | 'init-fails-twice';

/** What NVML reads from a device. Keys that are left out stay as they are; a board begins idle. */
export interface MockCondition {
  /** Percent, 0 to 100, as all that end so. */
  gpuPercent?: number;
  memoryPercent?: number;
  encoderPercent?: number;
  decoderPercent?: number;
  fanPercent?: number;
  temperatureCelsius?: number;
  powerMilliwatts?: number;
  powerLimitMilliwatts?: number;
  graphicsMhz?: number;
  smMhz?: number;
  memoryMhz?: number;
  videoMhz?: number;
  throttleReasons?: (
    | 'gpuIdle'
    | 'applicationsClocksSetting'
    | 'swPowerCap'
    | 'hwSlowdown'
    | 'syncBoost'
    | 'swThermalSlowdown'
    | 'hwThermalSlowdown'
    | 'hwPowerBrakeSlowdown'
    | 'displayClockSetting'
  )[];
  ecc?: {
    enabled?: boolean;
    volatileCorrected?: number;
    volatileUncorrected?: number;
    aggregateCorrected?: number;
    aggregateUncorrected?: number;
  };
  /** Told by boards with ECC from Ampere on, 0 to 512 rows. */
  remappedRows?: {
    correctable?: number;
    uncorrectable?: number;
    pending?: boolean;
    failure?: boolean;
  };
  /** Page addresses; told by boards with ECC before Ampere. */
  retiredPages?: { singleBit?: number[]; doubleBit?: number[]; pending?: boolean };
  /** Other processes. This one is listed while it has a context. */
  processes?: {
    pid: number;
    bytes?: number;
    /** Default: `process-` and the pid. */
    name?: string;
    /** Default: `compute`. */
    type?: 'compute' | 'graphics';
  }[];
  /** Only what NVML tells; the preset `exclusive-mode-busy` makes CUDA fail, too. */
  computeMode?: 'default' | 'prohibited' | 'exclusive-process';
  persistence?: boolean;
  recoveryAction?:
    'none' | 'gpu-reset' | 'node-reboot' | 'drain-p2p' | 'drain-and-reset' | 'recover-imex-domain';
  fabricHealthy?: boolean;
}

/**
 * One simulated GPU. Sizes are whole numbers of bytes below 2^53; `reservedBytes` and
 * `usedByOthersBytes` must fit into `memoryBytes` together.
 */
export interface MockDevice {
  /** Decides the defaults of the rest. Default: `h100`. */
  profile?: MockProfile;
  /** 1 to 95 bytes. Default: the profile's. */
  name?: string;
  /** `GPU-` and 8-4-4-4-12 lower-case hexadecimal digits. Default: derived from the place in the list, the same in every run. */
  uuid?: string;
  /** E.g. `0000:3B:00.0`; NVML numbers the devices by it. Default: the lowest free bus of domain 0. */
  pciBusId?: string;
  /** Total memory. Default: the profile's. */
  memoryBytes?: number;
  /** What the driver keeps for itself. Default: the profile's, or 1/148 of `memoryBytes` in whole MiB. */
  reservedBytes?: number;
  /** What other processes hold. Default: what the condition's processes hold. */
  usedByOthersBytes?: number;
  /** What is free at the beginning, in place of `usedByOthersBytes`. */
  freeBytes?: number;
  /** `major.minor`. Default: the profile's. */
  computeCapability?: string;
  /** MIG instances such as `2g.20gb`; CUDA sees the first, or the one whose UUID is visible. Default: none, MIG is off. */
  mig?: string[];
  /** `false`: NVML's look-ups of it answer "no permission". Default: `true`. */
  permitted?: boolean;
  /**
   * The device reads and writes pageable memory by itself (HMM, ATS), so that asynchronous copies of it
   * return before they are done. Default: `false`.
   */
  pageableMemoryAccess?: boolean;
  condition?: MockCondition;
}

/**
 * Makes an exported function answer a code, take its time, or never return. Needs at least one of
 * `code`, `delayMs`, `xid` and `hang: true`. Rules are asked in their order: the first that answers a code
 * ends the matter, and those behind it do not count the call.
 */
export interface MockRule {
  library: MockLibrary;
  /** A function's exact name as exported (`cuMemGetInfo_v2`), or a pattern with `*` and `?`. */
  call: string;
  /** Only for this device: the CUDA ordinal for `cudart` and `cuda`, the index for `nvml`. Default: any. */
  device?: number;
  /** Only for this thread: threads are numbered in the order of their first call. Default: any. */
  thread?: number;
  /** Matching calls that pass before the rule acts. Default: 0. */
  afterCalls?: number;
  /** Matching calls on which it then acts, at least 1. Default: for ever. */
  times?: number;
  /** Of each call that could act, above 0 and up to 1. Default: 1. */
  probability?: number;
  /** Decides which calls a `probability` meets: the same seed, the same calls. Default: 0. */
  seed?: number;
  /** The vendor's name of a failure (in the numbering of `cudnnVersion` for cuDNN), or any number above 0. A sticky one poisons the device. */
  code?: string | number;
  /** Words for the call log. */
  detail?: string;
  /**
   * `true`: once it has acted it acts on every further matching call, and a CUDA code poisons the
   * device even if it is not documented to. `false`: no code poisons. Default: as documented.
   */
  sticky?: boolean;
  /** Raised as an event of the device (of all, where the call names none) when the rule first acts. */
  xid?: number;
  /** Waits so long first, in milliseconds, at most a day. Ends early when the scenario is replaced. */
  delayMs?: number;
  /** Blocks the call until the stand-in is reset or configured again; for ever otherwise. */
  hang?: boolean;
}

/** A preset, and what is changed about it. */
export interface MockPresetUse {
  preset: MockPreset;
  /** The place in the scenario's list of devices. Default: 0. */
  device?: number;
  /** Only its rules of these libraries: each layer can fail alone. Default: all. */
  layers?: MockLibrary[];
  /** These are laid over each of its rules. */
  afterCalls?: number;
  times?: number;
  probability?: number;
  seed?: number;
}

/** The machine to simulate. Everything may be left out; `{}` is one idle H100 with CUDA 13.0. */
export interface MockScenario {
  /**
   * How many default devices (0 to 255), profiles (`h100:2,l4`), or a list of profiles and objects;
   * the default order of CUDA. Default: 1.
   */
  devices?: number | string | (string | MockDevice)[];
  presets?: (MockPreset | MockPresetUse)[];
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
  /**
   * NVML lists this process by a host's number (here 4194304 more than its own, which is nobody's), as
   * older kernel drivers do for who is in a PID namespace of its own. Default: `false`, by its own number,
   * as newer ones do; what those leave out, because it cannot be seen from there, `condition.processes`
   * leaves out, too.
   */
  hostPids?: boolean;
  /** In place of the environment's `CUDA_VISIBLE_DEVICES`; `''` hides all. NVML sees them all the same. */
  visibleDevices?: string;
  /** All NVML indexes in the order of CUDA's ordinals, in place of the environment's `CUDA_DEVICE_ORDER`. */
  cudaOrder?: number[];
  rules?: MockRule[];
  /** `virtual`: time stands still until `advance()`. Default: `real`, which `advance()` moves on. */
  clock?: 'real' | 'virtual';
  /** How many of the latest calls `callLog()` keeps. Default: 0, no log. */
  callLog?: number;
  /** Calling a function that is exported and not modelled aborts the process. Default: `false`. */
  strict?: boolean;
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
  /** Who holds it: the runtime, and each `cuDevicePrimaryCtxRetain` that was not released yet. */
  contextReferences: number;
  /** The sticky code that its context answers; `null`: healthy. */
  poisoned: number | null;
  /** Only of a divided board. */
  migDevices?: MockDeviceState[];
}

/** One call of the process into the stand-in. */
export interface MockCall {
  /** Of all calls since the scenario's beginning, from 1. */
  number: number;
  library: MockLibrary;
  call: string;
  /** Threads are numbered in the order of their first call. */
  thread: number;
  /** On the machine's clock. */
  atMs: number;
  /** In the library's own numbering; `null`: none. */
  device: number | null;
  /** `null`: it has not returned, or it answers no status. */
  status: number | null;
  /**
   * By the vendor's names, in their order; empty for calls that answer no status. NVML's devices are
   * their indexes, pointers and driver API addresses hexadecimal text, kernels the names that their
   * compiler gave them, grids and blocks three numbers.
   */
  arguments: Record<string, string | number | number[] | null>;
  /** Of the rule that answered. */
  detail?: string;
}

/** What can be done to a machine from another process, too. */
export interface MockSteering {
  /**
   * Adds a rule behind the others, or those of a preset, without starting afresh. A preset that
   * changes what the machine is made of can only be given in a scenario.
   *
   * @throws {TypeError} `rule` is no plain data, or not a rule; the message names the place, what was
   * given and the nearest valid word.
   */
  inject(rule: MockRule | MockPresetUse): void;
  /** Moves the machine's clock on. @throws {TypeError} for what is no whole number of milliseconds. */
  advance(ms: number): void;
  /** An Xid event for whoever registered with NVML. @throws {TypeError} for an unknown device (NVML index). */
  raiseXid(event: { xid: number; device?: number }): void;
  /** Changes what NVML reads from a device (NVML index). @throws {TypeError} as `inject`. */
  change(device: number, condition: MockCondition): void;
  /**
   * Back to the scenario's beginning: injected rules, allocations, contexts and errors are gone,
   * device addresses are void, calls that hang are released.
   */
  reset(): void;
}

export interface MockState {
  /** By NVML index. */
  devices: MockDeviceState[];
  /** Live allocations of the process. */
  allocations: number;
  /** Blocks of host memory that CUDA knows: pinned, managed and registered. */
  hostAllocations: number;
  /** Created and not destroyed yet; default streams are not counted. */
  streams: number;
  events: number;
  /** Loaded through the driver API and not unloaded yet. */
  modules: number;
  /** NVRTC's programs that were not destroyed yet, since the process began. */
  programs: number;
  /** By `cuCtxPushCurrent` onto the stacks of all threads, and not popped yet. */
  pushedContexts: number;
  /** The machine's clock, in milliseconds since the scenario's beginning. */
  nowMs: number;
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
export interface Mock extends MockSteering {
  state(): MockState;
  /** How often the process has called each function since the scenario's beginning; those that it has called. */
  calls(): Record<string, number>;
  /**
   * The same for one function, 0 for none.
   *
   * @throws {RangeError} the stand-in has no such function.
   */
  calls(name: string): number;
  /**
   * The latest calls, oldest first.
   *
   * @throws {TypeError} the scenario asks for no log.
   */
  callLog(): MockCall[];
  /** Has JavaScript compute a kernel; see `mockKernel` in docs/kernels.md. */
  kernel: typeof mockKernel;
}
