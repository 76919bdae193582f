/**
 * NVIDIA's own compiler under `compile()`: it needs neither a GPU nor a driver, so this runs wherever
 * the library is found (GPU_EXCEPTIONS_NVRTC names one that is elsewhere).
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compiledPackage } from '../helpers/compiled';
import { addonPath } from '../native/addon/support';

const root = resolve(__dirname, '..', '..');

interface Case {
  source: string;
  name?: string;
  arch?: string;
  nameExpressions?: string[];
  status: number;
  log: string;
  lowered?: Record<string, string>;
}
interface Answer {
  class?: string;
  status: number;
  log: string;
  line?: number;
  ptx?: string;
  magic?: string | null;
  loweredNames?: Record<string, string>;
}
interface Told {
  loaded: boolean;
  version: string | null;
  answers: Answer[];
}

const folder = mkdtempSync(join(tmpdir(), 'gpuex-nvrtc-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function ask(cases: object[]): Told {
  const file = join(folder, 'cases.json');
  writeFileSync(file, JSON.stringify({ cases }));
  const script = join(root, 'test', 'fixtures', 'real', 'nvrtc.cjs');
  const { stdout, stderr } = spawnSync(process.execPath, [script, file], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    env: {
      ...process.env,
      PACKAGE: compiledPackage(),
      GPU_EXCEPTIONS_ADDON: addonPath,
      GPU_EXCEPTIONS_BACKEND: 'real',
    },
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Told;
}

const { loaded, version } = ask([]);
const real = loaded ? it : it.skip;
const thirteen = version === '13.0' ? it : it.skip;

const SOURCE = `
struct Pair { double a; int b; };
template <class T> __global__ void scale(T* x, T by, int n) { x[n] *= by; }
extern "C" __global__ void mix(char a, const float* b, Pair p, double* out) {
  out[a] = b[p.b] + p.a;
}
`;

describe(`NVRTC ${version ?? '(none here)'}`, () => {
  real(
    'compiles to PTX and to machine code, tells names, refuses with log and line',
    () => {
      const base = { source: SOURCE, nameExpressions: ['scale<float>'], name: 'scale.cu' };
      const [ptx, cubin, broken, option] = ask([
        { ...base, arch: 'compute_90' },
        { ...base, arch: 'sm_90' },
        { ...base, source: SOURCE.replace('+ p.a;', '+ p.a') },
        { ...base, options: ['--fast'] },
      ]).answers;
      expect(ptx).toMatchObject({
        magic: null,
        loweredNames: { 'scale<float>': '_Z5scaleIfEvPT_S0_i' },
      });
      expect(ptx?.ptx).toMatch(/\.entry mix\([^]*\.align 8 \.b8 mix_param_2\[16\]/);
      expect(cubin?.magic).toBe('\x7fELF');
      expect(broken).toMatchObject({ class: 'KernelCompileError', status: 6, line: 6 });
      expect(option).toMatchObject({ class: 'KernelCompileError', status: 5 });
    },
    60_000,
  );

  thirteen(
    'answers what was written down for the stand-in',
    () => {
      const file = join(root, 'test', 'fixtures', 'nvrtc.json');
      const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] };
      // A nameless source has NVRTC's own name, which compile() never asks for.
      const named = cases.filter(({ name }) => name !== undefined);
      const { answers } = ask(named);
      for (const [i, { source, status, log, lowered }] of named.entries()) {
        expect([source, answers[i]?.status]).toEqual([source, status]);
        if (status === 6) expect(answers[i]?.log.split('\n')[0]).toBe(log.split('\n')[0]);
        if (lowered !== undefined) expect(answers[i]?.loweredNames).toEqual(lowered);
      }
      expect(named.length).toBeGreaterThan(70);
    },
    120_000,
  );
});
