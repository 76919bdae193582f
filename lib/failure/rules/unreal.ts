/** Unreal Engine. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const unreal: readonly Rule[] = [
  {
    id: 'unreal.device-lost',
    origin:
      'EpicGames/UnrealEngine Engine/Source/Runtime/D3D12RHI, Windows/D3D11RHI (TerminateOnDeviceRemoved)',
    pattern:
      /GPU crashed or D3D device removed|D3D device being lost|GPU has crashed|Aftermath GPU crash dump/i,
    weight: Weight.certain,
    category: 'device-lost',
    library: 'd3d',
    example: 'GPU crashed or D3D device removed.',
  },
  {
    id: 'unreal.memory',
    origin: 'EpicGames/UnrealEngine Engine/Source/Runtime/D3D11RHI (TerminateOnOutOfMemory)',
    pattern: /Out of video memory trying to allocate/i,
    weight: Weight.certain,
    category: 'out-of-memory',
    example: 'Out of video memory trying to allocate a rendering resource',
  },
  {
    id: 'unreal.no-device',
    origin: 'EpicGames/UnrealEngine Engine/Source/Runtime/Windows/D3D11RHI, RHI',
    pattern:
      /(?:compatible|capable) GPU\b[^\n]{0,80} (?:is |are )?required|(?:Feature Level|Shader Model) [\d._]{1,6}[^\n]{0,30}required/i,
    weight: Weight.strong,
    category: 'no-device',
    restart: 'environment',
    example:
      'A D3D11-compatible GPU (Feature Level 11.0, Shader Model 5.0) is required to run the engine.',
  },
];
