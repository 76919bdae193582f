/**
 * NVIDIA's own compiler and runtime, where they are installed (`nvcc` on the PATH): programs compiled
 * by the one run on the stand-in, and the other runs on a driver of ours that fails to start.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { compilerEnvironment } from '../../helpers/compilers';
import { ROOT } from './stand-in';
import { STAND_IN, describePrograms, folder, hasStandIn, run, sweep } from './programs';

afterAll(sweep);

const nvcc = (process.env['PATH'] ?? '')
  .split(path.delimiter)
  .map((directory) => path.join(directory, 'nvcc'))
  .find((file) => existsSync(file));

/** The toolkit's folder with `libcudart.so.13`; nvcc may be a script that stands elsewhere. */
function toolkitLibraries(compiler: string): string | undefined {
  const { stderr } = spawnSync(compiler, ['--dryrun', '-x', 'cu', '-c', os.devNull], {
    encoding: 'utf8',
    env: compilerEnvironment,
  });
  const top = /^#\$ TOP=(.*)$/m.exec(stderr)?.[1]?.trim();
  if (top === undefined) return undefined;
  return ['lib64', 'lib', 'targets/x86_64-linux/lib']
    .map((name) => path.resolve(top, name))
    .find((directory) => existsSync(path.join(directory, 'libcudart.so.13')));
}

const realRuntime = nvcc === undefined ? undefined : toolkitLibraries(nvcc);

const withNvcc = nvcc !== undefined && hasStandIn ? describePrograms : describe.skip;
const withRealRuntime = realRuntime !== undefined && hasStandIn ? describePrograms : describe.skip;

function build(source: string, options: readonly string[]): string {
  const program = path.join(folder(), 'program');
  const { status, stderr, stdout } = spawnSync(
    nvcc ?? '',
    ['-std=c++17', ...options, '-I', path.join(ROOT, 'native'), source, '-ldl', '-o', program],
    { encoding: 'utf8', env: compilerEnvironment },
  );
  if (status !== 0) throw new Error(stdout + stderr);
  return program;
}

withNvcc('a program compiled by nvcc, without nvcc on the PATH not run', () => {
  let program = '';
  beforeAll(() => {
    program = build(path.join(ROOT, 'test', 'nvcc', 'programs.cu'), ['-cudart', 'shared']);
  }, 120_000);

  const output = (part: string, scenario: object = {}): string[] => {
    const { status, stdout, stderr } = run(program, [part], { scenario });
    if (status !== 0) throw new Error(stderr);
    return stdout.trim().split('\n');
  };
  const success = '0 cudaSuccess (no error)';

  test('asks devices about themselves', () => {
    const devices = [
      { name: 'NVIDIA L4', computeCapability: '8.9', memoryBytes: 24 * 2 ** 30 },
      { name: 'Orin', computeCapability: '8.7', memoryBytes: 8 * 2 ** 30 },
    ];
    expect(output('device-query', { devices })).toEqual([
      `cudaGetDeviceCount: ${success}`,
      '0: NVIDIA L4, 8.9, 25769803776 bytes, 128 SMs, warp 32, integrated 0, bus 0000:01:00.0, optin 101376',
      '1: Orin, 8.7, 8589934592 bytes, 16 SMs, warp 32, integrated 1, bus 0000:02:00.0, optin 166912',
    ]);
  });

  test('adds vectors', () => {
    expect(output('vector-add')).toEqual([
      `launch: ${success}`,
      `synchronize: ${success}`,
      'sum 2 ... 2000',
    ]);
  });

  test('uses two streams', () => {
    expect(output('two-streams').filter((line) => line.startsWith('sum'))).toEqual([
      'sum 2 ... 2000',
      'sum 200 ... 2198',
    ]);
  });

  test('runs out of memory and goes on', () => {
    const failure = '2 cudaErrorMemoryAllocation (out of memory)';
    expect(output('out-of-memory')).toEqual([
      `too much: ${failure}`,
      `last error: ${failure}`,
      `enough: ${success}`,
      'memory is back: 1',
    ]);
  });

  test('is lost after an illegal access', () => {
    const failure = '700 cudaErrorIllegalAddress (an illegal memory access was encountered)';
    expect(output('illegal-access')).toEqual([
      `inside: ${success}`,
      `outside: ${failure}`,
      `last error: ${failure}`,
      `and again: ${failure}`,
      `cudaMalloc: ${failure}`,
    ]);
  });

  test('has a last error per thread', () => {
    const failure = '101 cudaErrorInvalidDevice (invalid device ordinal)';
    expect(output('last-error')).toEqual([
      `cudaSetDevice: ${failure}`,
      `other thread: ${success}`,
      `peek: ${failure}`,
      `get: ${failure}`,
      `get: ${success}`,
      'too many threads: 9 cudaErrorInvalidConfiguration (invalid configuration argument)',
    ]);
  });

  test('sees a launch fail by rule', () => {
    const rules = [
      { library: 'cudart', call: '*aunchKernel', code: 'cudaErrorLaunchOutOfResources' },
    ];
    expect(output('vector-add', { rules })[0]).toBe(
      'launch: 701 cudaErrorLaunchOutOfResources (too many resources requested for launch)',
    );
  });
});

withRealRuntime.each(['shared', 'static'])(
  "NVIDIA's own runtime, %s, without a toolkit not run",
  (linkage) => {
    let program = '';
    beforeAll(() => {
      const source = path.join(ROOT, 'test', 'fixtures', 'programs', 'first_calls.cc');
      program = build(source, ['-cudart', linkage]);
    }, 120_000);

    const answers = (
      drivers: string,
      env: Record<string, string> = {},
    ): Record<string, unknown> => {
      const path_ = `${drivers}${path.delimiter}${realRuntime ?? ''}`;
      const { stdout, stderr } = run(program, [], { env: { LD_LIBRARY_PATH: path_, ...env } });
      if (stdout === '') throw new Error(stderr);
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    const failing = path.join(STAND_IN, '..', 'failing-driver');

    test.each([100, 34, 46, 101, 802, 803, 804, 999])(
      'answers %i where the driver fails with it',
      (code) => {
        const env = { GPU_EXCEPTIONS_FAILING_DRIVER_CODE: String(code) };
        expect(answers(failing, env)).toMatchObject({
          driver: 13000,
          counted: code,
          count: -1,
          allocated: code,
          last: code,
          again: code,
        });
      },
    );

    test.each([
      ['is too old', '12080', 12080],
      ['does not tell its version', '0', 0],
    ])('answers 35 where the driver %s', (_, version, driver) => {
      const env = { GPU_EXCEPTIONS_FAILING_DRIVER_VERSION: version };
      expect(answers(failing, env)).toMatchObject({ driver, counted: 35, allocated: 35, last: 35 });
    });

    test('has no way to start on it', () => {
      const env = { GPU_EXCEPTIONS_FAILING_DRIVER_CODE: '0' };
      expect(answers(failing, env)).toMatchObject({ counted: 100, last: 100 });
    });

    // It asks a driver to prove that it is genuine; the stand-in's says that it cannot.
    test("does not start on the stand-in's whole driver either", () => {
      const engine = folder();
      const drivers = folder();
      for (const name of readdirSync(path.join(STAND_IN, '..'))) {
        if (name.startsWith('libgpu_exceptions_mock')) {
          symlinkSync(path.join(STAND_IN, '..', name), path.join(engine, name));
        }
      }
      symlinkSync(path.join(STAND_IN, 'libcuda.so.1'), path.join(drivers, 'libcuda.so.1'));
      expect(answers(`${drivers}${path.delimiter}${engine}`)).toMatchObject({
        counted: 500,
        count: -1,
        allocated: 500,
        last: 500,
      });
    });
  },
);
