/** Who uses a device. */

import { checkDevice } from '../guard/arguments.js';
import type { NativeProcess } from '../native/answers.js';
import { loadBinding } from '../native/load.js';

/** One process that uses a device. */
export interface GPUProcess {
  /** As the driver counts; see `hostPid`. */
  pid: number;
  /**
   * `true`: this process runs in a PID namespace of its own (a container) and `pid` is the host's, so
   * it names another process here, or none. `false`: it is a number of this process's own namespace.
   * `null`: not known, as in a container before this process uses the device itself – newer kernel
   * drivers tell a container its own numbers and leave out whom it cannot see, older ones the host's,
   * and which it is shows by how this process is listed.
   */
  hostPid: boolean | null;
  /** `null`: not known, as always where `hostPid` is not `false`. */
  name: string | null;
  /** Device memory that it holds, in bytes; `null`: not told, as always under Windows (WDDM). */
  bytes: number | null;
  /** What kind of context it has there. */
  type: 'compute' | 'graphics' | 'compute+graphics';
}

/**
 * The processes that use a device, by pid, as NVML tells them (NVML API Reference,
 * `nvmlDeviceGetComputeRunningProcesses` and `nvmlDeviceGetGraphicsRunningProcesses`). `null` where
 * nobody can tell: no NVML, a device that it does not show, or no list of who computes on it (WSL 2);
 * where there is none of graphics (MIG), that one is the answer. In a PID namespace of its own the state
 * of this process's primary context is asked, too (`hostPid`).
 *
 * Initialises the driver and NVML; creates no CUDA context. May be called on any thread; blocks as
 * long as the driver does. Not verified on hardware.
 *
 * @param device CUDA ordinal, an integer from 0 to 2147483647.
 * @throws {TypeError | RangeError} `device` is no such integer.
 * @throws {GPUException} no driver, no such device, or the device does not answer.
 */
export function processes(device = 0): GPUProcess[] | null {
  checkDevice(device, 'device');
  return toProcesses(loadBinding().processes(device));
}

/** The addon's answer as objects of this realm. */
export function toProcesses(native: NativeProcess[] | null): GPUProcess[] | null {
  if (native === null) return null;
  return Array.from(native, ({ pid, hostPid, name, bytes, compute, graphics }) => {
    const type = compute ? (graphics ? 'compute+graphics' : 'compute') : 'graphics';
    return { pid, hostPid, name, bytes, type };
  });
}
