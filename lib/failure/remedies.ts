/** What to do next, in one sentence for the person on call, where no vendor code says it better. */

import type { GPUFailureCategory } from './types.js';

const REMEDIES: Readonly<Record<GPUFailureCategory, string>> = {
  'out-of-memory':
    'Free device memory or send less at once (smaller batch, shorter input, fewer models on the device), then try again.',
  'kernel-fault':
    'Start a new process: the CUDA context of this one is unusable. Rerun with CUDA_LAUNCH_BLOCKING=1 or compute-sanitizer to find the kernel.',
  hardware:
    'Take the device out of service, read its ECC and Xid counters with nvidia-smi -q, and reset or replace it.',
  'device-lost':
    'Release everything that belongs to the device and start a new process; if the device stays away, look at the kernel log and reboot the node.',
  'no-device':
    'Check that the machine has a GPU, that its driver is installed and loaded, and that CUDA_VISIBLE_DEVICES or the container lets this process see it.',
  'driver-mismatch':
    'Bring driver and libraries to matching versions; after a driver update, reload the kernel module or reboot the node.',
  library:
    'Look at the GPU library’s own log and at the GPU errors before this one; the library reports that it failed, not why.',
  timeout:
    'Look for a hung kernel or a missing peer; restart the process if the device does not answer other calls.',
  busy: 'Wait for the other user of the device to finish, or give this process a device of its own (see nvidia-smi compute mode).',
  permission:
    'Give this user or container access to the device files and to the requested feature.',
  'not-supported': 'Use a build made for this device, or a device that offers what the call needs.',
  'invalid-argument': 'Correct the arguments of the GPU call; trying again as it is cannot help.',
  aborted: 'Start the process that died again and read the last lines of its log for the cause.',
  unknown:
    'Collect the engine’s log and the kernel log of that moment; the error does not name its cause.',
};

const TOO_BIG =
  'The request needs more memory than the device has in all: make the input smaller or use a larger device; a restart does not help.';

/** Where it is not said that the context is lost: most failed launches lose it, not all. */
const FAULT_IN_DOUBT =
  'Ask CUDA for its last error, or contextHealth(), which decides whether the process can go on; rerun with CUDA_LAUNCH_BLOCKING=1 or compute-sanitizer to find the kernel.';

/** The sentence for a category. `sticky`: as the failure says. */
export function remedyFor(category: GPUFailureCategory, sticky: boolean): string {
  return category === 'kernel-fault' && !sticky ? FAULT_IN_DOUBT : REMEDIES[category];
}

/** The sentence for an allocation that could never fit the device. */
export function remedyForTooBig(): string {
  return TOO_BIG;
}
