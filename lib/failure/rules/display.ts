/** The kernel’s graphics drivers, the Windows display driver, and what programs say of any interface. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

/** Directories and file names that engines give to what talks to one interface. */
const BACKEND_DIRECTORIES = [
  'vulkan',
  'd3d11',
  'd3d12',
  'direct3d',
  'direct3d11',
  'direct3d12',
  'metal',
  'opencl',
  'cuda',
  'rocm',
  'sycl',
  'gles',
  'gles2',
  'gles3',
  'dx12',
];

export const display: readonly Rule[] = [
  {
    id: 'graphics.hung',
    origin: 'drivers and games: a device that hung or was reset',
    pattern:
      /\bGPU (?:hang|hung|has hung|crashed|crash dump|lockup|timeout error|fault detected)\b|\bGPU reset (?:begin|succeeded|failed|\(\d)|ring \w{2,12} timeout|amdgpu_job_timedout/i,
    weight: Weight.fair,
    category: 'device-lost',
    restart: 'process',
    example: 'GPU hang detected, resetting',
    nearMiss: 'gpu reset button label missing',
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
    id: 'mesa.submission',
    origin:
      'mesa/mesa src/amd/vulkan/winsys/amdgpu/radv_amdgpu_cs.c, src/gallium/winsys/amdgpu/drm/amdgpu_cs.cpp, src/gallium/drivers/iris/iris_batch.c (crocus, i965 alike): the kernel took no more work',
    pattern:
      /\bamdgpu: (?:The CS has been (?:cancelled because the context is lost|rejected)|amdgpu_cs_query_fence_status failed)|\b(?:iris|crocus|i965): Failed to submit batchbuffer/,
    weight: Weight.strong,
    category: 'device-lost',
    restart: 'process',
    resolve: (match) => (/rejected/.test(match[0]) ? { category: 'library' } : {}),
    example:
      'radv/amdgpu: The CS has been cancelled because the context is lost. This context is innocent.',
    nearMiss: 'amdgpu: The CS course has been cancelled because the lecturer is ill.',
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
    id: 'graphics.call-failed',
    origin: 'check macros around Vulkan, OpenGL, EGL and Level Zero: <call> failed',
    hints: ['failed', 'returned', 'error'],
    pattern:
      /\b(?<call>vk(?:Create|Allocate|Queue|Wait|Acquire|Bind|Map|Enumerate|Get|Cmd|Begin|End|Reset|Device|Flush|Import)[A-Z]?\w{2,50}|gl[A-Z][a-z]\w{2,40}|egl[A-Z][a-z]\w{2,40}|glX[A-Z][a-z]\w{2,40}|wgl[A-Z][a-z]\w{2,40}|ze(?:Mem|Command|Module|Kernel|Context|Device|Driver|Fence|Event)\w{2,40})(?:\([^()\n]{0,120}\))?[`'"]?:? ?(?:has )?(?:failed|returned (?:error|-?\d|0x)|error)/,
    weight: Weight.fair,
    category: 'library',
    example: 'glCompileShader failed: 0:1(10): error: GLSL 4.50 is not supported',
    nearMiss: 'glTF failed to load',
  },
  {
    id: 'graphics.shader',
    origin: 'programs that compile shaders: the driver’s compiler refused one',
    pattern:
      /\b[Ss]haders? (?:program )?(?:compil\w{1,6}|link\w{0,4})(?: error| failed| failure)|(?:[Ff]ailed to|[Uu]nable to|[Cc]ould not|[Ee]rror) (?:compil|link)(?:e|ing)? (?:the )?(?:\w{3,10} )?shader/,
    weight: Weight.fair,
    category: 'library',
    example: 'Shader compilation failed on GPU backend',
  },
  {
    id: 'graphics.crash-frame',
    origin:
      'OpenJDK hs_err files, Windows and Linux crash reports: the frame lies in a graphics driver',
    hints: [
      'nvoglv',
      'nvwgf2',
      'nvcuda',
      'nvlddmkm',
      'atio6axx',
      'atioglxx',
      'atidxx',
      'amdxc',
      'amdvlk64',
      'icd32',
      'icd64',
      'igdum',
      'igd10',
      'igd11',
      'igd12',
      'igdusc',
      'igdrcl',
      'libglx_nvidia',
      'libnvidia-',
      'libcuda',
      'iris_dri',
      'radeonsi_dri',
      'i965_dri',
      'nouveau_dri',
    ],
    pattern:
      /\b(?:nvoglv(?:32|64)|nvwgf2umx?|nvcuda(?:64)?|nvlddmkm|atio6axx|atioglxx|atidxx(?:32|64)|amdxc(?:32|64)|amdvlk64|ig\d{1,2}icd(?:32|64)|(?:igdum|igd10|igd11|igd12|igdusc|igdrcl)\w{1,12}|libGLX_nvidia|libnvidia-\w{4,20}|libcuda|iris_dri|radeonsi_dri|i965_dri|nouveau_dri)(?:\.(?:dll|so|sys)[.\d]{0,16})?\+0x[\da-f]{2,16}/,
    weight: Weight.strong,
    category: 'aborted',
    restart: 'process',
    example: '# C  [nvoglv64.dll+0x861991]',
  },
  {
    id: 'graphics.swapchain',
    origin:
      'programs around Vulkan, Direct3D and WebGPU: an image of the swap chain is not to be had',
    pattern:
      /(?:[Cc]ould ?n[o']t|[Cc]annot|[Cc]an't|[Uu]nable to|[Ff]ail(?:ed|ure) (?:to|in)|[Ee]rror) (?:\w{2,12} ){0,2}swap ?chain|[Ss]wap ?[Cc]hain(?: \w{2,12}){0,3} (?:failed|failure|error|is lost)/,
    weight: Weight.fair,
    category: 'library',
    example: "Couldn't get swap chain texture, operation unrecoverable",
  },
  {
    id: 'graphics.failed-call',
    origin: 'check macros that name the call behind the failure: failed … <call>',
    hints: ['failed', 'failure', 'error'],
    pattern:
      /\b(?:[Ff]ailed|[Ff]ailure|[Ee]rror)\b[^\n.;]{0,40}?[\s`'"(](?<call>vk[A-Z][a-z]\w{4,50}|cuda[A-Z][a-z]\w{3,40}|hip[A-Z][a-z]\w{3,40}|clEnqueue\w{3,40}|clCreate\w{3,40}|clGet\w{3,40}|clBuildProgram|egl[A-Z][a-z]\w{3,40}|D3D1[12]Create\w{3,30}|ID3D1[12]\w{3,40}|IDXGI\w{3,40})\b/,
    weight: Weight.fair,
    category: 'library',
    example: 'Failed dispatch call `vkEnumeratePhysicalDevices`',
  },
  {
    id: 'graphics.backend-file',
    origin: 'file and line of a GPU back end, as engines print them before or behind an error',
    hints: BACKEND_DIRECTORIES.flatMap((name) => [`${name}/`, `${name}\\`, `${name}_`]),
    pattern:
      /(?<![\w-])(?:vulkan|d3d1[12]|direct3d(?:1[12])?|metal|opencl|cuda|rocm|sycl|gles[23]?|dx12)(?:_\w{1,40}\.|[/\\][\w.-]{1,60}(?:[/\\][\w.-]{1,60})?\.)(?:cpp|cc|cu|cuh|rs|mm|m|hpp|h):\d{1,6}\b(?!\])/,
    weight: Weight.hint,
    category: 'library',
    example:
      'ERROR: Condition "err" is true.\n   at: _update_swap_chain (drivers/vulkan/vulkan_context.cpp:2028)',
    nearMiss:
      'I tensorflow/stream_executor/cuda/cuda_gpu_executor.cc:975] successful NUMA node read',
  },
];
