/** Compilers and array libraries with several back ends: TVM, Taichi, ArrayFire, MATLAB. */

import { factsOfCudaString } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const compilers: readonly Rule[] = [
  {
    id: 'arrayfire.memory',
    origin: 'arrayfire/arrayfire src/api/c/err_common.cpp: Device out of memory (101)',
    pattern: /Device out of memory ?[(:]|AF_ERR_NO_MEM|ArrayFire Exception \((?<why>[^):\n]{3,60})/,
    weight: Weight.certain,
    category: 'library',
    resolve: (match) =>
      /out of memory|NO_MEM/.test(match[0])
        ? { category: 'out-of-memory' }
        : /[Uu]nable to load|driver/.test(match[0])
          ? { category: 'driver-mismatch', restart: 'environment' }
          : {},
    example: 'ArrayFire Exception (Device out of memory:101):',
  },
  {
    id: 'matlab.gpu',
    origin: 'MATLAB Parallel Computing Toolbox: gpuArray and gpuDevice',
    pattern:
      /(?<oom>Out of memory on device)|error occurred during CUDA execution|problem with the CUDA driver or with this GPU|Unable to find a supported GPU device|GPU device[^\n]{0,40}is not supported|CUDA error was: (?<why>\w{4,60})/,
    weight: Weight.strong,
    category: 'no-device',
    resolve: (match) => {
      if (match.groups?.['oom'] !== undefined) return { category: 'out-of-memory' };
      return /CUDA e/.test(match[0]) ? { category: 'library', library: 'cuda' } : {};
    },
    example:
      "Out of memory on device. To view more detail about available memory on the GPU, use 'gpuDevice()'.",
  },
  {
    id: 'tvm.check',
    origin: 'apache/tvm src/runtime/cuda/cuda_common.h, src/runtime/opencl, src/runtime/vulkan',
    pattern:
      /\bCUDA: (?<why>[a-z][^\n]{3,80})|\b(?:CUDAError|VulkanError|ROCMError|MetalError): [^\n]{0,120}/,
    weight: Weight.fair,
    category: 'library',
    resolve: (match) =>
      match.groups?.['why'] === undefined
        ? (factsOfCudaString(match[0], true, false) ?? {})
        : factsOfCudaString(match.groups['why'], true, false),
    example:
      'Check failed: (e == cudaSuccess) is false: CUDA: an illegal memory access was encountered',
    nearMiss: 'torch CUDA: available',
  },
  {
    id: 'taichi.device',
    origin:
      'taichi-dev/taichi taichi/rhi/cuda/cuda_driver.h, taichi/rhi/vulkan/vulkan_device_creator.cpp',
    pattern:
      /failed to find a Vulkan compatible device|Arch=\w{2,12} is not supported, falling back|\[E\] Received signal \d[^\n]{0,20}\bcuda\b|RHI error/,
    weight: Weight.fair,
    category: 'no-device',
    example: '[E] failed to find a Vulkan compatible device',
  },
];
