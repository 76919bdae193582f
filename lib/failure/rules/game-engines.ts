/** Unity, Unreal, Godot and Bevy. */

import { dxgiFacts } from '../graphics-codes.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const gameEngines: readonly Rule[] = [
  {
    id: 'unity.d3d',
    origin: 'Unity player log: d3d11: failed to <create something> […] [<HRESULT>]',
    pattern:
      /\bd3d1[12]: (?:failed|[Ee]rror|out of)[^\n]{0,200}|Failed to present D3D1[12] swapchain[^\n]{0,60}/,
    weight: Weight.strong,
    category: 'library',
    library: 'd3d',
    resolve: (match) => {
      const code = /887[aA]00[0-9a-fA-F]{2}/.exec(match[0])?.[0];
      if (code !== undefined) return dxgiFacts(Number.parseInt(code, 16)) ?? {};
      if (/8007000[eE]|out of memory/.test(match[0])) return { category: 'out-of-memory' };
      return /device (?:reset|removed|lost)/.test(match[0]) ? { category: 'device-lost' } : {};
    },
    example: 'd3d11: failed to create buffer (target 0x1 mode 0 size 4096) [0x887A0005]',
  },
  {
    id: 'unity.no-graphics',
    origin: 'Unity player log: start without a usable device',
    pattern:
      /InitializeEngineGraphics failed|Failed to initialize (?:Direct3D|player's? graphics|graphics|player)|Switch back to DirectX|Screen: [^\n]{0,40}no (?:graphics )?device/,
    weight: Weight.fair,
    category: 'no-device',
    example: 'InitializeEngineGraphics failed',
  },
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
  {
    id: 'godot.driver',
    origin: 'godotengine/godot drivers/vulkan/rendering_context_driver_vulkan.cpp, main/main.cpp',
    pattern:
      /Did not enumerate any physical devices|[Vv]ideo card drivers? (?:seem not to|do(?:es)? not|appear not to) support|rendering method '?\w{3,20}'?[^\n]{0,40}not supported|Unable to create (?:DisplayServer|RenderingDevice|rendering device)/,
    weight: Weight.strong,
    category: 'no-device',
    library: 'vulkan',
    restart: 'environment',
    example: 'Your video card drivers seem not to support the required Vulkan version.',
  },
];
