import { mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  DeviceInfo,
  GPUProcess,
  LibraryCandidate,
  LibraryReport,
} from '../../../lib/cuda/index.js';
import type { DeviceMemory } from '../../../lib/index.js';
import { takeAway } from '../../../lib/cli/broken-library.js';
import { mockLibraryPath } from '../../../lib/native/load.js';
import { aboveTheStandIn, itCompiled, openWorkshop } from './compile';
import { answerOf, root, runProgram } from './support';

interface Attempt<T> {
  answer?: T;
  failure?: {
    message: string;
    cause?: string;
    category?: string;
    code?: number | null;
    name?: string | null;
    call?: string | null;
    remedy?: string;
  };
}
interface Told {
  /** Before anything else, after two questions for memory, and at the end. */
  libraries: LibraryReport[];
  meanwhile: LibraryReport[];
  afterwards: LibraryReport[];
  memory: [Attempt<DeviceMemory>, Attempt<DeviceMemory>, Attempt<DeviceMemory>];
  devices: Attempt<DeviceInfo[]>;
  processes: Attempt<GPUProcess[] | null>;
  lastError: Attempt<unknown>;
}

const MOCK = { GPU_EXCEPTIONS_BACKEND: 'mock' };
const workshop = openWorkshop();
const linux = process.platform === 'linux' ? it : it.skip;
const table: [fault: string, told: string][] = [];

afterAll(() => {
  const width = Math.max(...table.map(([fault]) => fault.length));
  const lines = table.map(([fault, told]) => `  ${fault.padEnd(width)}  ${told}`);
  process.stdout.write(`\nLoader faults, and what the user is told\n${lines.join('\n')}\n\n`);
  workshop.remove();
});

function look(env: Record<string, string>): Told {
  return answerOf<Told>(runProgram('faults.cjs', { ...MOCK, ...env }));
}

type Look = 'libraries' | 'meanwhile' | 'afterwards';
function reportOf(
  told: Told,
  library: LibraryReport['library'],
  look: Look = 'libraries',
): LibraryReport {
  const report = told[look].find((each) => each.library === library);
  if (report === undefined) throw new Error(`${library} is not reported`);
  return report;
}

/** One line of the table, of what the reports say; paths that change from run to run are shortened. */
function note(fault: string, ...reports: LibraryReport[]): void {
  const told = reports.map(inWords).join('; ');
  table.push([
    fault,
    told
      .replaceAll(workshop.folder, '…')
      .replace(/renamed-\w+/g, '…')
      .replaceAll(root, '.'),
  ]);
}

function inWords({ library, loaded, version, lacks, findings, candidates }: LibraryReport): string {
  if (!loaded) {
    // The loader's own words begin with the path.
    const of = ({ path, reason }: LibraryCandidate): string =>
      reason.startsWith(path) ? reason : `${path}: ${reason}`;
    return candidates.map(of).join('; ');
  }
  const words = [`${library} ${version ?? 'null'}`];
  if (lacks.length > 0) words.push(`lacks ${lacks.join(', ')}`);
  return [...words, ...findings.map(({ message }) => message)].join('; ');
}

/** What was found at which call; those at the same call are one. */
function foundAt({ findings }: LibraryReport): Record<string, string> {
  return Object.fromEntries(findings.map(({ call, kind }) => [call, kind]));
}

/** The only candidate's reason. */
function refusal(report: LibraryReport): string {
  expect([report.loaded, report.path, report.version, report.foundBy]).toEqual([
    false,
    null,
    null,
    null,
  ]);
  expect(report.candidates).toHaveLength(1);
  return report.candidates[0]?.reason ?? '';
}

/** The stand-in without some of its functions, as an older library is. */
function without(name: string, ...functions: string[]): string {
  const bytes = readFileSync(mockLibraryPath());
  for (const each of functions) {
    if (!takeAway(bytes, each)) throw new Error(`the stand-in does not export ${each}`);
  }
  const path = join(workshop.folder, name);
  writeFileSync(path, bytes);
  return path;
}

function fault(definition: string, ...more: string[]): string {
  const flags = [`-D${definition}`, `-I${join(root, 'native')}`, '-Wno-unused-parameter', ...more];
  const alone = ['STUB', 'HANGS', 'CUDNN_7'].includes(definition);
  return workshop.compile('faults.cc', {
    name: definition,
    flags: [...flags, ...(alone ? [] : aboveTheStandIn())],
  });
}

/** The same file under another name, in a folder of its own. */
function renamed(file: string, name: string): string {
  const path = join(mkdtempSync(join(workshop.folder, 'renamed-')), name);
  renameSync(file, path);
  return path;
}

describe('a library that cannot be opened', () => {
  it('is missing', () => {
    const path = join(workshop.folder, 'libcuda.so.1');
    const told = look({ GPU_EXCEPTIONS_CUDA: path });
    const reason = refusal(reportOf(told, 'cuda'));
    expect(reason).toMatch(/cannot open shared object file|no such file/i);
    for (const attempt of told.memory) {
      expect(attempt.failure).toMatchObject({ category: 'library', code: null, call: 'cuInit' });
      expect(attempt.failure?.cause).toContain(path);
      expect(attempt.failure?.message).not.toContain(path); // clients may read the message
    }
    note('missing library', reportOf(told, 'cuda'));
  });

  itCompiled('has a file name of NVIDIA’s, and is another library', () => {
    const path = renamed(fault('CUDNN_7', '-Wl,-soname,libother.so.3'), 'libnvidia-ml.so.1');
    const report = reportOf(look({ GPU_EXCEPTIONS_NVML: path }), 'nvml');
    expect(refusal(report)).toBe('missing symbol nvmlInit_v2; calls itself libother.so.3');
    note('right file name, wrong library', report);
  });

  linux.each<[string, Buffer | string]>([
    ['an empty file', ''],
    ['a text file', 'This is no library.\n'.repeat(100)],
    ['a linker script', `/* GNU ld script */\nINPUT ( libcuda.so.1 )\n${' '.repeat(100)}`],
    ['a library that was cut off', readFileSync(mockLibraryPath()).subarray(0, 20_000)],
  ])('is %s', (what, content) => {
    const path = join(workshop.folder, 'corrupt.so');
    writeFileSync(path, content);
    const report = reportOf(look({ GPU_EXCEPTIONS_NVML: path }), 'nvml');
    expect(refusal(report)).toMatch(/file too short|invalid ELF header|cut off/);
    note(what, report);
  });

  it('is another library', () => {
    const shared = process.report.getReport() as unknown as { sharedObjects: string[] };
    const path = shared.sharedObjects.find((each) => /libm[.-]|kernel32/i.test(each)) ?? '';
    const report = reportOf(look({ GPU_EXCEPTIONS_NVML: path }), 'nvml');
    expect(refusal(report)).toMatch(/^missing symbol nvmlInit_v2($|; calls itself libm[.-])/);
    note('another library', report);
  });

  linux('lacks one symbol that we need', () => {
    const path = without('no-malloc.so', 'cudaMalloc');
    const told = look({ GPU_EXCEPTIONS_CUDART: path });
    expect(refusal(reportOf(told, 'cudart'))).toBe('missing symbol cudaMalloc');
    expect(told.lastError.failure).toMatchObject({ category: 'library', code: null });
    note('a symbol is missing', reportOf(told, 'cudart'));
  });

  linux('depends on a library that is missing', () => {
    const path = join(workshop.folder, 'dependent.so');
    const bytes = readFileSync(mockLibraryPath());
    const at = bytes.indexOf(Buffer.from('\0libstdc++.so.6\0'));
    bytes.write('libabsent', at + 1);
    writeFileSync(path, bytes);
    const report = reportOf(look({ GPU_EXCEPTIONS_NVML: path }), 'nvml');
    expect(refusal(report)).toMatch(/libabsent.*cannot open shared object file/);
    note('a dependency is missing', report);
  });

  itCompiled('is a linker stub', () => {
    const told = look({ GPU_EXCEPTIONS_CUDA: fault('STUB') });
    const reason = refusal(reportOf(told, 'cuda'));
    expect(reason).toMatch(/^is a linker stub \(CUDA_ERROR_STUB_LIBRARY\)/);
    expect(told.memory[0].failure).toMatchObject({ category: 'library' });
    expect(told.memory[0].failure?.cause).toContain(reason);
    note('stub library', reportOf(told, 'cuda'));
  });
});

describe('a library that opens', () => {
  linux('and is older: the functions that it lacks are named, and done without', () => {
    const path = without(
      'older.so',
      'nvmlDeviceGetMemoryInfo_v2',
      'nvmlDeviceGetComputeRunningProcesses_v2',
      'nvmlDeviceGetComputeRunningProcesses_v3',
      'nvmlDeviceGetGraphicsRunningProcesses_v2',
      'nvmlDeviceGetGraphicsRunningProcesses_v3',
      'cuDeviceGetUuid_v2',
    );
    const env = { GPU_EXCEPTIONS_NVML: path, GPU_EXCEPTIONS_CUDA: path };
    const told = look(env);
    expect(reportOf(told, 'cuda')).toMatchObject({ loaded: true, lacks: ['cuDeviceGetUuid_v2'] });
    const { loaded, lacks, version } = reportOf(told, 'nvml');
    expect([loaded, version, lacks.length]).toEqual([true, '13.580.65.06', 5]);
    expect(told.memory[0].answer).toMatchObject({ reserved: null, source: 'nvml' });
    expect(told.memory[0].answer?.total).toBeGreaterThan(0);
    expect(told.devices.answer?.[0]).toMatchObject({ nvmlIndex: 0, failure: null });
    expect(told.processes.answer).toEqual([]);
    note('older driver', reportOf(told, 'nvml', 'afterwards'));
  });

  itCompiled.each<[string, string, string]>([
    ['wrong soname', 'libother.so.3', 'libother.so.3'],
    ['wrong soname, right file name', 'libcudnn.so.7', 'libcudnn.so.9'],
  ])('and calls itself what we do not know: %s', (what, soname, file) => {
    const path = renamed(fault('CUDNN_7', `-Wl,-soname,${soname}`), file);
    const report = reportOf(look({ GPU_EXCEPTIONS_CUDNN: path }), 'cudnn');
    expect(report).toMatchObject({ loaded: true, path, version: '7.6.5' });
    const message = `calls itself ${soname}; known are libcudnn.so.9, libcudnn.so.8`;
    expect(report.findings).toEqual([{ kind: 'other-name', call: null, code: null, message }]);
    note(what, report);
  });

  itCompiled.each(['libcudnn.so.8', null])('and calls itself as it should: %s', (soname) => {
    const flags = soname === null ? [] : [`-Wl,-soname,${soname}`];
    const path = fault('CUDNN_7', ...flags);
    expect(reportOf(look({ GPU_EXCEPTIONS_CUDNN: path }), 'cudnn').findings).toEqual([]);
  });

  linux('and is too old: the first name that it lacks is told', () => {
    const path = without('old.so', 'nvmlInit_v2');
    const report = reportOf(look({ GPU_EXCEPTIONS_NVML: path }), 'nvml');
    expect(refusal(report)).toBe('missing symbol nvmlInit_v2');
    note('driver without _v2 names', report);
  });

  it.each<['nvml' | 'cuda', string, number, string]>([
    ['nvml', 'nvmlInit_v2', 9, 'NVML_ERROR_DRIVER_NOT_LOADED'],
    ['cuda', 'cuInit', 999, 'CUDA_ERROR_UNKNOWN'],
  ])('and whose initialisation fails twice and then works: %s', (library, call, code, name) => {
    // The stand-in's NVML tells its version only once it is initialised, so libraries() starts it, too.
    const rules = [{ library, call, code, times: 2 + (library === 'nvml' ? 2 : 0) }];
    const told = look({ GPU_EXCEPTIONS_MOCK_SCENARIO: JSON.stringify({ rules }) });
    for (const attempt of told.memory.slice(0, 2)) {
      expect(attempt.failure).toMatchObject({ code, name, call });
    }
    expect(told.memory[2].answer?.total).toBeGreaterThan(0);
    const during = reportOf(told, library, 'meanwhile');
    expect(during.findings).toContainEqual({
      kind: 'not-started',
      call,
      code,
      message: `${call} answered ${code} (${name}) when it was last called; whatever needs it calls it again`,
    });
    expect(reportOf(told, library, 'afterwards').findings).toEqual([]);
    note(`${call} fails twice, then`, during);
    note('… and then works', reportOf(told, library, 'afterwards'));
  });

  itCompiled('and writes on stdout: its answers are right all the same', () => {
    const result = runProgram('faults.cjs', { ...MOCK, GPU_EXCEPTIONS_NVML: fault('NOISY') });
    expect(result.stdout).toMatch(/WARNING: a library’s constructor|WARNING: a library's/);
    const line = result.stdout.split('\n').find((each) => each.startsWith('{')) ?? '';
    const told = JSON.parse(line) as Told;
    const report = reportOf(told, 'nvml', 'afterwards');
    expect(report).toMatchObject({ loaded: true, version: '12.550.1', findings: [] });
    expect(told.memory[0].answer?.total).toBeGreaterThan(0);
    note('it writes on stdout (nobody notices)', report);
  });

  itCompiled('and leaves strings unterminated: what they tell is unknown', () => {
    const path = fault('UNTERMINATED');
    const env = { GPU_EXCEPTIONS_NVML: path, GPU_EXCEPTIONS_CUDA: path };
    const told = look({ ...env, WITH_CONTEXT: '1' });
    expect(reportOf(told, 'nvml').version).toBeNull();
    // The UUID is the driver's own, which is no text.
    const driversOwn = expect.stringMatching(/^GPU-[0-9a-f-]{36}$/);
    expect(told.devices.answer).toMatchObject([{ uuid: driversOwn, name: null, pciBusId: null }]);
    expect(told.processes.answer).toMatchObject([{ name: null }]);
    const { nvmlSystemGetProcessName: ofProcess, ...ofNvml } = foundAt(
      reportOf(told, 'nvml', 'afterwards'),
    );
    expect(ofNvml).toEqual({
      nvmlSystemGetNVMLVersion: 'unterminated-text',
      nvmlDeviceGetUUID: 'unterminated-text',
    });
    // In a PID namespace of its own it is not asked.
    expect([undefined, 'unterminated-text']).toContain(ofProcess);
    expect(foundAt(reportOf(told, 'cuda', 'afterwards'))).toEqual({
      cuDeviceGetName: 'unterminated-text',
      cuDeviceGetPCIBusId: 'unterminated-text',
    });
    note('unterminated strings', reportOf(told, 'nvml', 'afterwards'));
  });

  itCompiled('and answers success without a device: the driver is asked instead', () => {
    const told = look({ GPU_EXCEPTIONS_NVML: fault('NULL_HANDLE') });
    expect(told.memory[0].answer).toMatchObject({ source: 'cuda', free: null });
    expect(told.processes.answer).toBeNull();
    const report = reportOf(told, 'nvml', 'afterwards');
    expect(foundAt(report)).toEqual({
      nvmlDeviceGetHandleByUUID: 'no-device',
      nvmlDeviceGetHandleByPciBusId_v2: 'no-device',
    });
    expect(report.findings.map(({ code }) => code)).toEqual([null, null]);
    note('a success without a device', report);
  });

  itCompiled('and never answers: nobody waits for it, not even the end of the process', () => {
    const env = { GPU_EXCEPTIONS_NVRTC: fault('HANGS') };
    const libraries = answerOf<LibraryReport[]>(runProgram('libraries.cjs', { ...MOCK, ...env }));
    const report = libraries.find(({ library }) => library === 'nvrtc');
    const message = 'nvrtcVersion has not answered within 1 s; what it would tell is unknown';
    const finding = { kind: 'no-answer', call: 'nvrtcVersion', code: null, message };
    expect(report).toMatchObject({ loaded: true, version: null, findings: [finding] });
    if (report !== undefined) note('it never answers', report);
  });

  itCompiled('and tells a version that cannot be one: it is null', () => {
    const path = fault('RUBBISH_VERSION');
    const told = look({ GPU_EXCEPTIONS_CUDA: path, GPU_EXCEPTIONS_CUDNN: path });
    for (const [library, call, value] of [
      ['cuda', 'cuDriverGetVersion', -7],
      ['cudnn', 'cudnnGetProperty', -1],
    ] as const) {
      const report = reportOf(told, library);
      const message = `${call} told ${value}, which cannot be; it is taken as unknown`;
      expect(report).toMatchObject({ loaded: true, version: null });
      expect(report.findings).toEqual([{ kind: 'impossible-value', call, code: null, message }]);
      note(`a version of ${value}`, report);
    }
  });
});
