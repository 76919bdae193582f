/** NVENC through the SDK: NVEnc, OBS, NvEncoder. */

import type { FailureFacts } from '../facts.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

/** NVENCSTATUS by number, by nvEncodeAPI.h of FFmpeg/nv-codec-headers. */
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

export const nvenc: readonly Rule[] = [
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
