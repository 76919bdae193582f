/** For the tests of the addon: the stand-in in this process, and programs in processes of their own. */

import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { GPUException } from '../../../lib/exceptions/index.js';
import type { GPUFailure } from '../../../lib/failure/types.js';
import type { Mock } from '../../../lib/mock/index.js';
import { compiledPackage } from '../../helpers/compiled';
import { rejectionOf } from '../../helpers/gpu-errors';

export const root = resolve(__dirname, '..', '..', '..');
/** Another build, e.g. one with a sanitizer, is named in the environment. */
export const addonPath =
  process.env['GPU_EXCEPTIONS_ADDON'] ?? join(root, 'build', 'Release', 'gpu_exceptions.node');

/** What `work` throws; fails when it throws nothing. */
export function thrownBy(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

/** The failure of the GPUException that `work` throws. */
export function failureOf(work: () => unknown): GPUFailure {
  const { failure } = thrownBy(work) as GPUException;
  if (failure === null || failure === undefined) throw new Error('the error has no failure');
  return failure;
}

/** What `work` rejects with, as a GPUException where it is one. */
export async function failed(work: Promise<unknown>): Promise<GPUException> {
  return (await rejectionOf(work)) as GPUException;
}

/** What a lane asks about streams of earlier tests, also of a stand-in that was configured afresh. */
const ASKED_BY_LANES = ['cuCtxGetCurrent', 'cudaGetDevice', 'cudaStreamQuery', 'cudaGetLastError'];

/** How often each function was called, lanes' questions about earlier work left out. */
export function callsOf(mock: Mock): Record<string, number> {
  const calls = Object.entries(mock.calls());
  return Object.fromEntries(calls.filter(([name]) => !ASKED_BY_LANES.includes(name)));
}

export interface ProgramResult {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/**
 * With GPU_EXCEPTIONS_TEST_BY_NAME the addon opens the libraries with NVIDIA's names, as the system's
 * loader finds them, and not the engine behind them; see scripts/test-by-name.cjs.
 */
export const byName = process.env['GPU_EXCEPTIONS_TEST_BY_NAME'] !== undefined;
const BY_NAME: Record<string, string> = !byName
  ? {}
  : {
      GPU_EXCEPTIONS_CUDART: 'libcudart.so.13',
      GPU_EXCEPTIONS_CUDA: 'libcuda.so.1',
      GPU_EXCEPTIONS_NVML: 'libnvidia-ml.so.1',
      GPU_EXCEPTIONS_CUDNN: 'libcudnn.so.9',
      GPU_EXCEPTIONS_NVRTC: 'libnvrtc.so.13',
    };
Object.assign(process.env, BY_NAME);

/** A sanitizer's name, or valgrind's, where the tests run on a build for it: all is slower there. */
export const sanitized = process.env['GPU_EXCEPTIONS_TEST_SANITIZED'];
/** The command below which programs run, e.g. `valgrind …`, and Node's flags for it; see scripts/test-sanitized.cjs. */
const words = (variable: string): string[] =>
  (process.env[variable] ?? '').split(' ').filter(Boolean);
const under = words('GPU_EXCEPTIONS_TEST_UNDER');
const flagsUnder = words('GPU_EXCEPTIONS_TEST_UNDER_NODE_FLAGS');

/** Ours without what concerns the package, CUDA and Node. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([key]) => !/^(GPU_EXCEPTIONS_|CUDA_|NODE_OPTIONS$)/.test(key),
    ),
  );
}

/**
 * Runs test/fixtures/addon/`name` under plain Node, with nothing of ours in its environment but
 * `env`. It finds the compiled package in `PACKAGE`.
 */
export function runProgram(
  name: string,
  env: Record<string, string> = {},
  nodeOptions: string[] = [],
  args: string[] = [],
): ProgramResult {
  const [command = '', ...rest] = [
    ...under,
    process.execPath,
    ...flagsUnder,
    ...nodeOptions,
    join(root, 'test', 'fixtures', 'addon', name),
    ...args,
  ];
  const { status, signal, stdout, stderr } = spawnSync(command, rest, {
    encoding: 'utf8',
    timeout: sanitized === undefined ? 60_000 : 1_200_000,
    maxBuffer: 2 ** 26,
    env: {
      ...cleanEnvironment(),
      PACKAGE: compiledPackage(),
      GPU_EXCEPTIONS_ADDON: addonPath,
      ...BY_NAME,
      ...env,
    },
  });
  return { status, signal, stdout, stderr };
}

/** The JSON that a program prints as its last line; fails with its output when it did not end well. */
export function answerOf<T>(result: ProgramResult): T {
  if (result.status !== 0) {
    throw new Error(
      `ended with ${String(result.status ?? result.signal)}\n${result.stdout}\n${result.stderr}`,
    );
  }
  return JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '') as T;
}
