/** Programs in C++ that bind the libraries with NVIDIA's names, compiled when a test needs them. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { compilerEnvironment } from '../../helpers/compilers';
import { ROOT } from './stand-in';

export const STAND_IN = path.join(ROOT, 'build', 'Release', 'stand-in');
export const hasStandIn = existsSync(path.join(STAND_IN, 'libcudart.so.13'));
const hasCompiler = spawnSync('g++', ['--version'], { env: compilerEnvironment }).status === 0;

/** As `describe`, where such programs can be built and run. */
export const describePrograms = hasStandIn && hasCompiler ? describe : describe.skip;

const folders: string[] = [];

export function folder(): string {
  const made = mkdtempSync(path.join(os.tmpdir(), 'gpu-exceptions-program-'));
  folders.push(made);
  return made;
}

/** For `afterAll`. */
export function sweep(): void {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true });
}

export function compile(
  source: string,
  libraries: readonly string[],
  options: readonly string[] = [],
): string {
  const program = path.join(folder(), 'program');
  const { status, stderr } = spawnSync(
    'g++',
    [
      '-std=c++17',
      '-O1',
      '-g',
      ...options,
      '-I',
      path.join(ROOT, 'native'),
      path.join(ROOT, 'test', 'fixtures', 'programs', source),
      ...libraries.map((library) => path.join(STAND_IN, library)),
      '-Wl,--allow-shlib-undefined',
      '-ldl',
      '-lpthread',
      '-o',
      program,
    ],
    { encoding: 'utf8', env: compilerEnvironment },
  );
  if (status !== 0) throw new Error(stderr);
  return program;
}

export interface Run {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export function run(
  program: string,
  args: readonly string[] = [],
  { scenario = {}, env = {} }: { scenario?: object; env?: Record<string, string> } = {},
): Run {
  const { status, signal, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: 60_000,
    env: {
      ...process.env,
      LD_LIBRARY_PATH: STAND_IN,
      GPU_EXCEPTIONS_MOCK_SCENARIO: JSON.stringify(scenario),
      ...env,
    },
  });
  return { status, signal, stdout, stderr };
}
