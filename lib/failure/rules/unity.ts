/** Unity. */

import { dxgiFacts } from '../graphics-codes.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const unity: readonly Rule[] = [
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
];
