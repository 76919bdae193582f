/** Godot. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const godot: readonly Rule[] = [
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
