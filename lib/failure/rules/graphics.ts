/** Vulkan, Direct3D/DXGI and Metal as programs print them without the status name. */

import type { FailureFacts } from '../facts.js';
import { graphicsFacts } from '../graphics-codes.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

/** `DeviceLost`, as Vulkan-Hpp writes `VK_ERROR_DEVICE_LOST`. */
function factsOfHppName(name: string): FailureFacts | null {
  return graphicsFacts(
    `VK_ERROR_${name.replace(/(?<=[a-z])[A-Z]/g, (c) => `_${c}`).toUpperCase()}`,
  );
}

export const graphics: readonly Rule[] = [
  {
    id: 'vulkan.hpp-name',
    origin: 'KhronosGroup/Vulkan-Hpp vulkan/vulkan_to_string.hpp: Error<Name>',
    pattern:
      /\bError(?<what>DeviceLost|OutOfDeviceMemory|IncompatibleDriver|InitializationFailed|FeatureNotPresent|ExtensionNotPresent|MemoryMapFailed|OutOfPoolMemory|FragmentedPool)\b/,
    weight: Weight.strong,
    category: 'unknown',
    library: 'vulkan',
    resolve: (match) => factsOfHppName(match.groups?.['what'] ?? ''),
    example: 'vk::Device::waitForFences: ErrorDeviceLost',
  },
  {
    id: 'vulkan.hpp-class',
    origin: 'KhronosGroup/Vulkan-Hpp vulkan/vulkan.hpp: exception classes vk::<Name>Error',
    pattern:
      /\bvk::(?<what>DeviceLost|OutOfDeviceMemory|IncompatibleDriver|InitializationFailed|FeatureNotPresent|ExtensionNotPresent|MemoryMapFailed|OutOfPoolMemory|FragmentedPool)Error\b/,
    weight: Weight.strong,
    category: 'unknown',
    library: 'vulkan',
    resolve: (match) => factsOfHppName(match.groups?.['what'] ?? ''),
    example: "terminate called after throwing an instance of 'vk::DeviceLostError'",
    nearMiss: "terminate called after throwing an instance of 'vk::OutOfHostMemoryError'",
  },
  {
    id: 'vulkan.validation',
    origin: 'KhronosGroup/Vulkan-ValidationLayers: ids of broken rules',
    pattern: /\bVUID-\w{2,40}-\w{2,60}-\d{3,6}|UNASSIGNED-\w{2,40}-\w{2,60}/,
    weight: Weight.strong,
    category: 'invalid-argument',
    library: 'vulkan',
    example: 'Validation Error: [ VUID-vkCmdDraw-None-02699 ] Object 0: handle = 0x1',
  },
  {
    id: 'vulkan.memory',
    origin:
      'common wording of Vulkan allocators, e.g. Traverse-Research/gpu-allocator src/result.rs',
    pattern:
      /\b(?:[Oo]ut of|[Ff]ailed to allocate|[Uu]nable to allocate|[Cc]ould not allocate|[Cc]annot allocate|[Ee]rror allocating)(?: \d[\d.,]{0,18}(?: ?[KMGT]?i?B| bytes| MB)?(?: of)?)? (?:device|video|GPU|graphics|on-?device) memory|\bOutOfDeviceMemory\b/,
    weight: Weight.strong,
    category: 'out-of-memory',
    example: 'Unable to allocate device memory: Out of device memory',
    nearMiss: 'failed to load: fit params to free device memory',
  },
  {
    id: 'vulkan.no-device',
    origin:
      'common wording of Vulkan programs, e.g. ggml-org/ggml src/ggml-vulkan, KhronosGroup/Vulkan-Loader',
    pattern:
      /(?:no|No|any|find|ound no) (?:suitable |compatible |supported )?Vulkan (?:physical )?(?:devices?|driver|ICD|GPU)s?\b|Vulkan (?:is )?not (?:supported|available|found)|(?:Could not|Failed to|[Uu]nable to|Cannot) (?:create|initialize|find|load)(?: a| the)? ?(?:compatible )?Vulkan (?:instance|ICD|driver|device|loader|library)|vkCreateInstance[^\n]{0,40}(?:failed|error)|Found no drivers!|ggml_vulkan: No devices found/,
    weight: Weight.strong,
    category: 'no-device',
    library: 'vulkan',
    example: 'Failed to create Vulkan instance',
    nearMiss: "EEXIST: file already exists, mkdir './out/vulkan-shots'",
  },
  {
    id: 'd3d.device-instance-suspended',
    origin: 'Windows system message of DXGI_ERROR_DEVICE_REMOVED and its neighbours (winerror.h)',
    pattern:
      /GPU device instance has been suspended|GPU will not respond to more commands|GPU device instance has been removed/i,
    weight: Weight.certain,
    category: 'device-lost',
    library: 'd3d',
    resolve: (match) =>
      /suspended/i.test(match[0])
        ? { code: 0x887a0005, name: 'DXGI_ERROR_DEVICE_REMOVED' }
        : /respond/i.test(match[0])
          ? { code: 0x887a0006, name: 'DXGI_ERROR_DEVICE_HUNG' }
          : {},
    example:
      'The GPU device instance has been suspended. Use GetDeviceRemovedReason to determine the appropriate action.',
  },
  {
    id: 'd3d.memory',
    origin: 'Direct3D 11 and 12: E_OUTOFMEMORY (0x8007000E) of a Create call',
    pattern:
      /(?:D3D1[12]|ID3D1[12]|DXGI|DirectML|Direct3D|CreateCommittedResource|CreateTexture2D|CreateHeap|dawn|Dml)[^\n]{0,200}(?:0x8007000[eE]|E_OUTOFMEMORY)/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'd3d',
    example: 'D3D12 create resource failed with E_OUTOFMEMORY (0x8007000E)',
    nearMiss: 'WMI query failed: 0x8007000E',
  },
  {
    id: 'd3d.call-failed',
    origin:
      'check macros that print the call, e.g. microsoft/DirectML, microsoft/tensorflow-directml-plugin: CHECK failed: …',
    pattern:
      /\bfailed[^\n]{0,160}->(?<call>CreateCommittedResource|CreatePlacedResource|CreateReservedResource|CreateHeap|CreateCommandQueue|CreateDescriptorHeap|CreateFence|CompileOperator|CreateOperator)\b/i,
    weight: Weight.strong,
    category: 'library',
    library: 'd3d',
    example:
      'CHECK failed: ((d3d_device->CreateCommittedResource( &properties, …)) >= 0) == (true)',
    nearMiss: 'CHECK failed: factory->CreateWidget(42)',
  },
  {
    id: 'd3d.create-device',
    origin: 'Direct3D programs, SharpDX, ANGLE',
    pattern:
      /D3D1[12]CreateDevice[^\n]{0,60}(?:failed|error|0x8)|(?:Failed to|Could not|Unable to) (?:create|initialize)(?: a| the)? ?(?:D3D1[12]|Direct3D ?1?[12]?|DirectX ?1?[12]?|DXGI) (?:device|factory|adapter)|DirectX 1[12] is not supported/i,
    weight: Weight.strong,
    category: 'no-device',
    library: 'd3d',
    example: 'Failed to create D3D11 device',
  },
  {
    id: 'metal.command-buffer',
    origin:
      'Apple Metal, MTLCommandBufferError; messages of IOGPU: Caused GPU <what> Error (<code>:kIOGPU…)',
    pattern:
      /Caused GPU (?<what>Timeout|Hang|Address Fault|Page Fault|Device|Memory)\w{0,12} Error|Ignored \(for causing prior\/excessive GPU errors\)|Innocent Victim|MTLCommandBufferErrorDomain/,
    weight: Weight.certain,
    category: 'kernel-fault',
    library: 'metal',
    restart: 'process',
    resolve: (_match, text) =>
      /OutOfMemory\)|Insufficient Memory/.test(text)
        ? { category: 'out-of-memory', restart: 'none' }
        : {},
    example:
      'Execution of the command buffer was aborted due to an error during execution. Caused GPU Timeout Error (00000002:kIOGPUCommandBufferCallbackErrorTimeout)',
  },
  {
    id: 'metal.device',
    origin:
      'ggml-org/ggml src/ggml-metal, pytorch/pytorch aten/src/ATen/mps, apple/coremltools users',
    pattern:
      /(?:[Ff]ailed to|[Cc]ould not|[Uu]nable to|[Cc]annot) (?:create|find|initialize|load|get)(?: a| the| any)? ?(?:default |compatible )?Metal (?:device|library|GPU|context|command queue)|Metal is not supported|MPS (?:backend|device) is not (?:available|supported|built)|no Metal devices?|failed to initialize the Metal library/,
    weight: Weight.strong,
    category: 'no-device',
    library: 'metal',
    example: 'ggml_metal_init: error: failed to initialize the Metal library',
  },
  {
    id: 'graphics.hung',
    origin: 'drivers and games: a device that hung or was reset',
    pattern:
      /\bGPU (?:hang|hung|has hung|crashed|crash dump|lockup|timeout error|fault detected)\b|\bGPU reset (?:begin|succeeded|failed|\(\d)|ring \w{2,12} timeout|amdgpu_job_timedout/i,
    weight: Weight.fair,
    category: 'device-lost',
    restart: 'process',
    example: 'i915 0000:00:02.0: [drm] GPU HANG: ecode 12:1:85dffffb, in node [1234]',
    nearMiss: 'gpu reset button label missing',
  },
  {
    id: 'vulkan.ash-name',
    origin: 'ash-rs/ash src/vk/enums.rs: VkResult without its prefix; gfx-rs',
    pattern:
      /(?<![A-Z]_)\bERROR_(?<what>DEVICE_LOST|OUT_OF_DEVICE_MEMORY|OUT_OF_POOL_MEMORY|INCOMPATIBLE_DRIVER|INITIALIZATION_FAILED|EXTENSION_NOT_PRESENT|FEATURE_NOT_PRESENT|LAYER_NOT_PRESENT|FORMAT_NOT_SUPPORTED|MEMORY_MAP_FAILED|TOO_MANY_OBJECTS)\b/,
    weight: Weight.strong,
    category: 'unknown',
    library: 'vulkan',
    resolve: (match) => graphicsFacts(`VK_ERROR_${match.groups?.['what'] ?? ''}`),
    example: 'called `Result::unwrap()` on an `Err` value: ERROR_DEVICE_LOST',
    nearMiss: 'MY_ERROR_DEVICE_LOST_AND_FOUND',
  },
  {
    id: 'vulkan.loader',
    origin: 'KhronosGroup/Vulkan-Loader loader/loader.c, loader/trampoline.c',
    pattern:
      /setupLoader(?:Term|Tramp)PhysDevs|Failed to detect any valid GPUs|vkEnumeratePhysicalDevices[^\n]{0,80}(?:[Ff]ailed|returned|error|no devices)|loader_scanned_icd_add: [^\n]{0,120}|Found no drivers/,
    weight: Weight.strong,
    category: 'no-device',
    library: 'vulkan',
    example: 'setupLoaderTermPhysDevs:  Failed to detect any valid GPUs in the current config',
  },
  {
    id: 'metal.aborted',
    origin:
      'Apple Metal, MTLCommandBufferError: Execution of the command buffer was aborted …, <reason> (IOAF code <n>)',
    pattern: /Execution of the command buffer was aborted|\(IOAF code \d{1,12}\)/,
    weight: Weight.strong,
    category: 'library',
    library: 'metal',
    resolve: (match, text) =>
      /Insufficient Memory/.test(text.slice(match.index, match.index + 240))
        ? { category: 'out-of-memory' }
        : {},
    example:
      'Execution of the command buffer was aborted due to an error during execution. Insufficient Permission (to submit GPU work from background) (IOAF code 6)',
  },
];
