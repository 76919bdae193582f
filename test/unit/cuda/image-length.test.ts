import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compilerEnvironment } from '../../helpers/compilers';
import { elfEnd, fatBinaryEnd } from '../../../lib/cuda/image-length.js';

const PROGBITS = 1;
const NOBITS = 8;
const CUDA_INFO = 0x7000_0000;
const CUDA_GLOBAL = 0x7000_0007;
const LOAD = 1;

interface Part {
  type: number;
  offset: number;
  size: number;
}

interface Elf {
  sections?: Part[];
  segments?: Part[];
  /** Whose table stands where. */
  sectionsAt?: number;
  segmentsAt?: number;
  /** The counts stand in the first section, as where they are too large for the header. */
  extended?: boolean;
  length: number;
}

function elf({ sections = [], segments = [], extended = false, ...rest }: Elf): DataView {
  const { sectionsAt = 0, segmentsAt = 0, length } = rest;
  const view = new DataView(new ArrayBuffer(length));
  Buffer.from(view.buffer).write('\x7fELF\x02\x01', 'latin1');
  view.setBigUint64(32, BigInt(segmentsAt), true);
  view.setBigUint64(40, BigInt(sectionsAt), true);
  view.setUint16(54, 56, true);
  view.setUint16(56, extended ? 0xffff : segments.length, true);
  view.setUint16(58, 64, true);
  view.setUint16(60, extended ? 0 : sections.length, true);
  sections.forEach(({ type, offset, size }, i) => {
    const at = sectionsAt + 64 * i;
    view.setUint32(at + 4, type, true);
    view.setBigUint64(at + 24, BigInt(offset), true);
    view.setBigUint64(at + 32, BigInt(size), true);
  });
  if (extended) {
    view.setBigUint64(sectionsAt + 32, BigInt(sections.length), true);
    view.setUint32(sectionsAt + 44, segments.length, true);
  }
  segments.forEach(({ type, offset, size }, i) => {
    const at = segmentsAt + 56 * i;
    view.setUint32(at, type, true);
    view.setBigUint64(at + 8, BigInt(offset), true);
    view.setBigUint64(at + 32, BigInt(size), true);
  });
  return view;
}

const nothing = { type: 0, offset: 0, size: 0 };
const code = { type: PROGBITS, offset: 64, size: 100 };
const shared = { type: NOBITS, offset: 164, size: 2 ** 20 };
const global = { type: CUDA_GLOBAL, offset: 164, size: 2 ** 20 };
const loaded = { type: LOAD, offset: 64, size: 100 };
const tail = (of: Part, length: number): Part => ({ ...of, offset: length - of.size });

const IMAGES: [string, Elf][] = [
  ['program headers last, as nvcc 13', { sections: [nothing, code, shared, global], segments: [nothing, loaded], sectionsAt: 168, segmentsAt: 424, length: 536 }], // prettier-ignore
  ['section headers last', { sections: [nothing, code], segments: [loaded], segmentsAt: 168, sectionsAt: 224, length: 352 }], // prettier-ignore
  ['a section last', { sections: [nothing, tail(code, 300)], sectionsAt: 64, length: 300 }],
  ['NVIDIA’s own section last', { sections: [nothing, tail({ ...code, type: CUDA_INFO }, 300)], sectionsAt: 64, length: 300 }], // prettier-ignore
  ['a segment last', { segments: [tail(loaded, 300)], segmentsAt: 64, length: 300 }],
  ['its counts in the first section', { sections: [nothing, code], segments: [loaded], sectionsAt: 168, segmentsAt: 296, extended: true, length: 352 }], // prettier-ignore
];

test.each(IMAGES)('a cubin with %s is told from one that was cut off anywhere', (_, image) => {
  const view = elf(image);
  expect(elfEnd(view)).toBe(image.length);
  for (let length = 0; length < image.length; ++length) {
    expect(elfEnd(new DataView(view.buffer, 0, length))).toBeGreaterThan(length);
  }
});

test('no number in a header leads beyond the image', () => {
  for (const [, image] of IMAGES) {
    const { buffer } = elf(image);
    for (let at = 6; at + 8 <= buffer.byteLength; at += 2) {
      for (const value of [0n, 1n, 0xffffn, 2n ** 32n - 1n, 2n ** 63n, 2n ** 64n - 1n]) {
        const hostile = new DataView(buffer.slice(0));
        hostile.setBigUint64(at, value, true);
        expect(() => elfEnd(hostile)).not.toThrow();
      }
    }
  }
});

test('a file of other words or other tables is no cubin', () => {
  const image: Elf = { sections: [nothing], segments: [loaded], sectionsAt: 168, segmentsAt: 232, length: 288 }; // prettier-ignore
  for (const [at, value] of [
    [4, 1],
    [5, 2],
    [54, 32],
    [58, 40],
  ] as const) {
    const other = elf(image);
    other.setUint8(at, value);
    expect(elfEnd(other)).toBeNull();
  }
});

test('a fat binary says how long it is', () => {
  const view = new DataView(new ArrayBuffer(80));
  view.setUint32(0, 0xba55ed50, true);
  view.setUint16(6, 16, true);
  view.setBigUint64(8, 64n, true);
  expect(fatBinaryEnd(view)).toBe(80);
  for (let length = 0; length < 80; ++length) {
    expect(fatBinaryEnd(new DataView(view.buffer, 0, length))).toBeGreaterThan(length);
  }
  view.setBigUint64(8, 2n ** 64n - 1n, true);
  expect(fatBinaryEnd(view)).toBeGreaterThan(80);
  view.setUint16(6, 8, true);
  expect(fatBinaryEnd(view)).toBeNull();
});

const nvcc = (...args: string[]): string => {
  const { error, stderr, status } = spawnSync('nvcc', args, {
    encoding: 'utf8',
    env: compilerEnvironment,
  });
  return error === undefined && status === 0 ? '' : (error?.message ?? stderr);
};
const withNvcc = nvcc('--version') === '' ? test : test.skip;

const SOURCE = `
__device__ float global[1000];
__constant__ float table[100];
extern "C" __global__ void kernel(float* a, int n) {
  __shared__ float shared[512];
  shared[threadIdx.x] = a[n];
  __syncthreads();
  a[0] = shared[n] + table[n] + global[n];
}`;

withNvcc.each<[string, (view: DataView) => number | null, string[]]>([
  ['cubin', elfEnd, ['-cubin']],
  ['cubin that is still to be linked', elfEnd, ['-cubin', '-rdc=true']],
  ['fat binary', fatBinaryEnd, ['-fatbin']],
])(
  'a %s of nvcc ends where it says, and was cut off anywhere before',
  (_, end, options) => {
    const folder = mkdtempSync(join(tmpdir(), 'gpuex-image-'));
    try {
      const [source, file] = [join(folder, 'a.cu'), join(folder, 'image')];
      writeFileSync(source, SOURCE);
      expect(nvcc('-arch=sm_90', ...options, source, '-o', file)).toBe('');
      const { buffer, length } = Uint8Array.from(readFileSync(file));
      expect(end(new DataView(buffer))).toBe(length);
      for (let cut = 0; cut < length; ++cut) {
        const reach = end(new DataView(buffer, 0, cut));
        if (reach === null || reach <= cut) throw new Error(`taken with ${String(cut)} bytes`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  60_000,
);
