/**
 * General wordings, for engines that nobody wrote rules for: a phrase for a failure and a word for
 * the device in one sentence. Weaker than any engine's own sentence and than evidence against.
 */

import type { FailureFacts } from '../facts.js';
import { inSentence, lineAround } from './clause.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

const ORIGIN = 'no one engine: sentences that programs put together themselves';

/** Names of interfaces, vendors and devices, as words of their own. */
const DEVICE =
  /\b(?:[Gg][Pp][Uu]s?|VRAM|vram|CUDA|HIP|ROCm|Vulkan|Metal|MPS|OpenCL|WebGPU|WebGL2?|OpenGL|D3D\d{0,2}|Direct3D|DirectX|DXGI|DirectML|NVENC|NVDEC|XPU|SYCL|opencl|vulkan|Radeon|GeForce|NVIDIA|DAG)\b|\b(?:cuda|hip|rocm) (?:runtime |driver )?(?:error|failure|exception|memory|device|kernel)\b|\b(?:cuda|hip|cu)[A-Z]\w|\bcu(?:FFT|DNN|BLAS|SPARSE|SOLVER|RAND)\b|\bGPU[_-]?\d/;
/** Memory that is said to be the device's. */
const DEVICE_MEMORY =
  /\b(?:GPU|gpu|[Dd]evice|[Vv]ideo|[Gg]raphics|[Oo]n-?board|[Dd]edicated|CUDA|OpenCL|[Cc]ard|[Aa]ccelerator)\W{1,3}(?:\w{1,8} )?(?:memory|RAM|mem\b|buffer)|\bmemory on (?:the )?(?:GPU|gpu|device|accelerator|card)|\b(?:VRAM|vram)\b/;
/** Memory that is said to be the host's. */
const HOST_MEMORY =
  /\b(?:host|system|CPU|cpu|main|physical|virtual|swap|shared|pinned|page-?locked|heap|JVM|Java|JavaScript|wasm|WebAssembly|disk|file|container|pod|cgroup)\b|\bRAM\b|\barray with shape\b/;

const WANTING = '(?:memory|VRAM|vram)';
const MEMORY_PATTERN = new RegExp(
  [
    '[ (]OOM\\b|\\bOOM[ :)]|\\b[Tt]ried to allocate\\b',
    `\\bonly [\\d.]{1,12} ?[KMGT]?i?B [^\\n.;]{0,30}\\b${WANTING}\\b`,
    `\\b(?:[Oo]ut[ -]of|[Nn](?:ot|o|'t have) (?:enough|sufficient)|[Ii]nsufficient|[Rr][au]ns? out of|[Ee]xceed\\w{0,3}|[Ee]xhaust\\w{0,4}|[Tt]oo little|[Ll]ow on|[Ll]ack of|[Nn]o more)\\b[^\\n.;]{0,40}\\b${WANTING}\\b`,
    `\\b${WANTING}\\b[^\\n.;]{0,40}\\b(?:exhausted|insufficient|exceeded|full|not enough|too small|(?:could not|cannot|can't) be allocated)\\b`,
    "\\b(?:[Ff]ail(?:ed|ure|s)?|[Cc]an ?not|[Cc]an't|[Cc]ould not|[Cc]ouldn't|[Uu]nable|[Ee]rror)(?: to| in| at| on| while| when| during|:)?(?: re)? ?-?(?:[Aa]lloc|[Mm]alloc)(?:ate|ating|ation)?\\b",
    '\\b(?:[Aa]lloc|[Mm]alloc)(?:ate|ating|ation)?\\b[^\\n.;]{0,60}\\b(?:failed|failure|fails|error|refused)\\b',
  ].join('|'),
);

function isDeviceMemory(sentence: string): Partial<FailureFacts> | null {
  if (DEVICE_MEMORY.test(sentence)) return {};
  return DEVICE.test(sentence) && !HOST_MEMORY.test(sentence) ? {} : null;
}

const GRAPHICS =
  /\b(?:GPU\w{0,24}|[Gg]raphics?|D3D\d{0,2}|Direct3D\d{0,2}|DirectX|DXGI|Vulkan|VK|vk[A-Z]\w{1,40}|Metal|WebGL2?|WebGPU|OpenGL|EGL|CUDA|[Rr]ender(?:er|ing)|[Vv]ideo (?:card|adapter|driver)|[Dd]isplay (?:driver|adapter)|nvidia|NVIDIA|nvlddmkm|amdgpu|amdkmdag|Radeon|GeForce|swap ?chain)\b/;

const INTERFACE =
  /\b(?:GPUs?|CUDA|cuDNN|TensorRT|ROCm|NVML|OpenCL|opencl|Vulkan|NVENC|Metal|OpenGL|DirectX|WebGPU|libcuda|libOpenCL|libvulkan|hashcat)\b/;

const LOST_PATTERN =
  /\b(?:[Dd]evice|[Cc]ontext|[Aa]dapter|GPU|gpu|[Gg]raphics (?:card|driver)|[Vv]ideo (?:card|driver)|[Dd]isplay driver)(?: \w{1,14}){0,2} (?:was |is |has been |has |been |being |got )?(?:lost|removed|hung|[Hh]ang|reset|crash(?:ed)?|disappeared|stopped responding|not responding|unresponsive)\b|\b(?:[Dd]evice|[Cc]ontext|GPU)[ _-]?(?:LOST|REMOVED|HUNG|RESET|Lost|Removed|Hung|Reset|Crash|Hang)\b|\b(?:[Ll]ost|LOST)[ _](?:the )?(?:connection to the )?(?:[Dd]evice|[Cc]ontext|GPU|DEVICE|CONTEXT)\b/;

const QUALIFIED =
  '(?:(?:NVIDIA|AMD|Intel|CUDA|ROCm|HIP|OpenCL|Vulkan|Metal|discrete|dedicated|integrated|secondary|primary|compatible|supported|suitable|valid|usable|physical|available|capable|enabled|working|default|new|hardware|\\w{2,6}-(?:capable|compatible|enabled))[ -]){0,3}';
const DEVICE_NOUN =
  '(?:(?:[Gg][Pp][Uu]|[Gg]raphics? (?:card|adapter|device|driver|backend|context|hardware|API|processor)|[Vv]ideo (?:card|adapter|driver)|[Dd]isplay (?:adapter|driver)|[Rr]ender(?:ing|er)? (?:device|backend))s?|(?:Vulkan|CUDA|OpenCL|Metal|DirectX|OpenGL|WebGPU|ROCm)[ -](?:capable|compatible|enabled) (?:device|card|hardware)s?|(?:CUDA|OpenCL|Vulkan|ROCm|HIP|Metal|D3D\\d{0,2}|[Dd][Xx](?:9|1[0-2])|DirectX ?\\d{0,2}|Direct3D ?\\d{0,2}|OpenGL(?: ES)?|EGL|WebGL2?|WebGPU|NVIDIA|nvidia|NVML|NVENC|NVDEC|VAAPI|cuDNN|cuBLAS|TensorRT|MPS|OptiX)[ -]?(?:render(?:ing|er)? |graphics |driver )?(?:device|GPU|driver|context|runtime|platform|card|library|backend|instance|adapter|display|surface|swap ?chain|window|renderer|support)s?)';
const A_DEVICE = `(?: an?| any| the| your| this)? ${QUALIFIED}${DEVICE_NOUN}\\b(?![-_.]\\w)`;

const ABSENT_PATTERN = new RegExp(
  `\\b(?:[Nn]o|NO|[Ww]ithout|[Zz]ero|[Nn]ot (?:find|detect)|[Nn]ever (?:found|detected))${A_DEVICE}`,
);
const NOT_HAD_PATTERN = new RegExp(
  `\\b(?:[Cc]annot|[Cc]an't|[Cc]an not|[Cc]ould ?n[o']t|[Uu]nable to|[Ff]ail(?:ed|ure|s)?:?(?: to| in| at| when| while)?|[Ee]rror(?: while| when|:)?) (?:find|detect|locat|initiali[sz]|init|access|open|creat|get|acquir|query|load|us|enumerat|obtain|start|set up|connect to|communicate with)(?:e|ing)?${A_DEVICE}`,
);
const NOT_THERE_PATTERN = new RegExp(
  `\\b${DEVICE_NOUN}(?: [^\\s.;,]{1,40}){0,6} (?:(?:(?:is|are|was|were|has|have|could|can|does|do|did)(?: not|n't)|not|cannot) (?:be |been )?(?:found|detected|available|support(?:ed)?|recogni[sz]ed|present|installed|initiali[sz]ed?|compatible|accessible|usable|visible|loaded|created|opened|running|exist)|failed to (?:initiali[sz]e|load|start|open|create)|(?:is|are|was|were) (?:incompatible|outdated|out of date|corrupt(?:ed)?|broken))\\b`,
);
const NOT_FOUND_PATTERN =
  /\b(?:[Cc]annot|[Cc]an't|[Cc]ould ?n[o']t|[Uu]nable to|[Ff]ailed to) (?:find|locate|load|detect|initiali[sz]e|open|use|start) (?:the |any )?(?:default )?(?:CUDA|cuDNN|TensorRT|ROCm|NVML|OpenCL|opencl|Vulkan|NVENC|Metal|OpenGL|DirectX|WebGPU|libcuda|libOpenCL|libvulkan)\b(?![-_.]\w)|\b[Nn]o (?:suitable |usable |compatible |supported )?devices? (?:were |was )?(?:found|available|detected)|[Cc]ould ?n[o']t find any devices?\b/;
const UNAVAILABLE_PATTERN = new RegExp(
  `\\b${DEVICE_NOUN} (?:is |are |was )?(?:unavailable|unsupported|missing|initiali[sz]ation (?:failed|failure|error)|creation failed|required but)\\b`,
);
/** With what stands before them, where that is always a blank or a hyphen. */
const NOUN_HINTS = [
  ' gpu',
  '-gpu',
  'graphic',
  'video ',
  'display ',
  'render',
  'cuda',
  'opencl',
  'vulkan',
  'rocm',
  ' hip',
  '-hip',
  'metal',
  ' d3d',
  '-d3d',
  ' dx9',
  '-dx1',
  '-dx9',
  ' dx1',
  'direct',
  'opengl',
  ' egl',
  '-egl',
  'webg',
  'nvidia',
  'nvml',
  'nvenc',
  'nvdec',
  'vaapi',
  'cudnn',
  'cublas',
  'tensorrt',
  ' mps',
  '-mps',
  'optix',
].filter((hint) => hint.length > 3);
const NOT_HINTS = [
  ' not ',
  "n't ",
  'cannot',
  'failed to',
  'incompatible',
  'outdated',
  'out of date',
  'corrupt',
  'broken',
];

/**
 * Sentences about something else that is called after the device, or that ends with it: a quota, a
 * machine to be had, a build, an argument, a request to a server.
 */
const ELSEWHERE =
  /\b(?:[Gg][Pp][Uu]|CUDA|cuda|NVIDIA|nvidia)s?[ _-](?:quota|machine|node|instance|credit|hour|version|home|path|root|dir|include|header|type|count|name|id|index|model|file|image|plan|pric|toolkit|SDK|toolset|compiler|test|usage|metric|config|setting|option|argument|flag|spec|pod|job|queue|limit|server|tensor|array|cluster|pool|slot|worker|partition|page|doc)|(?<![/\\.-])\b(?:quotas?|regions?|zones?|schedul\w{1,5}|pods?|nodes?|spot|billing|prices?|pricing|metrics?|prometheus|timed out|timeout|https?|fetch(?:ing)?|download(?:ing)?|pars(?:e|ing)|arguments?|expected|documentation|CMake|nvcc|gcc|compile[rd]?|compilation|wheel|pip|setup\.py|usage limits?|queue|jobs?|partitions?|orders?|products?|catalogue|stock|subscription|license|tokens?|accounts?)\b(?![/\\])/i;

function unlessElsewhere(sentence: string): Partial<FailureFacts> | null {
  return ELSEWHERE.test(sentence) ? null : {};
}

const TROUBLE_PATTERN =
  /\bGPU(?:\d{1,2}| ?#?\d{1,2})?\b(?![-_.]\w)[^\n.;]{0,40}\b(?:[Ee]rrors?|ERROR|failed|failure|fault(?:ed)?|crash(?:ed)?|exception|panic)\b|\b(?:[Ee]rrors?|ERROR|[Ff]ailed|[Ff]ailure|[Ff]ault|[Cc]rash(?:ed)?|[Ee]xception)\b[^\n.;]{0,40}\bGPU\b(?![-_.]\w)/;

const INTERFACE_PATTERN =
  /\b(?:Vulkan|OpenGL(?: ES)?|OpenCL|DirectX|Direct3D|Metal|WebGPU|WebGL2?|CUDA|ROCm|HIP|MPS|NVENC|OptiX)(?: \d{1,2}(?:\.\d{1,2})?)?(?: is| are| was)? not (?:supported|available|installed|enabled)\b|\b(?:[Hh]ardware|GPU) acceleration (?:is |was )?(?:disabled|unavailable|not (?:available|supported|enabled))\b|\bGPU\b[^\n.;]{0,30} (?:block|black|deny)list/;

const KERNEL_PATTERN =
  /\b(?:[Ii]llegal|[Ii]nvalid|[Mm]isaligned) (?:__\w{4,8}__ |global |shared |device )?(?:memory (?:access|read|write)|address|read|write|instruction)\b|\b[Kk]ernel (?:launch |execution )?(?:failed|failure|timed out|timeout|crashed|hang|hung|aborted)\b/;
const IN_A_KERNEL =
  /\b(?:GPU|CUDA|HIP|ROCm|OpenCL|Vulkan|Metal|SYCL)\b|\bon device\b|\bin kernel\b|__global__|__shared__/;

const ON_CHIP_PATTERN =
  /\b[Ss]hared memory\b[^\n.;]{0,60}\b(?:exceed\w{0,3}|larger than|greater than|more than)\b|\b(?:[Ee]xceed\w{0,3}|[Tt]oo much|[Nn]ot enough|[Ii]nsufficient)\b[^\n.;]{0,40}\bshared (?:memory|data)\b/;
const ON_CHIP =
  /\b(?:device resources|hardware limit|per[ -]block|thread ?blocks?|[Kk]ernels?|multiprocessors?|SMs?|ptxas|GPU|CUDA|HIP|Triton|Pallas)\b/;

export const wording: readonly Rule[] = [
  {
    id: 'wording.device-memory',
    origin: ORIGIN,
    needsDevice: true,
    hints: ['memory', 'vram', 'alloc', ' oom', 'oom ', 'oom:', '(oom', 'oom)'],
    pattern: MEMORY_PATTERN,
    weight: Weight.fair,
    category: 'out-of-memory',
    resolve: inSentence(MEMORY_PATTERN, isDeviceMemory),
    example: 'CUDA memory allocation failed; attempting to free up memory...',
    nearMiss: 'GPU worker 3: host memory exhausted',
  },
  {
    id: 'wording.device-lost',
    origin: ORIGIN,
    needsDevice: true,
    pattern: LOST_PATTERN,
    weight: Weight.fair,
    category: 'device-lost',
    restart: 'process',
    resolve: (match, text) => (GRAPHICS.test(lineAround(text, match.index)) ? {} : null),
    example: 'Device was lost during reload. This can happen due to GPU constraints.',
    nearMiss: 'the USB device was removed',
  },
  {
    id: 'wording.no-device',
    origin: ORIGIN,
    needsDevice: true,
    hints: NOUN_HINTS,
    pattern: ABSENT_PATTERN,
    weight: Weight.fair,
    category: 'no-device',
    resolve: inSentence(ABSENT_PATTERN, unlessElsewhere),
    example: 'Error: no integrated GPU detected.',
    nearMiss: 'no GPU nodes left in this zone',
  },
  {
    id: 'wording.device-not-had',
    origin: ORIGIN,
    needsDevice: true,
    hints: NOUN_HINTS,
    pattern: NOT_HAD_PATTERN,
    weight: Weight.fair,
    category: 'no-device',
    resolve: inSentence(NOT_HAD_PATTERN, unlessElsewhere),
    example: 'failed to create dx11 render device',
    nearMiss: 'failed to get GPU metrics',
  },
  {
    id: 'wording.interface-not-found',
    origin: ORIGIN,
    needsDevice: true,
    pattern: NOT_FOUND_PATTERN,
    weight: Weight.fair,
    category: 'no-device',
    restart: 'environment',
    resolve: (match, text) =>
      INTERFACE.test(lineAround(text, match.index)) &&
      !ELSEWHERE.test(lineAround(text, match.index))
        ? {}
        : null,
    example: 'TF-TRT Warning: Could not find TensorRT',
    nearMiss: 'Failed to detect CUDA version',
  },
  {
    id: 'wording.device-not-there',
    origin: ORIGIN,
    needsDevice: true,
    hints: NOT_HINTS,
    pattern: NOT_THERE_PATTERN,
    weight: Weight.fair,
    category: 'no-device',
    resolve: inSentence(NOT_THERE_PATTERN, unlessElsewhere),
    example: 'Graphics card Intel(R) HD Graphics 520 is not supported.',
    nearMiss: 'the GPU instance type is not available in this region',
  },
  {
    id: 'wording.device-unavailable',
    origin: ORIGIN,
    needsDevice: true,
    pattern: UNAVAILABLE_PATTERN,
    weight: Weight.fair,
    category: 'no-device',
    resolve: inSentence(UNAVAILABLE_PATTERN, unlessElsewhere),
    example: 'Vulkan driver missing',
    nearMiss: 'GPU quota unavailable',
  },
  {
    id: 'wording.interface-not-there',
    origin: ORIGIN,
    needsDevice: true,
    pattern: INTERFACE_PATTERN,
    weight: Weight.fair,
    category: 'no-device',
    resolve: inSentence(INTERFACE_PATTERN, unlessElsewhere),
    example: 'Vulkan 1.2 is not supported by your driver',
    nearMiss: 'Metal detector not supported',
  },
  {
    id: 'wording.kernel-fault',
    origin: ORIGIN,
    needsDevice: true,
    pattern: KERNEL_PATTERN,
    weight: Weight.fair,
    category: 'kernel-fault',
    resolve: inSentence(KERNEL_PATTERN, (sentence) => (IN_A_KERNEL.test(sentence) ? {} : null)),
    example: 'kernel execution failed: illegal memory access on device 0',
    nearMiss: 'illegal memory access in module main.wasm',
  },
  {
    id: 'wording.on-chip-memory',
    origin: ORIGIN,
    needsDevice: true,
    pattern: ON_CHIP_PATTERN,
    weight: Weight.fair,
    category: 'not-supported',
    retryable: false,
    resolve: inSentence(ON_CHIP_PATTERN, (sentence) => (ON_CHIP.test(sentence) ? {} : null)),
    example: 'XlaRuntimeError due to failed: Shared memory requested exceeds device resources',
    nearMiss: 'the shared memory device /dev/shm holds more than 64 MB: exceeds the limit',
  },
  {
    id: 'wording.trouble',
    origin: ORIGIN,
    needsDevice: true,
    pattern: TROUBLE_PATTERN,
    weight: Weight.hint,
    category: 'unknown',
    resolve: inSentence(TROUBLE_PATTERN, unlessElsewhere),
    example: 'GPU error, you need to restart miner',
    nearMiss: 'failed to parse the GPU count',
  },
];
