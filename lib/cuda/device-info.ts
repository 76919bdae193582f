/** Who the devices are. */

import type { DeviceMemory, GPUFailure } from '../failure/types.js';
import { readMemory } from '../guard/raise-native.js';
import type { NativeDevice } from '../native/answers.js';
import { loadBinding } from '../native/load.js';
import { failureOfProbe } from './probe-failure.js';

/** One device that CUDA sees in this process. `null` stands for what the libraries do not tell. */
export interface DeviceInfo {
  /** CUDA ordinal, after `CUDA_VISIBLE_DEVICES` and `CUDA_DEVICE_ORDER`. */
  device: number;
  /**
   * NVML's number for the same device, which `nvidia-smi` shows and which no variable changes; of a
   * MIG instance, that of the GPU it is part of. `null`: NVML is absent or does not show the device.
   */
  nvmlIndex: number | null;
  name: string | null;
  /** With NVML's prefix: `GPU-…`, or `MIG-…` for an instance. */
  uuid: string | null;
  /** As CUDA writes it, e.g. `0000:3B:00.0`. */
  pciBusId: string | null;
  /** `major.minor`, e.g. `9.0`. */
  computeCapability: string | null;
  /**
   * Whether it is a MIG instance: then name, UUID and memory are the instance's. Without NVML an instance
   * is known by its name, and of what has no such name it is `null`.
   */
  mig: boolean | null;
  /** As {@link deviceMemory} answers it; `null` when the device has no figure, or does not answer. */
  memory: DeviceMemory | null;
  /** What it answered when asked for its memory; `null`: nothing is wrong with that. */
  failure: GPUFailure | null;
}

/**
 * The devices that CUDA sees in this process, by ordinal: CUDA's view (CUDA Driver API, "Device
 * Management") joined to NVML's by UUID, else by PCI bus id, so that both numbers are right under
 * every form of `CUDA_VISIBLE_DEVICES` and `CUDA_DEVICE_ORDER`. A device that has fallen off the bus
 * is in the list, with `failure`, and spoils nothing for the others; where NVML is there and refuses to
 * start, all are in the list with what the driver tells, and with NVML's answer as `failure`.
 *
 * Initialises the driver (`cuInit`) and NVML; creates no CUDA context. May be called on any thread;
 * blocks as long as the driver does – {@link snapshot} does not. Not verified on hardware.
 *
 * @throws {GPUException} category `no-device` without a driver or a device; or the driver refuses.
 */
export function devices(): DeviceInfo[] {
  return Array.from(loadBinding().devices(), toDeviceInfo);
}

/** The addon's answer as an object of this realm. */
export function toDeviceInfo(native: NativeDevice): DeviceInfo {
  const { device, nvmlIndex, name, uuid, pciBusId, computeMajor, computeMinor, mig } = native;
  const known = computeMajor !== null && computeMinor !== null;
  return {
    device,
    nvmlIndex,
    name,
    uuid,
    pciBusId,
    computeCapability: known ? `${String(computeMajor)}.${String(computeMinor)}` : null,
    mig,
    memory: native.memory === null ? null : readMemory(native.memory),
    failure: native.refusal === null ? null : failureOfProbe(native.refusal, device),
  };
}
