/** FFmpeg with NVENC, NVDEC, CUVID, VAAPI and QSV. */

import { factsFromCode } from '../code-facts.js';
import type { FailureFacts } from '../facts.js';
import { ENVIRONMENT, Weight } from './rule.js';
import type { Rule } from './rule.js';

/** NVENCSTATUS, by nvEncodeAPI.h of FFmpeg/nv-codec-headers. */
const NVENC: readonly (readonly [RegExp, FailureFacts])[] = [
  [/out of memory ?\(10\)|out of memory/i, { category: 'out-of-memory' }],
  [/incompatible client key ?\(21\)/i, { category: 'busy' }],
  [/no encode device ?\(1\)|unsupported device ?\(2\)/i, { category: 'no-device' }],
  [/invalid device ?\(4\)|invalid encoderdevice/i, { category: 'no-device' }],
  [/invalid version ?\(15\)|unimplemented/i, { category: 'driver-mismatch' }],
  [/unsupported param ?\(12\)|invalid param ?\(8\)/i, { category: 'not-supported' }],
];

export const ffmpeg: readonly Rule[] = [
  {
    id: 'ffmpeg.nvenc-call',
    origin:
      'FFmpeg/FFmpeg libavcodec/nvenc.c (nvenc_print_error): <what> failed: <text> (<number>): <detail>',
    pattern:
      /(?:_nvenc @ \w{4,20}\] |NVENC[^\n]{0,20}|nv[Ee]nc[A-Z]\w{0,10}: ?)?(?<call>OpenEncodeSessionEx|InitializeEncoder|CreateInputBuffer|CreateBitstreamBuffer|LockInputBuffer|LockBitstream|EncodePicture|RegisterResource|MapInputResource|GetEncodeGUIDCount|nvEncOpenEncodeSessionEx)\w{0,10}(?:\(\))? (?:failed|returned|error)!?:? ?(?<why>[^\n]{0,120})/,
    weight: Weight.certain,
    category: 'library',
    resolve: (match) => NVENC.find(([text]) => text.test(match.groups?.['why'] ?? ''))?.[1] ?? {},
    example: '[h264_nvenc @ 0x55d] OpenEncodeSessionEx failed: out of memory (10): (no details)',
  },
  {
    id: 'ffmpeg.nvenc-context',
    origin: 'FFmpeg/FFmpeg libavcodec/nvenc.c: Failed creating CUDA context for NVENC: 0x<number>',
    pattern: /Failed (?:creating|to create) CUDA context(?: for NVENC)?:? ?0x(?<code>[\da-f]{1,4})/,
    weight: Weight.certain,
    category: 'library',
    library: 'cuda',
    resolve: (match) =>
      factsFromCode('cuda', Number.parseInt(match.groups?.['code'] ?? '0', 16)) ?? {},
    example: '[h264_nvenc @ 0x7f6] Failed creating CUDA context for NVENC: 0x2',
  },
  {
    id: 'ffmpeg.nvenc-driver',
    origin:
      'FFmpeg/FFmpeg libavcodec/nvenc.c (nvenc_check_version, nvenc_print_driver_requirement)',
    pattern:
      /Driver does not support the required nvenc API version|minimum required Nvidia driver for nvenc/i,
    weight: Weight.certain,
    category: 'driver-mismatch',
    ...ENVIRONMENT,
    example: 'Driver does not support the required nvenc API version. Required: 13.0 Found: 12.2',
  },
  {
    id: 'ffmpeg.nvenc-device',
    origin: 'FFmpeg/FFmpeg libavcodec/nvenc.c (nvenc_setup_device)',
    pattern:
      /No (?:NVENC |CUDA )?capable devices found|No CUDA capable devices found|doesn't support required NVENC features|NVENC (?:is )?not (?:available|supported)|Codec not supported|B frames as references are not supported/,
    weight: Weight.strong,
    category: 'not-supported',
    restart: 'environment',
    resolve: (match, text) =>
      /Codec not supported/.test(match[0]) && !/nvenc/i.test(text) ? null : {},
    example: '[av1_nvenc @ 0x21] No capable devices found',
  },
  {
    id: 'ffmpeg.gpu-codec-missing',
    origin: 'FFmpeg/FFmpeg fftools/ffmpeg_opt.c: a build without the hardware codec',
    pattern:
      /Unknown (?:encoder|decoder) '\w{2,12}_(?:nvenc|cuvid|amf|qsv|vaapi|videotoolbox|v4l2m2m|vulkan)'/,
    weight: Weight.strong,
    category: 'not-supported',
    restart: 'environment',
    example: "Unknown encoder 'h264_nvenc'",
    nearMiss: "Unknown encoder 'libx264'",
  },
  {
    id: 'ffmpeg.gpu-encoder',
    origin: 'FFmpeg/FFmpeg fftools/ffmpeg_enc.c: a hardware encoder that does not open',
    pattern:
      /\b(?:h264|hevc|av1|vp9)_(?:nvenc|amf|qsv|vaapi|mf)\b[^\n]{0,120}(?:Error while opening encoder|Could not open encoder|Error initializing)/,
    weight: Weight.strong,
    category: 'library',
    example:
      '[vost#0:0/av1_nvenc @ 0x21] [enc:av1_nvenc @ 0x22] Error while opening encoder - maybe incorrect parameters such as bit_rate, rate, width or height.',
    nearMiss: '[vost#0:0/libx264 @ 0x21] Error while opening encoder - maybe incorrect parameters',
  },
  {
    id: 'ffmpeg.hw-device',
    origin:
      'FFmpeg/FFmpeg fftools/ffmpeg_hw.c, libavutil/hwcontext_*.c; meta-pytorch/torchcodec src/torchcodec/_core',
    pattern:
      /No device available for (?:decoder|encoder|filter)|Failed to create specified HW device|Hardware device setup failed|No VA display found|Failed to initialise VAAPI connection|Error (?:creating|initializing) (?:a |an )?(?:(?:internal )?(?:MFX|QSV)|hardware) (?:session|device)|[Ff]ailed to create (?:a |an )?(?:CUDA|VAAPI|QSV|D3D11|D3D12|Vulkan|hw|HW|hardware) (?:device|frames|decoder)(?: context)?|hwaccel initiali[sz]ation (?:returned error|failed)|Could not dynamically load CUDA|Failed to set value '(?:cuda|vaapi|qsv|d3d11va|nvdec|cuvid|vulkan|opencl)[^'\n]{0,60}' for option '(?:hwaccel|init_hw_device)'|libva error: va\w{3,40}\(\) failed|Device creation failed: -\d{1,4}\.?\n[^\n]{0,80}(?:vaapi|cuda|qsv|hw)/,
    weight: Weight.strong,
    category: 'no-device',
    resolve: (match) =>
      /Failed to create specified HW device/.test(match[0])
        ? { category: 'library', restart: 'none' }
        : {},
    example: 'No device available for decoder: device type cuda needed for codec h264.',
  },
  {
    id: 'ffmpeg.vulkan-device',
    origin: 'FFmpeg/FFmpeg libavutil/hwcontext_vulkan.c, libavutil/hwcontext_cuda.c',
    pattern:
      /Device does not support the VK_\w{4,60} extension|cu->cu\w{3,40}\([^\n]{0,200}\) failed|Unable to find device with|Unsupported (?:VA|VDPAU) (?:profile|API)/,
    weight: Weight.strong,
    category: 'not-supported',
    resolve: (match) =>
      match[0].startsWith('cu->')
        ? { category: 'library', library: 'cuda' }
        : { restart: 'environment' },
    example: 'Device does not support the VK_KHR_video_decode_queue extension!',
  },
];
