/** Names by which addons and engines call the vendors' libraries. */

import type { GPULibrary } from './types.js';

const NAMES: ReadonlyMap<string, GPULibrary> = new Map<string, GPULibrary>([
  ['cudart', 'cudart'],
  ['libcudart', 'cudart'],
  ['cuda runtime', 'cudart'],
  ['cuda-runtime', 'cudart'],
  ['cuda', 'cuda'],
  ['libcuda', 'cuda'],
  ['cuda driver', 'cuda'],
  ['cuda-driver', 'cuda'],
  ['nvcuda', 'cuda'],
  ['nvml', 'nvml'],
  ['nvidia-ml', 'nvml'],
  ['cudnn', 'cudnn'],
  ['cublas', 'cublas'],
  ['cublaslt', 'cublas'],
  ['cufft', 'cufft'],
  ['curand', 'curand'],
  ['cusparse', 'cusparse'],
  ['cusolver', 'cusolver'],
  ['nccl', 'nccl'],
  ['nvrtc', 'nvrtc'],
  ['tensorrt', 'tensorrt'],
  ['nvinfer', 'tensorrt'],
  ['hip', 'hip'],
  ['amdhip64', 'hip'],
  ['rocm-smi', 'rocm-smi'],
  ['vulkan', 'vulkan'],
  ['metal', 'metal'],
  ['d3d', 'd3d'],
  ['dxgi', 'd3d'],
  ['directml', 'd3d'],
  ['webgpu', 'webgpu'],
  ['opencl', 'opencl'],
  ['sycl', 'sycl'],
  ['level-zero', 'level-zero'],
  ['cann', 'cann'],
]);

/** The library of that name, in any case; `null` for a stranger. */
export function libraryNamed(name: unknown): GPULibrary | null {
  return typeof name === 'string' && name.length < 40
    ? (NAMES.get(name.toLowerCase()) ?? null)
    : null;
}
