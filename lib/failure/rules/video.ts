/** FFmpeg with NVENC, NVDEC, CUVID, VAAPI and QSV; OpenCV's CUDA modules; OBS. */

import { factsFromCode } from '../code-facts.js';
import type { FailureFacts } from '../facts.js';
import { factsOfCudaString } from './cuda-strings.js';
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

/** The same by number. */
const NVENC_NUMBERS: Readonly<Record<string, FailureFacts>> = {
  1: { category: 'no-device' },
  2: { category: 'no-device' },
  4: { category: 'no-device' },
  8: { category: 'not-supported' },
  10: { category: 'out-of-memory' },
  12: { category: 'not-supported' },
  15: { category: 'driver-mismatch' },
  21: { category: 'busy' },
};

export const video: readonly Rule[] = [
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
    id: 'nvenc.number',
    origin: 'FFmpeg/nv-codec-headers nvEncodeAPI.h (NVENCSTATUS), as rigaya/NVEnc prints it',
    pattern:
      /on (?<call>nv[Ee]nc\w{3,40})[^\n]{0,80}: (?<status>\d{1,2}) \(NVENC indicates[^\n]{0,40}/i,
    weight: Weight.certain,
    category: 'library',
    resolve: (match) => NVENC_NUMBERS[match.groups?.['status'] ?? ''] ?? {},
    example:
      'Error on nvEncOpenEncodeSessionEx: 10 (NVENC indicates that the API call failed because it was unable to allocate enough memory to perform the requested operation.)',
  },
  {
    id: 'nvenc.no-gpu',
    origin: 'rigaya/NVEnc NVEncCore/NVEncCore.cpp',
    pattern: /No GPU found suitable for NVEnc/,
    weight: Weight.strong,
    category: 'no-device',
    restart: 'environment',
    example: 'No GPU found suitable for NVEnc Encoding.',
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
    id: 'ffmpeg.cuda-check',
    origin: 'FFmpeg/FFmpeg libavutil/cuda_check.h: <call> failed -> <name>: <string>',
    pattern:
      /(?<call>cu(?:vid)?[A-Z]\w{2,40})(?:\([^\n]{0,160}?\))? failed -> (?<why>CUDA_ERROR_\w{3,60})|(?:Failed |failed )?cuvid(?<call2>Create\w{2,20}|Decode\w{2,20})[^\n]{0,20} (?<code>\d{1,4}) \(CUDA/,
    weight: Weight.fair,
    category: 'unknown',
    library: 'cuda',
    example:
      'dl_fn->cuda_dl->cuCtxCreate(&cu_context, 0, cu_device) failed -> CUDA_ERROR_OUT_OF_MEMORY: out of memory',
  },
  {
    id: 'opencv.gpu-api-call',
    origin:
      'opencv/opencv modules/core/include/opencv2/core/private.cuda.hpp: (-217:Gpu API call) <string> in function <name>',
    pattern:
      /\(-217(?::Gpu API call)?\) (?<why>[^\n]{1,160}?)(?: in function|$)|OpenCV Error: Gpu API call \((?<older>[^)\n]{1,120})\)/im,
    weight: Weight.certain,
    category: 'library',
    library: 'cudart',
    resolve: (match) =>
      factsOfCudaString(match.groups?.['why'] ?? match.groups?.['older'] ?? '', true, false) ?? {},
    example:
      "error: (-217:Gpu API call) an illegal memory access was encountered in function 'copy'",
  },
  {
    id: 'opencv.no-cuda',
    origin:
      'opencv/opencv modules/core/include/opencv2/core/private.cuda.hpp: (-216:No CUDA support)',
    pattern:
      /No CUDA support\)|compiled without (?:CUDA|GPU) support|DNN module was not built with (?:CUDA|GPU) backend|(?:built|compiled) without (?:CUDA|cuDNN|GPU)/i,
    weight: Weight.strong,
    category: 'not-supported',
    restart: 'environment',
    example:
      'error: (-216:No CUDA support) The library is compiled without CUDA support in function throw_no_cuda',
  },
  {
    id: 'nvenc.sdk',
    origin:
      'NVIDIA Video Codec SDK Samples/NvCodec/NvEncoder: <call>(…) returned error <number>; OBS plugins/obs-nvenc: <call>(…) failed: <number> (<name>)',
    pattern:
      /\b(?<call>nvEnc[A-Z]\w{3,40})\([^\n]{0,200}\) (?:returned error|failed:?) (?<status>\d{1,2})\b|\bNV_ENC_ERR_(?<name>[A-Z_]{4,40})/,
    weight: Weight.certain,
    category: 'library',
    resolve: (match) => {
      const { status, name } = match.groups ?? {};
      if (name === 'OUT_OF_MEMORY') return { category: 'out-of-memory' };
      return NVENC_NUMBERS[status ?? ''] ?? {};
    },
    example:
      'NvEncoder : m_nvenc.nvEncOpenEncodeSessionEx(&encodeSessionExParams, &hEncoder) returned error 2 at NvEncoder.cpp:55',
  },
  {
    id: 'deepstream.surface',
    origin:
      'NVIDIA DeepStream and Jetson Multimedia: nvbufsurface, nvbuf_utils, nvstreammux, nvinfer',
    pattern:
      /\bnvbuf(?:surf(?:ace|transform))?(?:_utils)?: ?(?:[Cc]ould not|[Ee]rror|[Ff]ailed|[Ii]nvalid|mapping|dmabuf)[^\n]{0,120}|\bNvBufSurf\w{3,40}[^\n]{0,40}(?:[Ff]ailed|[Ee]rror)|\bNvRm\w{3,30}[^\n]{0,40}(?:failed|error)|\bNvMap\w{3,30}[^\n]{0,20}(?:failed|error)|NvDsInfer[^\n]{0,60}[Ee]rror|Error\(-?\d{1,4}\) in (?:buffer|nvbuf)[^\n]{0,40}|\/dev\/nvhost-\w{2,20}[^\n]{0,20}failed|NVMEDIA: [^\n]{0,80}(?:[Cc]ould not|[Ff]ailed)|\bNvMM\w{3,40} ?[Ff]ailed|nvinfer error:? ?NVDSINFER_\w{4,40}/i,
    weight: Weight.strong,
    category: 'library',
    library: 'cudart',
    resolve: (match) =>
      /NvMapMem(?:Alloc|HandleAlloc)[^\n]{0,40}error 12|out of memory/i.test(match[0])
        ? { category: 'out-of-memory' }
        : {},
    example: 'nvbuf_utils: Could not get EGL display connection',
  },
  {
    id: 'dali.error',
    origin: 'NVIDIA/DALI include/dali/core/cuda_error.h, dali/operators/decoder/nvjpeg',
    pattern:
      /(?<oom>CUDA allocation failed)|\bnv(?:jpeg|JPEG|cuvid|CUVID|imgcodec) error \(?\d{1,4}|nvJPEG error|Requested video decoding is not supported on this GPU/,
    weight: Weight.certain,
    category: 'library',
    resolve: (match) =>
      match.groups?.['oom'] === undefined ? {} : { category: 'out-of-memory', library: 'cudart' },
    example: 'nvjpeg error (6): The error during trying to launch the kernel.',
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
  {
    id: 'obs.video',
    origin: 'obsproject/obs-studio frontend: failed to initialise video',
    pattern: /Failed to initialize video\. Your GPU|Failed to open NVENC|NVENC Error:/,
    weight: Weight.strong,
    category: 'no-device',
    resolve: (match) =>
      match[0].startsWith('Failed to init') ? { restart: 'environment' } : { category: 'library' },
    example:
      'Failed to initialize video. Your GPU may not be supported, or your graphics drivers may need to be updated.',
  },
];
