/** Vulkan as programs print it without the status name. */

import type { FailureFacts } from '../facts.js';
import { graphicsFacts } from '../graphics-codes.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const vulkan: readonly Rule[] = [
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
];

/** `DeviceLost`, as Vulkan-Hpp writes `VK_ERROR_DEVICE_LOST`. */
function factsOfHppName(name: string): FailureFacts | null {
  return graphicsFacts(
    `VK_ERROR_${name.replace(/(?<=[a-z])[A-Z]/g, (c) => `_${c}`).toUpperCase()}`,
  );
}
