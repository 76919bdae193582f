/** The GPU process of Chromium and Electron. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const chromium: readonly Rule[] = [
  {
    id: 'chromium.gpu-process',
    origin:
      'chromium content/browser/gpu/gpu_process_host.cc, gpu/ipc; electron/electron child-process-gone',
    pattern:
      /\bGPU process (?:exited unexpectedly|launch failed|failed to start|crashed|has crashed|isn't usable|was killed|due to errors|died|is not responding|gone)|Exiting GPU process|The GPU process has (?:crashed|died|exited)|gpu_process_host\.cc\(\d{1,5}\)\] ?GPU/i,
    weight: Weight.strong,
    category: 'aborted',
    example: 'GPU process exited unexpectedly: exit_code=139',
    nearMiss: 'gpu process launched',
  },
  {
    id: 'chromium.gpu-context',
    origin: 'chromium gpu/command_buffer/service, ui/gl',
    pattern:
      /ContextResult::k(?:Fatal|Transient)Failure|Failed to create shared context for virtualization|Initialization of all EGL display types failed|eglInitialize [^\n]{0,40}failed|Passthrough is not supported, GL is/,
    weight: Weight.fair,
    category: 'no-device',
    example: 'ContextResult::kFatalFailure: Failed to create shared context for virtualization.',
  },
  {
    id: 'chromium.gpu-source',
    origin:
      'chromium ui/gl, ui/ozone, gpu/command_buffer, gpu/ipc, components/viz, media/gpu: error lines name their file',
    pattern:
      /:(?:ERROR|FATAL):(?:[\w.-]{1,30}[\\/]){0,6}(?:gbm|gl|gles2|gpu|vulkan|viz|egl|angle|command_buffer|skia_output|dawn|vaapi|webgpu|shared_image|raster|native_pixmap|drm|dc_layer|direct_composition)_\w{1,60}\.cc[(:]\d{1,5}/,
    weight: Weight.certain,
    category: 'library',
    soft: true,
    example: '[27745:0123/181227.968858:ERROR:gbm_wrapper.cc(75)] Failed to get fd for plane.',
    nearMiss: '[27745:0123/181227.968858:ERROR:object_proxy.cc(590)] Failed to call method',
  },
];
