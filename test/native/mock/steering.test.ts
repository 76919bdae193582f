import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import * as koffi from 'koffi';
import { mockControlFile } from '../../../lib/mock/index';
import {
  LIBRARY,
  call,
  callElsewhere,
  configure,
  control,
  inject,
  malloc,
  nvmlHandle,
  out,
  prototype,
  state,
} from './stand-in';

koffi.struct('Dim3', { x: 'uint', y: 'uint', z: 'uint' });

const codes = (count: number): number[] => Array.from({ length: count }, () => malloc(1).status);

describe('a rule', () => {
  const rule = { library: 'cudart', call: 'cudaMalloc', code: 2 };

  test('acts by chance, on the same calls for the same seed', () => {
    const run = (seed: number): number[] => {
      configure({ rules: [{ ...rule, probability: 0.3, seed }] });
      return codes(400);
    };
    const first = run(7);
    const failed = first.filter((code) => code === 2).length;
    expect(failed).toBeGreaterThan(80);
    expect(failed).toBeLessThan(160);
    expect(run(7)).toEqual(first);
    expect(run(8)).not.toEqual(first);
  });

  test('times counts the calls on which it acted', () => {
    configure({ rules: [{ ...rule, probability: 0.5, seed: 1, times: 3 }] });
    expect(codes(100).filter((code) => code === 2)).toHaveLength(3);
  });

  test('that is sticky acts for ever once it has acted', () => {
    configure({ rules: [{ ...rule, probability: 0.1, seed: 5, sticky: true, times: 1 }] });
    const all = codes(100);
    const first = all.indexOf(2);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(all.slice(first).every((code) => code === 2)).toBe(true);
    expect(state().devices[0]?.poisoned).toBe(2); // and a CUDA code poisons
  });

  test('that is not sticky poisons nothing', () => {
    configure({ rules: [{ ...rule, code: 700, sticky: false, times: 1 }] });
    expect(codes(2)).toEqual([700, 0]);
    expect(state().devices[0]?.poisoned).toBeNull();
  });

  test('can be for one thread', async () => {
    configure({ rules: [{ ...rule, thread: 0 }] });
    expect(malloc(1).status).toBe(2);
    expect(await callElsewhere('cudaMalloc', out(8), 1)).toBe(0);
    expect(malloc(1).status).toBe(2);
  });

  test.each([
    [{ probability: 0 }, 'rule.probability must be a number above 0 and up to 1; received 0'],
    [{ sticky: 'yes' }, 'rule.sticky must be true or false'],
    [{ xid: 0 }, 'rule.xid must be an Xid from 1 to 9999'],
    [{ thread: -1 }, "rule.thread must be a thread's number from 0"],
  ])('%j is refused', (wrong, words) => {
    configure();
    expect(control('inject', { ...rule, ...wrong }).text).toContain(words);
  });
});

describe('the clock', () => {
  test('a delay ends when it is advanced', async () => {
    configure({
      clock: 'virtual',
      rules: [{ library: 'cudart', call: 'cudaFree', delayMs: 86_400_000 }],
    });
    const freed = callElsewhere('cudaFree', 0n);
    while (state().calls['cudaFree'] === 0) await new Promise((resolve) => setImmediate(resolve));
    let ended = false;
    void freed.then(() => (ended = true));
    while (!ended) {
      control('advance', { ms: 86_400_000 });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await freed).toBe(0);
    expect(state()).toMatchObject({ nowMs: expect.any(Number) as number });
  });

  test('stands still, or runs with real time', () => {
    const nowMs = (): number => (state() as unknown as { nowMs: number }).nowMs;
    configure({ clock: 'virtual' });
    control('advance', { ms: 12 });
    expect(nowMs()).toBe(12);
    configure();
    control('advance', { ms: 5000 });
    expect(nowMs()).toBeGreaterThanOrEqual(5000);
    expect(control('advance', { ms: -1 }).text).toContain('ms must be whole milliseconds from 0');
    expect(control('advance', {}).text).toContain('ms is missing');
  });
});

describe('the call log', () => {
  interface Entry {
    number: number;
    call: string;
    device: number | null;
    status: number | null;
    thread: number;
    arguments: Record<string, unknown>;
    detail?: string;
  }
  const log = (): Entry[] => JSON.parse(control('log').text) as Entry[];

  test('is refused where the scenario asks for none', () => {
    configure();
    expect(control('log').text).toContain('the scenario does not ask for one with "callLog"');
  });

  test('has arguments, thread, device and answer', async () => {
    configure({ callLog: 100, devices: 2 });
    call('nvmlInit_v2');
    const gpu = nvmlHandle(1);
    inject({ library: 'nvml', call: 'nvmlDeviceGetClockInfo', code: 15, detail: 'gone' });
    await callElsewhere('nvmlDeviceGetClockInfo', gpu, 2, out(4));
    const entries = log();
    expect(entries.map((each) => each.call)).toEqual([
      'nvmlInit_v2',
      'nvmlDeviceGetHandleByIndex_v2',
      'nvmlDeviceGetClockInfo',
    ]);
    expect(entries[1]).toMatchObject({ status: 0, thread: 0, arguments: { index: 1 } });
    expect(entries[2]).toMatchObject({
      device: 1,
      status: 15,
      thread: 1,
      arguments: { device: 1, type: 2, clock: expect.stringMatching(/^0x[0-9a-f]+$/) as string },
      detail: 'gone',
    });
  });

  test('has those of CUDA, too', () => {
    configure({ callLog: 100, devices: 2 });
    const address = expect.stringMatching(/^0x[0-9a-f]+$/) as string;
    call('cuInit', 0);
    call('cudaSetDevice', 1);
    const memory = malloc(4096).address;
    inject({ library: 'cuda', call: 'cuDeviceGetName', code: 999, detail: 'lost' });
    call('cuDeviceGetName', out(8), 8, 1);
    call('cudaFree', memory);
    call('cudaRuntimeGetVersion', null);
    call('cudnnGetProperty', 0, null);
    const proc = prototype(
      'int cuGetProcAddress_v2(str symbol, void *pfn, int version, uint64_t flags, void *status)',
    );
    proc('cuMemAlloc', out(8), 13000, 0, null);
    const launch = prototype(
      'int cudaLaunchCooperativeKernel(void *f, Dim3 grid, Dim3 block, void *args, size_t shared, uintptr_t stream)',
    );
    launch(null, { x: 4, y: 2, z: 1 }, { x: 64, y: 1, z: 1 }, null, 1024, 2n);
    const seen = log().map((each) => [each.call, each.device, each.status, each.arguments]);
    expect(seen).toEqual([
      ['cuInit', null, 0, { flags: 0 }],
      ['cudaSetDevice', 1, 0, { device: 1 }],
      ['cudaMalloc', 1, 0, { devPtr: address, size: 4096 }],
      ['cuDeviceGetName', 1, 999, { name: address, len: 8, dev: 1 }],
      ['cudaFree', 1, 0, { devPtr: `0x${memory.toString(16)}` }],
      ['cudaRuntimeGetVersion', null, 1, { runtimeVersion: null }],
      ['cudnnGetProperty', null, 2000, { type: 0, value: null }],
      [
        'cuGetProcAddress_v2', null, 0,
        { symbol: 'cuMemAlloc', pfn: address, cudaVersion: 13000, flags: 0, symbolStatus: null },
      ], // prettier-ignore
      [
        'cudaLaunchCooperativeKernel', 1, 98,
        { func: null, gridDim: [4, 2, 1], blockDim: [64, 1, 1], args: null, sharedMem: 1024, stream: '0x2' },
      ], // prettier-ignore
    ]);
    expect(log()[3]?.detail).toBe('lost');
  });

  test('names kernels as their compiler did', () => {
    configure({ callLog: 2 });
    const register = prototype(
      'void __cudaRegisterFunction(void *binary, uintptr_t host, void *device, str name, int limit, void *tid, void *bid, void *block, void *grid, void *warp)',
    );
    register(null, 0x5000n, null, '_Z5scalePfi', -1, null, null, null, null, null);
    const launch = prototype(
      'int cudaLaunchKernel(uintptr_t f, Dim3 grid, Dim3 block, void *args, size_t shared, uintptr_t stream)',
    );
    const one = { x: 1, y: 1, z: 1 };
    expect([
      launch(0x5000n, one, one, null, 0, 0n),
      launch(0x6000n, one, one, null, 0, 0n),
    ]).toEqual([0, 98]);
    expect(log().map((each) => each.arguments['func'])).toEqual(['_Z5scalePfi', '0x6000']);
  });

  test('is bounded', () => {
    configure({ callLog: 3 });
    codes(10);
    expect(log().map((each) => each.number)).toEqual([8, 9, 10]);
  });
});

describe('a control file', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gpu-exceptions-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Another process: runs `program` on the stand-in; `nvml(name)` calls it, `line()` prints. */
  function run(file: string, program: string): { stdout: string; stderr: string } {
    const koffi = JSON.stringify(require.resolve('koffi'));
    const source = `
      const lib = require(${koffi}).load(${JSON.stringify(LIBRARY)});
      const nvml = (name, ...types) => lib.func(name, 'int', types);
      ${program}`;
    const result = spawnSync(process.execPath, ['-e', source], {
      encoding: 'utf8',
      env: { ...process.env, GPU_EXCEPTIONS_MOCK_CONTROL: file, GPU_EXCEPTIONS_MOCK_SCENARIO: '' },
    });
    return { stdout: result.stdout, stderr: result.stderr };
  }

  test('steers a process from its first call, and while it runs', () => {
    const file = path.join(folder, 'steer.json');
    const steer = mockControlFile(file);
    steer.inject({ library: 'nvml', call: 'nvmlInit_v2', code: 9, times: 1 });
    const later = JSON.stringify(
      JSON.stringify({
        commands: [
          { verb: 'inject', argument: { library: 'nvml', call: 'nvmlInit_v2', code: 9, times: 1 } },
          { verb: 'inject', argument: { library: 'nvml', call: 'nvmlInit_v2', code: 18 } },
        ],
      }),
    );
    const { stdout, stderr } = run(
      file,
      `const init = nvml('nvmlInit_v2');
       console.log(init(), init());
       require('fs').writeFileSync(${JSON.stringify(`${file}.new`)}, ${later});
       require('fs').renameSync(${JSON.stringify(`${file}.new`)}, ${JSON.stringify(file)});
       console.log(init());`,
    );
    expect([stdout, stderr]).toEqual(['9 0\n18\n', '']);
  });

  test('is written as a whole, in order', () => {
    const file = path.join(folder, 'whole.json');
    const steer = mockControlFile(file);
    steer.advance(5);
    steer.raiseXid({ xid: 79 });
    steer.change(0, { temperatureCelsius: 90 });
    steer.reset();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      commands: [
        { verb: 'advance', argument: { ms: 5 } },
        { verb: 'raiseXid', argument: { xid: 79, device: 0 } },
        { verb: 'changeDevice', argument: { device: 0, condition: { temperatureCelsius: 90 } } },
        { verb: 'reset' },
      ],
    });
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    mockControlFile(file).advance(1); // goes on where it was
    expect((JSON.parse(readFileSync(file, 'utf8')) as { commands: [] }).commands).toHaveLength(5);
  });

  test.each([
    ['{"commands": [{"verb": "explode"}]}', 'there is no control verb "explode"'],
    [
      '{"commands": [{"verb": "inject", "argument": {"library": "nvm", "call": "*"}}]}',
      'the nearest is "nvml"',
    ],
    ['{"commands": [{"argument": 1}]}', 'commands[0].verb is missing'],
    ['{"orders": []}', 'the nearest is "commands"'],
    ['{', 'line 1'],
  ])('that cannot be carried out, %s, is told and fails everything', (text, words) => {
    const file = path.join(folder, 'wrong.json');
    writeFileSync(file, text);
    const { stdout, stderr } = run(file, `console.log(nvml('nvmlInit_v2')());`);
    expect(stdout).toBe('999\n');
    expect(stderr).toContain('GPU_EXCEPTIONS_MOCK_CONTROL: ');
    expect(stderr).toContain(words);
  });

  test('is refused where it is no path, or no control file', () => {
    expect(() => mockControlFile('')).toThrow(TypeError);
    const file = path.join(folder, 'other.json');
    writeFileSync(file, '[]');
    expect(() => mockControlFile(file)).toThrow(/must be a control file/);
    expect(readFileSync(file, 'utf8')).toBe('[]');
  });
});
