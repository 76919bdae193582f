import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { libraries } from '../../../lib/cuda/index.js';
import type { LibraryReport } from '../../../lib/cuda/index.js';
import type { GPUFailure } from '../../../lib/failure/types.js';
import { mockLibraryPath } from '../../../lib/native/load.js';
import { useMock } from '../../../lib/mock/index.js';
import { eachTestFindsDevicesAtRest } from '../../helpers/devices-at-rest';
import { itCompiled, openWorkshop } from './compile';
import { answerOf, byName, root, runProgram, sanitized } from './support';

function reportOf(
  env: Record<string, string>,
  library: LibraryReport['library'] = 'cudart',
): LibraryReport {
  const reports = answerOf<LibraryReport[]>(runProgram('libraries.cjs', env));
  const report = reports.find((each) => each.library === library);
  if (report === undefined) throw new Error(`${library} is not reported`);
  return report;
}

/** A library that every Node process has, and that is no CUDA runtime. */
function foreignLibrary(): string {
  const report = process.report.getReport() as unknown as { sharedObjects: string[] };
  const found = report.sharedObjects.find((path) => /libm[.-]|kernel32/i.test(path));
  if (found === undefined) throw new Error('no foreign library was found');
  return found;
}

eachTestFindsDevicesAtRest();

describe('libraries', () => {
  it('says that the stand-in is one, with the versions it was given', () => {
    useMock({
      driverVersion: '570.12.34',
      cudaDriverVersion: 12080,
      cudaRuntimeVersion: 12060,
      cudnnVersion: '8.9.1',
    });
    const common = { loaded: true, mock: true, lacks: [], findings: [], candidates: [] };
    const found = (name: string): object =>
      byName
        ? {
            ...common,
            path: join(dirname(mockLibraryPath()), 'stand-in', name),
            foundBy: 'explicit',
          }
        : { ...common, path: mockLibraryPath(), foundBy: 'mock' };
    expect(libraries()).toEqual([
      { library: 'cudart', version: '12.6', ...found('libcudart.so.13') },
      { library: 'cuda', version: '12.8', ...found('libcuda.so.1') },
      { library: 'nvml', version: '12.570.12.34', ...found('libnvidia-ml.so.1') },
      { library: 'cudnn', version: '8.9.1', ...found('libcudnn.so.9') },
      { library: 'nvrtc', version: '12.6', ...found('libnvrtc.so.13') },
    ]);
  });

  it('initialises neither runtime nor driver', () => {
    const mock = useMock();
    libraries();
    expect(mock.calls('cuInit')).toBe(0);
    const { calls } = mock.state();
    const runtime = Object.keys(calls).filter(
      (name) => name.startsWith('cuda') && (calls[name] ?? 0) > 0,
    );
    expect(runtime).toEqual(['cudaRuntimeGetVersion']);
  });

  it('answers a version as null where the library refuses to tell it', () => {
    useMock({
      rules: [
        { library: 'nvml', call: 'nvml*', code: 9 },
        { library: 'cudnn', call: 'cudnnGetProperty', code: 'CUDNN_STATUS_BAD_PARAM' },
      ],
    });
    const reports = libraries();
    expect(reports.map(({ version }) => version)).toEqual(['13.0', '13.0', null, null, '13.0']);
    const findings = reports.map((each) => each.findings.map(({ kind, call }) => [kind, call]));
    expect(findings).toEqual([
      [],
      [],
      [
        ['refused', 'nvmlSystemGetNVMLVersion'],
        ['not-started', 'nvmlInit_v2'],
      ],
      [['refused', 'cudnnGetProperty']],
      [],
    ]);
    expect(reports[3]?.findings[0]).toEqual({
      kind: 'refused',
      call: 'cudnnGetProperty',
      code: 2000,
      message:
        'cudnnGetProperty answered 2000 (CUDNN_STATUS_BAD_PARAM); what it would tell is unknown',
    });
  });

  it('forgets what it found when the stand-in is configured afresh', () => {
    useMock({ rules: [{ library: 'nvml', call: 'nvmlInit_v2', code: 9 }] });
    expect(libraries()[2]?.findings).not.toEqual([]);
    useMock();
    expect(libraries()[2]?.findings).toEqual([]);
  });

  describe('with libraries that do not answer', () => {
    interface Look {
      told: { version: string | null; findings: [string, string][] }[];
      hanging: number;
    }
    const VERSION_CALLS = [
      ['cudart', 'cudaRuntimeGetVersion'],
      ['cuda', 'cuDriverGetVersion'],
      ['nvml', 'nvmlSystemGetNVMLVersion'],
      ['cudnn', 'cudnnGetProperty'],
      ['nvrtc', 'nvrtcVersion'],
    ];
    const looks = (calls: string[][], env: Record<string, string>): Look[] =>
      answerOf(runProgram('hanging-versions.cjs', { CALLS: JSON.stringify(calls), ...env }));
    const noAnswer = (call: string | undefined): Look['told'][number] => ({
      version: null,
      findings: [['no-answer', call ?? '']],
    });

    it('says so, asks none a second time while it hangs, and again when it answers', () => {
      const silent = { told: VERSION_CALLS.map(([, call]) => noAnswer(call)), hanging: 5 };
      const told = ['13.0', '13.0', '13.580.65.06', '9.13.0', '13.0'].map((version) => ({
        version,
        findings: [],
      }));
      expect(looks(VERSION_CALLS, { AGAIN: '1' })).toEqual([silent, silent, { told, hanging: 0 }]);
    });

    it('waits neither for a driver that hangs while it is opened nor for NVML while it starts', () => {
      const calls = [
        ['cuda', 'cuDriverGetVersion'],
        ['nvml', 'nvmlInit_v2'],
      ];
      const [{ told, hanging } = { told: [], hanging: 0 }] = looks(calls, { AT_FIRST: '1' });
      expect(told[0]).toEqual({ version: '13.0', findings: [] });
      expect(told[1]).toEqual(noAnswer('cuDriverGetVersion'));
      expect(told[2]).toMatchObject({
        version: null,
        findings: [
          ['no-answer', 'nvmlInit_v2'],
          ['refused', 'nvmlSystemGetNVMLVersion'],
        ],
      });
      // The driver was asked twice: whether it is a stub, and for its version.
      expect(hanging).toBe(3);
    });

    // A preloaded library and a sanitizer's do not agree.
    const itPreloads = sanitized === undefined ? itCompiled : it.skip;
    itPreloads('says that none was asked where the system gives no thread', () => {
      const workshop = openWorkshop();
      try {
        const preload = workshop.compile('no-threads.cc', { name: 'no-threads' });
        const flag = join(workshop.folder, 'no-threads');
        const env = { GPU_EXCEPTIONS_BACKEND: 'mock', LD_PRELOAD: preload, NO_THREADS_WHERE: flag };
        const reports = answerOf<LibraryReport[]>(
          runProgram('libraries.cjs', { ...env, WITHOUT_THREADS: '1' }),
        );
        expect(reports).toHaveLength(5);
        for (const { loaded, version, findings } of reports) {
          expect([loaded, version]).toEqual([true, null]);
          expect(findings.map(({ kind }) => kind)).toEqual(['not-asked']);
        }
      } finally {
        workshop.remove();
      }
    });
  });

  it('tries an explicit path and nothing else, and keeps the loader’s words', () => {
    const path = join(root, 'package.json');
    const report = reportOf({ GPU_EXCEPTIONS_CUDART: path });
    expect(report).toMatchObject({ loaded: false, path: null, version: null, foundBy: null });
    expect(report.candidates).toHaveLength(1);
    expect(report.candidates[0]?.path).toBe(path);
    expect(report.candidates[0]?.reason).toMatch(
      /invalid ELF header|not a valid Win32|file too short/,
    );
  });

  it('opens nothing but regular files', () => {
    for (const path of [root, '/dev/zero']) {
      if (process.platform === 'win32' && path !== root) continue;
      expect(reportOf({ GPU_EXCEPTIONS_CUDART: path }).candidates).toEqual([
        { path, reason: 'not a regular file' },
      ]);
    }
  });

  it('names the symbol that a library lacks', () => {
    const path = foreignLibrary();
    const report = reportOf({ GPU_EXCEPTIONS_CUDART: path });
    expect(report.loaded).toBe(false);
    expect(report.candidates).toEqual([
      { path, reason: expect.stringMatching(/^missing symbol cudaRuntimeGetVersion\b/) },
    ]);
  });

  it('takes an explicit path also under the stand-in, and knows a stand-in by its exports', () => {
    const path = mockLibraryPath();
    const explicit = { loaded: true, path, foundBy: 'explicit', mock: true };
    expect(reportOf({ GPU_EXCEPTIONS_CUDART: path })).toMatchObject(explicit);
    const refused = reportOf({
      GPU_EXCEPTIONS_BACKEND: 'mock',
      GPU_EXCEPTIONS_CUDART: '/nonexistent/libcudart.so.13',
    });
    expect(refused.loaded).toBe(false);
    expect(refused.candidates).toHaveLength(1);
  });

  it('reports a directory that was named and is not there', () => {
    const report = reportOf({ CUDA_PATH: '/nonexistent/cuda' });
    if (report.loaded && report.foundBy !== 'directory') {
      // The system's loader knew it before any directory was looked at.
      expect(report.candidates.map(({ path }) => path)).not.toContain('/nonexistent/cuda');
      return;
    }
    expect(report.candidates).toContainEqual({
      path: '/nonexistent/cuda',
      reason: 'no such directory',
    });
  });

  it('says of a directory that none of the names it looks for is there', () => {
    const toolkit = mkdtempSync(join(tmpdir(), 'gpuex-toolkit-'));
    const folder = join(toolkit, 'lib64');
    mkdirSync(folder);
    const report = reportOf({ CUDA_PATH: toolkit }, 'cudnn');
    rmSync(toolkit, { recursive: true });
    // Where the system's loader knows one, no directory is looked at.
    const looked = report.candidates.find(({ path }) => path === folder)?.reason;
    const elsewhere = report.loaded && report.foundBy !== 'directory';
    expect(looked).toEqual(
      elsewhere ? undefined : expect.stringMatching(/^holds none of \S+9\S*, \S+8\S*$/),
    );
  });

  it('fails the calls that need a library which is not there, and says which and where', () => {
    type Failures = Record<string, (GPUFailure & { cause: string }) | null>;
    const path = '/nonexistent/libcudart.so.13';
    const failures = answerOf<Failures>(
      runProgram('missing-library.cjs', {
        GPU_EXCEPTIONS_BACKEND: 'mock',
        GPU_EXCEPTIONS_CUDART: path,
      }),
    );
    for (const name of ['lastError', 'alloc']) {
      expect(failures[name]).toMatchObject({
        category: 'library',
        library: 'cudart',
        code: null,
        restart: 'environment',
        remedy: expect.stringMatching(/GPU_EXCEPTIONS_CUDART/),
      });
      expect(failures[name]?.cause).toContain(path);
    }
    expect(failures['deviceMemory']).toBeNull();
  });
});
