/** NVIDIA’s driver and its tools: kernel log, Xid, NVML, nvidia-smi, MPS. */

import { factsFromCode } from '../code-facts.js';
import type { FailureFacts } from '../facts.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

/** NVML's texts, by nvmlErrorString, as nvidia-smi and bindings print them. */
const NVML_TEXT: readonly (readonly [RegExp, number])[] = [
  [/driver\/library version mismatch/i, 18],
  [/driver not loaded/i, 9],
  [/gpu is lost/i, 15],
  [/insufficient permissions/i, 4],
  [/shared library not found|library not found/i, 12],
  [/in use by another client/i, 19],
  [/reset required/i, 16],
  [/not supported/i, 3],
  [/function not found/i, 13],
  [/unknown error/i, 999],
  [/no permission/i, 4],
];

export const nvidiaDriver: readonly Rule[] = [
  {
    id: 'nvidia.xid',
    origin: 'NVIDIA/open-gpu-kernel-modules kernel log: NVRM: Xid (PCI:<bus>): <number>, …',
    hints: ['xid ', 'xid:', 'xid=', 'xids'],
    pattern:
      /\bXid \(PCI:[\da-fA-F:.]{4,20}\): (?<code>\d{1,4})|\bXid(?: error)?s?(?::? |=)(?<code2>\d{1,3})\b/,
    weight: Weight.certain,
    category: 'hardware',
    resolve: (match) => factsOfXid(Number(match.groups?.['code'] ?? match.groups?.['code2'])),
    example: 'NVRM: Xid (PCI:0000:b3:00): 79, pid=1234, GPU has fallen off the bus.',
    nearMiss: 'pg_current_xid 79 is too old',
  },
  {
    id: 'nvidia.off-the-bus',
    origin: 'NVIDIA/open-gpu-kernel-modules kernel log; nvmlErrorString(NVML_ERROR_GPU_IS_LOST)',
    pattern: /fallen off the bus|GPU is lost/i,
    weight: Weight.certain,
    category: 'device-lost',
    library: 'nvml',
    restart: 'node',
    remedy:
      'Drain the node and reboot it: the GPU has fallen off the bus; if it does so again, look at power, temperature and the PCIe slot.',
    example: 'NVRM: GPU at PCI:0000:01:00: GPU has fallen off the bus.',
  },
  {
    id: 'nvidia.rm-init',
    origin: 'NVIDIA/open-gpu-kernel-modules kernel log',
    pattern:
      /RmInitAdapter failed|NVRM: API mismatch|No NVIDIA graphics adapter found|modprobe: [^\n]{0,60}nvidia[^\n]{0,60}/,
    weight: Weight.strong,
    category: 'driver-mismatch',
    library: 'nvml',
    resolve: (match) =>
      /API mismatch|modprobe/.test(match[0]) ? {} : { category: 'no-device', restart: 'node' },
    example:
      'NVRM: API mismatch: the client has the version 535.54.03, but this kernel module has the version 525.85.05.',
  },
  {
    id: 'nvidia.nvml-init',
    origin: 'nvidia-smi; NVIDIA/go-nvml, pynvml: Failed to initialize NVML: <nvmlErrorString>',
    pattern:
      /(?:[Ff]ailed|[Cc]ould not|[Uu]nable) (?:to )?(?:initialize|init|load) (?:the )?(?:NVML|nvml|nvidia-ml)(?: library)?(?<why>[^\n]{0,100})|\b(?:nvml error|NVMLError(?:_\w{3,40})?|NVML Error):? ?(?<why2>[^\n]{0,100})|NVML Shared Library Not Found|nvmlInit(?:_v2)?[^\n]{0,20}(?:failed|returned)(?<why3>[^\n]{0,100})/,
    weight: Weight.certain,
    category: 'library',
    library: 'nvml',
    restart: 'environment',
    resolve: (match) => {
      const { why = '', why2 = '', why3 = '' } = match.groups ?? {};
      return nvmlByText(`${match[0]} ${why}${why2}${why3}`) ?? {};
    },
    example: 'Failed to initialize NVML: Driver/library version mismatch',
    nearMiss:
      'Refused to post: message "my driver says NVML: Driver/library version mismatch, help" matched the filter',
  },
  {
    id: 'nvidia.smi',
    origin: 'output of nvidia-smi, NVIDIA driver',
    pattern:
      /NVIDIA-SMI has failed|NVIDIA-SMI couldn't|couldn't communicate with the NVIDIA driver|Unable to determine the device handle for (?:GPU|gpu)\s?(?<why>[^\n]{0,120})|No devices were found|nvidia-smi[^\n]{0,40}(?:command not found|not recognized|ENOENT|failed|not found)/,
    weight: Weight.strong,
    category: 'no-device',
    library: 'nvml',
    resolve: (match) => {
      const why = match.groups?.['why'] ?? '';
      // A device whose handle cannot be had for no reason has left the bus.
      if (/Unknown Error/i.test(why))
        return { category: 'device-lost', restart: 'node', code: 999 };
      return nvmlByText(why) ?? {};
    },
    example:
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.",
  },
  {
    id: 'nvidia.ecc',
    origin: 'nvidia-smi, kernel log, DCGM',
    pattern:
      /(?:uncorrectable|double[- ]bit|volatile uncorrectable)[^\n]{0,20} ECC|uncorrectable NVLink|(?:row remap(?:ping|per)?|page retirement)[^\n]{0,30}(?:fail|pending)|uncorrectable (?:memory )?error[^\n]{0,30}GPU/i,
    weight: Weight.strong,
    category: 'hardware',
    example: 'GPU 3 has a pending double bit ECC error',
    nearMiss: 'EDAC MC0: 1 CE correctable ECC on DIMM',
  },
  {
    id: 'nvidia.mps',
    origin: 'NVIDIA Multi-Process Service documentation',
    pattern:
      /\bMPS (?:client|server|control daemon|daemon)[^\n]{0,60}(?:fail|error|terminated|not ready|refus|unavailable|lost|maximum)/,
    weight: Weight.strong,
    category: 'library',
    library: 'cuda',
    restart: 'process',
    example:
      'the MPS server is not ready to accept new MPS client requests: MPS client failed to connect',
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
  {
    id: 'nvidia.resource-manager',
    origin:
      'NVIDIA/open-gpu-kernel-modules src/common/sdk/nvidia/inc/nvstatuscodes.h; tinygrad/tinygrad tinygrad/runtime/ops_nv.py: <call> returned <number>: <text>',
    pattern:
      /\brm_(?:alloc|control) returned (?<code>\d{1,3})\b|\bNV_ERR_[A-Z][A-Z_]{3,50}\b|Ran out of a critical resource, other than memory/,
    weight: Weight.strong,
    category: 'library',
    library: 'nvml',
    resolve: (match) => {
      const code = match.groups?.['code'];
      if (code === '81' || match[0] === 'NV_ERR_NO_MEMORY') return { category: 'out-of-memory' };
      return code === '0' ? null : {};
    },
    example: 'rm_alloc returned 26: Ran out of a critical resource, other than memory',
    nearMiss: 'rm_alloc returned 0: Success',
  },
];

function nvmlByText(text: string): FailureFacts | null {
  const code = NVML_TEXT.find(([pattern]) => pattern.test(text))?.[1];
  return code === undefined ? null : factsFromCode('nvml', code);
}

/** Xids by what NVIDIA's catalogue advises (facts/xid.json): the process, the device, or the node. */
function factsOfXid(xid: number): FailureFacts {
  if ([13, 31, 43, 45, 68, 69, 94].includes(xid)) {
    return { category: 'kernel-fault', restart: 'process' };
  }
  if (xid === 79) return { category: 'device-lost', restart: 'node' };
  if ([48, 63, 64, 74, 92, 95, 140, 149, 154].includes(xid)) {
    return { category: 'hardware', restart: 'device' };
  }
  return { category: 'hardware', restart: 'device' };
}
