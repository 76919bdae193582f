/** TVM and Taichi. */

import { factsOfCudaString } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const tvm: readonly Rule[] = [
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
    example: 'VulkanError: Check failed: __e == VK_SUCCESS',
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
