/** OpenGL, EGL and GLFW; Mesa; the kernel's graphics drivers; the Windows display driver. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const display: readonly Rule[] = [
  {
    id: 'opengl.context',
    origin:
      'glfw/glfw src/wgl_context.c, src/glx_context.c, src/egl_context.c (GLFW_API_UNAVAILABLE, GLFW_VERSION_UNAVAILABLE, GLFW_FORMAT_UNAVAILABLE); LWJGL; Qt',
    pattern:
      /GLFW [Ee]rror \(?:?(?:0x0001000[6-9]|6554[2-5])|(?:driver|hardware) does not (?:appear to )?support OpenGL|(?:WGL|GLX|EGL|NSGL): [^\n]{0,80}(?:[Ff]ailed|unavailable|not support|does not)|OpenGL profile requested but|Pixel format not accelerated|QOpenGLWidget: Failed to create context|Failed to create (?:an? )?(?:OpenGL|GL|GLX|EGL|WGL) ?(?:\d[\d.]{0,4} )?(?:context|window|surface)|Unrecognized OpenGL version|OpenGL (?:version )?\d\.\d(?:\+| or (?:higher|later|newer))? (?:is )?(?:required|not supported)|Could not (?:initialize|find|create) (?:an? )?(?:GLX|EGL|OpenGL)/,
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
    id: 'kernel.amdgpu',
    origin: 'torvalds/linux drivers/gpu/drm/amd, drm/i915, drm/xe, drm/nouveau, drm/scheduler',
    pattern:
      /\bamdgpu\b[^\n]{0,80}(?:page fault|GPU fault|ring \w{2,12} timeout|GPU reset|device wedged|VM_L2_PROTECTION_FAULT|IB test failed|hw_init[^\n]{0,20}failed|Fatal error)|\[drm[^\]\n]{0,40}\][^\n]{0,60}(?:\*ERROR\* ring|GPU HANG|Resetting|GPU recovery|wedged)|\bnouveau\b[^\n]{0,60}(?:TRAP|SCHED_ERROR|CTXSW_TIMEOUT|fault|timeout|channel \d{1,4} killed)|\bxe \d{4}:[^\n]{0,60}(?:wedged|[Ee]ngine reset|GT reset)/,
    weight: Weight.strong,
    category: 'device-lost',
    restart: 'process',
    example: '[drm:amdgpu_job_timedout [amdgpu]] *ERROR* ring gfx timeout, signaled seq=123',
  },
  {
    id: 'windows.display-driver',
    origin:
      'Windows event log: Display 4101, nvlddmkm 13, 14 and 153 (timeout detection and recovery)',
    pattern:
      /[Dd]isplay driver \w{3,20} (?:stopped responding|has stopped)|\bnvlddmkm\b[^\n]{0,60}(?:stopped|crash|error|reset|\b(?:13|14|153)\b)|VIDEO_TDR_(?:FAILURE|TIMEOUT|ERROR)\w{0,20}|\b(?:GPU|device)[^\n]{0,60} TDR\b|\bTDR (?:detected|timeout|occurred)/,
    weight: Weight.strong,
    category: 'device-lost',
    restart: 'process',
    example: 'Display driver nvlddmkm stopped responding and has successfully recovered.',
  },
  {
    id: 'nvidia.modeset',
    origin: 'NVIDIA/open-gpu-kernel-modules src/nvidia-modeset, kernel-open/nvidia',
    pattern:
      /nvidia-modeset: ERROR: [^\n]{0,160}|NVRM: GPU \S{4,20}: [^\n]{0,80}failed|NVRM: [^\n]{0,80}(?:did not|can't|cannot|failed)[^\n]{0,60}|NVRM: This can occur when|(?:\(EE\) |)NVIDIA(?:\(GPU-\d\)|\(\d\)): (?:Failed|The NVIDIA)[^\n]{0,80}/,
    weight: Weight.strong,
    category: 'library',
    library: 'nvml',
    resolve: (match) =>
      /RmInitAdapter|[Ff]ailed to initialize|This can occur when/.test(match[0])
        ? { category: 'no-device', restart: 'node' }
        : {},
    example: 'nvidia-modeset: ERROR: GPU:0: Failed to allocate display engine core DMA push buffer',
  },
];
