/** What a failed call of our own addon says beyond its tag. */

import { freemem, totalmem } from 'node:os';
import type { NativeFailure } from '../native/answers.js';
import { makeFailure, withMemory } from './make.js';
import type { GPUFailure } from './types.js';

/** `cudaErrorInsufficientDriver`: the driver is older than the runtime needs, or is not there. */
const INSUFFICIENT_DRIVER = 35;

const NO_DRIVER =
  'Install the NVIDIA driver: it is missing on this machine (libcuda.so.1, or nvcuda.dll on Windows), or the container was started without access to it (--gpus all). To run without a GPU, choose the stand-in with GPU_EXCEPTIONS_BACKEND=mock.';

const NO_LIBRARY: Readonly<Record<string, string>> = {
  cudart:
    'Install the CUDA runtime (libcudart, part of the CUDA toolkit) or name its path in GPU_EXCEPTIONS_CUDART; the cause lists where it was looked for.',
  cuda: 'Correct the path of the driver’s library in GPU_EXCEPTIONS_CUDA; the cause says why it was not taken.',
  nvml: 'Install NVML (libnvidia-ml, part of the driver) or name its path in GPU_EXCEPTIONS_NVML; the cause lists where it was looked for.',
  cudnn:
    'Install cuDNN or name its path in GPU_EXCEPTIONS_CUDNN; the cause lists where it was looked for.',
  nvrtc:
    'Install NVRTC (libnvrtc, part of the CUDA toolkit) or name its path in GPU_EXCEPTIONS_NVRTC; the cause lists where it was looked for. Or compile with nvcc beforehand and load the file with loadModule().',
};

const HOST_MEMORY =
  'Free memory of the machine, or ask for less page-locked memory: it is taken from the machine’s memory and not from the device’s, and cannot be swapped out.';

/**
 * The failure that a tag alone leaves open: a library that could not be had at all, and code 35,
 * which means "no driver" or "driver too old" depending on the driver's version; and page-locked
 * memory that was refused, of which a device's reading would tell nothing.
 */
export function refineNative(failure: GPUFailure, native: NativeFailure): GPUFailure {
  const { library, code, driverVersion } = native;
  if (code === null) {
    const missingDriver = library === 'cuda' && !(process.env['GPU_EXCEPTIONS_CUDA'] ?? '');
    return missingDriver
      ? refined(failure, 'no-device', NO_DRIVER)
      : refined(failure, 'library', NO_LIBRARY[library] ?? failure.remedy);
  }
  if (failure.category === 'out-of-memory' && failure.call === 'cudaHostAlloc') {
    return ofHostMemory(failure);
  }
  if (library !== 'cudart' || code !== INSUFFICIENT_DRIVER) return failure;
  if (driverVersion === 0) return refined(failure, 'no-device', NO_DRIVER);
  if (driverVersion === undefined || driverVersion === null) return failure;
  const newest = `${String(Math.floor(driverVersion / 1000))}.${String(Math.floor((driverVersion % 1000) / 10))}`;
  return refined(
    failure,
    'driver-mismatch',
    `Update the NVIDIA driver: the one here knows CUDA up to ${newest}, which is older than the CUDA runtime in use needs; or use a build made for an older CUDA.`,
  );
}

function ofHostMemory(failure: GPUFailure): GPUFailure {
  const [free, total] = [freemem(), totalmem()];
  const memory = { free, used: total - free, reserved: null, total, source: 'host' } as const;
  return Object.freeze({ ...withMemory(failure, memory), remedy: HOST_MEMORY });
}

function refined(
  failure: GPUFailure,
  category: 'no-device' | 'driver-mismatch' | 'library',
  remedy: string,
): GPUFailure {
  const { library, code, name, call, device, requestedBytes, memory, evidence } = failure;
  return makeFailure(
    {
      category,
      library,
      code,
      name,
      call,
      device,
      requestedBytes,
      memory,
      remedy,
      restart: 'environment',
      retryable: false,
    },
    evidence,
  );
}
