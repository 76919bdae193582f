/** Devices and their memory, read without creating a CUDA context. */

import type { DeviceMemory } from '../failure/types.js';
import { checkDevice } from '../guard/arguments.js';
import { Reading, ReadingSource } from '../native/binding.js';
import type { NativeBinding } from '../native/binding.js';
import { loadBinding, loadReadings } from '../native/load.js';

// Of this module's own, because deviceMemory is called often and looking them up elsewhere shows.
const { free: FREE, used: USED, reserved: RESERVED, total: TOTAL, source: SOURCE } = Reading;
const FROM_NVML = ReadingSource.nvml;
let binding: NativeBinding | null = null;
let buffer: ArrayLike<number> = [];

/**
 * How many devices CUDA sees in this process, after `CUDA_VISIBLE_DEVICES`. Their ordinals are 0 up
 * to one less.
 *
 * Initialises the driver (`cuInit`; CUDA Driver API, "Initialization"), creates no context, leaves
 * no last error behind. Blocks as long as the driver does. Where the driver's library is absent the
 * runtime is asked instead, so that the failure carries its code.
 *
 * @throws {GPUException} category `no-device` without a driver or a device.
 */
export function deviceCount(): number {
  return loadBinding().deviceCount();
}

/**
 * The memory of one device in bytes, for all its users together. `null` stands for a figure that
 * the device does not have, never 0.
 *
 * Asks NVML, joined to the CUDA ordinal by UUID or PCI bus id, so that it is right under
 * `CUDA_VISIBLE_DEVICES`, `CUDA_DEVICE_ORDER` and MIG (NVML API Reference,
 * `nvmlDeviceGetMemoryInfo_v2`: `total = free + used + reserved`; drivers without it count the
 * reserved part as used, and `reserved` is `null`). Where NVML is absent, or has no figures for the device
 * (unified memory), the driver (`source: 'cuda'`): `free` and `used` only if this process uses the device
 * already, else only `total`.
 *
 * Initialises the driver and NVML; creates no CUDA context. May be called on any thread; blocks as
 * long as the driver does. Not verified on hardware.
 *
 * @param device CUDA ordinal, an integer from 0 to 2147483647.
 * @throws {TypeError | RangeError} `device` is no such integer.
 * @throws {GPUException} no driver, no such device, or the device does not answer.
 */
export function deviceMemory(device = 0): DeviceMemory {
  if (typeof device !== 'number' || (device | 0) !== device || device < 0) {
    checkDevice(device, 'device');
  }
  (binding ?? bind()).deviceMemory(device);
  const free = buffer[FREE] as number;
  const used = buffer[USED] as number;
  const reserved = buffer[RESERVED] as number;
  const total = buffer[TOTAL] as number;
  const source = buffer[SOURCE] === FROM_NVML ? 'nvml' : 'cuda';
  // The addon answers NaN for "unknown". One test for all four: it makes the sum NaN, too.
  return Number.isNaN(free + used + reserved + total)
    ? {
        free: known(free),
        used: known(used),
        reserved: known(reserved),
        total: known(total),
        source,
      }
    : { free, used, reserved, total, source };
}

function bind(): NativeBinding {
  binding = loadBinding();
  buffer = loadReadings();
  return binding;
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
