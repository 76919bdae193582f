import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..', '..');
const folder = mkdtempSync(path.join(os.tmpdir(), 'gpu-exceptions-cli-'));
const dist = path.join(folder, 'package', 'dist');
const main = path.join(dist, 'cli', 'main.js');
const addon = path.join(ROOT, 'build', 'Release', 'gpu_exceptions.node');

beforeAll(() => {
  const tsc = require.resolve('typescript/bin/tsc');
  const built = spawnSync(
    process.execPath,
    [tsc, '-p', 'tsconfig.build.json', '--outDir', dist, '--declaration', 'false'],
    { cwd: ROOT, encoding: 'utf8' },
  );
  expect(built.stdout).toBe('');
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const env = { ...process.env, GPU_EXCEPTIONS_ADDON: addon };
const mock = (...args: string[]) =>
  spawnSync(process.execPath, [main, 'mock', ...args], { encoding: 'utf8', env });

/** A program that knows NVML by its name only. */
const COUNT = `
  const lib = require(${JSON.stringify(require.resolve('koffi'))}).load('libnvidia-ml.so.1');
  const count = Buffer.alloc(4);
  const status = lib.func('nvmlInit_v2', 'int', [])();
  lib.func('nvmlDeviceGetCount_v2', 'int', ['void *'])(count);
  console.log(status, count.readUInt32LE());`;

describe('gpu-exceptions mock', () => {
  test('runs a program that opens NVML by name, and says that no GPU is involved', () => {
    const { stdout, stderr, status } = mock(
      '--gpus',
      'h100:2',
      '--',
      process.execPath,
      '-e',
      COUNT,
    );
    expect([stdout, status]).toEqual(['0 2\n', 0]);
    expect(stderr).toContain('no GPU is involved');
  });

  test('takes a scenario', () => {
    const file = path.join(folder, 'scenario.json');
    writeFileSync(file, '{"presets": ["driver-not-loaded"]}');
    expect(mock('--scenario', file, '--', process.execPath, '-e', COUNT).stdout).toBe('9 0\n');
  });

  test('takes functions and whole libraries away', () => {
    const program = `
      const lib = (name) => require(${JSON.stringify(require.resolve('koffi'))}).load(name);
      const nvml = lib('libnvidia-ml.so.1');
      const has = (name) => { try { nvml.func(name, 'int', []); return true; } catch { return false; } };
      let refused = '';
      try { lib('libcuda.so'); } catch (error) { refused = error.message; }
      lib('libcudart.so.13');
      console.log(has('nvmlInit_v2'), has('nvmlDeviceGetMemoryInfo_v2'), /invalid ELF header/.test(refused));`;
    const faults = ['--without', 'nvmlDeviceGetMemoryInfo_v2', '--corrupt', 'libcuda.so.1'];
    const { stdout, stderr } = mock(...faults, '--', process.execPath, '-e', program);
    expect([stdout, stderr.split('\n').slice(1)]).toEqual(['true false true\n', ['']]);
    for (const [wrong, message] of [
      [['--without', 'cudaNothing'], 'no library of the stand-in has it'],
      [['--corrupt', 'libcuda.so'], 'the libraries are libcublas.so.12'],
    ] as const) {
      const refusal = mock(...wrong, '--', 'echo', 'started');
      expect([refusal.stdout, refusal.status]).toEqual(['', 2]);
      expect(refusal.stderr).toContain(message);
    }
  });

  test('refuses a wrong scenario before it starts anything', () => {
    const { stdout, stderr, status } = mock('--gpus', 'h10', '--', 'echo', 'started');
    expect([stdout, status]).toEqual(['', 2]);
    expect(stderr).toContain('the nearest is "h100"');
  });

  test.each([[[]], [['--gpus', 'h100']], [['--wrong', '--', 'true']]])('refuses %j', (args) => {
    expect(mock(...args).status).toBe(2);
  });

  test('passes exit codes through', () => {
    expect(mock('--', process.execPath, '-e', 'process.exit(7)').status).toBe(7);
    expect(mock('--', 'no-such-program').status).toBe(127);
  });

  test('passes signals through', async () => {
    const child = spawn(
      process.execPath,
      [main, 'mock', '--', process.execPath, '-e', 'console.log(1); setInterval(() => {}, 1e6)'],
      { env, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGTERM');
    const code = await new Promise((resolve) => child.on('exit', resolve));
    expect(code).toBe(128 + 15);
  });

  test('prints what a CI file exports', () => {
    const { stdout } = mock('--gpus', 'l4', '--print-env', path.join(folder, 'libraries'));
    const program = `${stdout}\n"$0" -e "$1"`;
    const ran = spawnSync('sh', ['-c', program, process.execPath, COUNT], { encoding: 'utf8' });
    expect(ran.stdout).toBe('0 1\n');
  });
});

describe('the guide', () => {
  const guide = readFileSync(path.join(ROOT, 'docs', 'test-failure-paths.md'), 'utf8');
  const commands = [...guide.matchAll(/^npx gpu-exceptions (.*)$/gm)].map(([, rest = '']) => rest);

  test.each(commands)('can be followed: %s', (command) => {
    const json = /```json\n([\s\S]*?)```/.exec(guide)?.[1] ?? '';
    writeFileSync(path.join(folder, 'lost.json'), json);
    const ours = `"$0" "${main}"`;
    const line = `${ours} ${command.replaceAll('npx gpu-exceptions', ours)}`;
    const ran = spawnSync('sh', ['-c', line, process.execPath], {
      encoding: 'utf8',
      env,
      cwd: folder,
    });
    expect(ran.status).toBe(0);
    expect(ran.stdout).toContain(command.includes('--print-env') ? 'export ' : 'STAND-IN');
  });

  test('has commands', () => expect(commands.length).toBeGreaterThan(2));
});
