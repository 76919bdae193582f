/** OpenGL, EGL, GLFW and Mesa. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const opengl: readonly Rule[] = [
  {
    id: 'opengl.context',
    origin:
      'glfw/glfw src/wgl_context.c, src/glx_context.c, src/egl_context.c (GLFW_API_UNAVAILABLE, GLFW_VERSION_UNAVAILABLE, GLFW_FORMAT_UNAVAILABLE); LWJGL; Qt',
    pattern:
      /GLFW [Ee]rror \(?:?(?:0x0001000[6-9]|6554[2-5])|(?:driver|hardware) does not (?:appear to )?support OpenGL|(?:WGL|GLX|EGL|NSGL): [^\n]{0,80}(?:[Ff]ailed|unavailable|not support|does not)|OpenGL profile requested but|Pixel format not accelerated|Xlib: {1,3}extension "(?:NV-)?(?:GLX|DRI[23]?)" missing|GLX extension (?:is )?(?:missing|not (?:found|supported|available))|QOpenGLWidget: Failed to create context|Failed to create (?:an? )?(?:OpenGL|GL|GLX|EGL|WGL) ?(?:\d[\d.]{0,4} )?(?:context|window|surface)|Unrecognized OpenGL version|OpenGL (?:version )?\d\.\d(?:\+| or (?:higher|later|newer))? (?:is )?(?:required|not supported)|Could not (?:initialize|find|create) (?:an? )?(?:GLX|EGL|OpenGL)/,
    weight: Weight.strong,
    category: 'no-device',
    restart: 'environment',
    example: 'GLFW error 65542: WGL: The driver does not appear to support OpenGL',
  },
  {
    id: 'mesa.driver',
    origin: 'mesa3d src/loader/loader.c, src/egl/main, src/glx',
    pattern:
      /lib(?:GL|EGL|va) (?:error|warning): [^\n]{0,160}|MESA-LOADER: failed to (?:open|retrieve)[^\n]{0,120}|failed to (?:open|authenticate)[^\n]{0,20} ?\/dev\/dri\/\w{4,12}|(?:[Cc]ould not|[Cc]annot|[Uu]nable to|[Nn]o permission[^\n]{0,10}) (?:open|access|to access) ?\/dev\/(?:dri|nvidia|kfd)\S{0,20}/,
    weight: Weight.conclusive + 1,
    category: 'library',
    restart: 'environment',
    resolve: (match) => (/[Pp]ermission/.test(match[0]) ? { category: 'permission' } : {}),
    example: 'libGL error: failed to load driver: swrast',
    nearMiss: 'libGLib error: bad option',
  },
  {
    id: 'egl.status',
    origin: 'Khronos EGL 1.5 and OpenGL 4.6 specifications: names of errors',
    pattern:
      /\bEGL_(?<egl>BAD_ALLOC|CONTEXT_LOST|NOT_INITIALIZED|BAD_DISPLAY|BAD_CONTEXT|BAD_CONFIG|BAD_MATCH|BAD_SURFACE|BAD_ACCESS|BAD_ATTRIBUTE|BAD_PARAMETER)\b|\bGL_(?<gl>CONTEXT_LOST|OUT_OF_MEMORY|INVALID_OPERATION|INVALID_ENUM|INVALID_VALUE|INVALID_FRAMEBUFFER_OPERATION)\b/,
    weight: Weight.strong,
    category: 'library',
    resolve: (match) => {
      const name = match.groups?.['egl'] ?? match.groups?.['gl'] ?? '';
      if (name === 'CONTEXT_LOST') return { category: 'device-lost' };
      if (name === 'BAD_ALLOC' || name === 'OUT_OF_MEMORY') return { category: 'out-of-memory' };
      if (/NOT_INITIALIZED|BAD_DISPLAY/.test(name)) return { category: 'no-device' };
      return { category: 'invalid-argument' };
    },
    example: 'glTexImage2D: GL_INVALID_VALUE',
  },
  {
    id: 'opengl.error-number',
    origin: 'Khronos OpenGL 4.6, glGetError: 0x0500 to 0x0507',
    pattern: /\b(?:Open)?GL [Ee]rror(?: code)?:? ?(?:#|0x)?0?(?<code>50[0-7]|128[0-7])\b/,
    weight: Weight.strong,
    category: 'invalid-argument',
    resolve: (match) => {
      const { code = '' } = match.groups ?? {};
      if (code === '505' || code === '1285') return { category: 'out-of-memory' };
      return code === '507' || code === '1287' ? { category: 'device-lost' } : {};
    },
    example: 'OpenGL error 1282: invalid operation',
  },
  {
    id: 'opengl.memory',
    origin: 'NVIDIA’s OpenGL driver, message box and debug output',
    pattern:
      /OpenGL driver has encountered\s{1,4}an out of memory error|requested more GPU memory than is\s{1,4}available/,
    weight: Weight.certain,
    category: 'out-of-memory',
    example: 'An application has requested more GPU memory than is\navailable in the system.',
  },
];
