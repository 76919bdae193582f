/** Direct3D and DXGI as programs print them without the status name. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const direct3d: readonly Rule[] = [
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
];
