/** Mining and password recovery: ethminer, T-Rex, XMRig, xmr-stak, hashcat. */

import { graphicsFacts } from '../graphics-codes.js';
import { factsOfCudaString } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const miners: readonly Rule[] = [
  {
    id: 'miner.memory',
    origin: 'ethereum-mining/ethminer libethash-cuda, hashcat/hashcat src/backend.c',
    pattern:
      /Not enough allocatable device memory|Insufficient GPU memory|(?:GPU|CUDA device)[^\n]{0,40}(?:insufficient|not enough) memory/i,
    weight: Weight.strong,
    category: 'out-of-memory',
    example: '* Device #1: Not enough allocatable device memory for this attack.',
  },
  {
    id: 'hashcat.call',
    origin: 'hashcat/hashcat src/ext_cuda.c, ext_hip.c, ext_nvml.c, ext_OpenCL.c: <call>(): <text>',
    pattern:
      /\b(?<call>(?:nvml|nvapi|hip|hiprtc|nvrtc|cuda)[A-Z]\w{3,40}|cu[A-Z][a-z]\w{2,40}|cl[A-Z][a-z]\w{3,40})\(\): (?<why>[A-Za-z][^\n]{2,80})/,
    weight: Weight.fair,
    category: 'library',
    resolve: (match) =>
      graphicsFacts(match.groups?.['why'] ?? '') ??
      factsOfCudaString(match.groups?.['why'] ?? '', true, match[0].startsWith('hip')) ??
      {},
    example: 'nvmlDeviceGetFanSpeed(): Not Supported',
    nearMiss: 'clearCache(): done',
  },
  {
    id: 'miner.dag',
    origin:
      'ethereum-mining/ethminer libethash-cuda, libethash-cl; PhoenixMiner, T-Rex, Claymore: the DAG does not fit',
    pattern:
      /cannot allocate big buffer for DAG|[Aa]llocating DAG buffer failed|(?:[Nn]ot enough|[Ii]nsufficient)[^\n]{0,40}memory[^\n]{0,40}\bDAG\b|\bDAG\b[^\n]{0,60}(?:[Nn]ot enough|[Ii]nsufficient|too (?:big|large))[^\n]{0,30}|[Ff]ailed to allocate[^\n]{0,40}\bDAG\b|can't create DAG/,
    weight: Weight.certain,
    category: 'out-of-memory',
    example:
      'CUDA error - cannot allocate big buffer for DAG. Check readme.txt for possible solutions.',
  },
  {
    id: 'miner.gpu-error',
    origin: 'fireice-uk/xmr-stak, xmrig/xmrig, T-Rex: an error of one GPU, the string behind it',
    pattern:
      /\[CUDA\] Error gpu (?<device>\d{1,3}): (?<why>[^\n]{1,200})|cuda exception in \[[^\]\n]{1,60}\](?<why2>[^\n]{0,120})|\[(?:CUDA|OPENCL|OpenCL)\][^\n]{0,60}(?:thread failed|error)(?<why3>[^\n]{0,120})/,
    weight: Weight.strong,
    category: 'unknown',
    resolve: (match) => {
      const { why = '', why2 = '', why3 = '' } = match.groups ?? {};
      return factsOfCudaString(`${why}${why2}${why3}`, true, false) ?? {};
    },
    example: '[CUDA] Error gpu 0: <cuda_extra.cu>:334 "out of memory"',
  },
  {
    id: 'miner.no-device',
    origin: 'ethereum-mining/ethminer, xmrig/xmrig, hashcat/hashcat src/backend.c',
    pattern:
      /No usable mining devices found|(?:CUDA|OPENCL|OpenCL)[^\n]{0,12}disabled \(|[Ff]ailed to load CUDA plugin|No devices found\/left|No OpenCL, (?:HIP|Metal)|No (?:GPU|CUDA|OpenCL|AMD|NVIDIA) (?:mining )?devices? found/,
    weight: Weight.strong,
    category: 'no-device',
    example: 'No usable mining devices found',
  },
  {
    id: 'hashcat.build',
    origin: 'hashcat/hashcat src/backend.c: Kernel <file> build failed',
    pattern: /Kernel \S{1,200} build failed|\bhiprtc\w{3,40}\(\): \w{4,60}|\bHIPRTC_ERROR_\w{4,40}/,
    weight: Weight.strong,
    category: 'library',
    example: 'Kernel /usr/share/hashcat/OpenCL/m02500.cl build failed.',
  },
];
