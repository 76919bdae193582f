/** Addons that tests build with gpu_exceptions.h, as their authors would. */

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { include } from '../../../lib/index.js';
import { addonPath, root } from '../addon/support';

const run = promisify(execFile);
const require_ = (id: string): string => dirname(require.resolve(`${id}/package.json`));
const nodeApi = join(require_('node-api-headers'), 'include');
const nodeAddonApi = require_('node-addon-api');

export const STAND_IN = join(dirname(addonPath), 'stand-in');

/** Folders of system headers: their warnings are not ours. */
export const NODE_API = ['-isystem', nodeApi];
export const NODE_ADDON_API = ['-isystem', nodeAddonApi];
/** Without it node-addon-api itself ends the process when it cannot throw. */
export const SWALLOWING = ['-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS'];
export const WITH_EXCEPTIONS = ['-DNODE_ADDON_API_CPP_EXCEPTIONS'];
export const WITHOUT_EXCEPTIONS = ['-DNODE_ADDON_API_DISABLE_CPP_EXCEPTIONS', '-fno-exceptions'];

const onPath = (name: string): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));

export const compilers = ['g++', 'clang++', 'clang++-14'].filter(
  (name) => process.platform === 'linux' && onPath(name) !== undefined,
);
export const nvcc = onPath('nvcc');

/** Where NVIDIA's toolkit has its headers; GPU_EXCEPTIONS_TEST_INCLUDE names others. */
export const cudaInclude = [
  ...(process.env['GPU_EXCEPTIONS_TEST_INCLUDE'] ?? '').split(':'),
  ...[process.env['CUDA_PATH'], process.env['CUDA_HOME'], '/usr/local/cuda', '/opt/cuda'].map(
    (folder) => (folder === undefined ? undefined : join(folder, 'include')),
  ),
  '/usr/local/cuda-13.0/include',
].find((folder) => folder !== undefined && existsSync(join(folder, 'cuda_runtime_api.h')));

const STRICT = ['-Wall', '-Wextra', '-Werror', '-pedantic', '-Wshadow', '-Wconversion'];

// Compilers do without what a sanitizer preloads.
const environment = { env: { ...process.env, LD_PRELOAD: '' } };

/** What the compiler says; '' where it is content. */
export async function compile(
  compiler: string,
  source: string,
  options: readonly string[],
  standard = 17,
): Promise<string> {
  const args = [`-std=c++${String(standard)}`, ...STRICT, '-I', include, ...options];
  const child = run(compiler, [...args, '-fsyntax-only', '-x', 'c++', '-'], environment);
  child.child.stdin?.end(source);
  return child.then(
    () => '',
    (error: Error & { stderr: string }) => error.stderr,
  );
}

type Source = readonly [file: string, options: readonly string[]];

export class Workshop {
  readonly folder = mkdtempSync(join(tmpdir(), 'gpuex-header-'));
  private readonly objects = new Map<string, Promise<string>>();

  /** Compiles each source with its own options and links them into one addon; answers its path. */
  async addon(
    name: string,
    sources: readonly Source[],
    linked: readonly string[],
  ): Promise<string> {
    const objects = await Promise.all(sources.map((source) => this.object(source)));
    const built = join(this.folder, `${name}.node`);
    const options = ['-shared', ...objects, ...linked, '-ldl', '-lpthread', '-o', built];
    await run('g++', options, environment);
    return built;
  }

  /** Each source is compiled once for the same options. */
  private object(source: Source): Promise<string> {
    const key = JSON.stringify(source);
    let object = this.objects.get(key);
    if (object === undefined) {
      object = this.compiled(source, join(this.folder, `${String(this.objects.size)}.o`));
      this.objects.set(key, object);
    }
    return object;
  }

  private async compiled([file, options]: Source, output: string): Promise<string> {
    const source = resolve(root, 'test', 'fixtures', 'header', file);
    const common = ['-std=c++17', '-fPIC', '-fvisibility=hidden', ...STRICT, '-I', include];
    await run('g++', [...common, ...NODE_API, ...options, '-c', source, '-o', output], environment);
    return output;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** For linking an addon with the stand-in's libraries, as one is linked with NVIDIA's. */
export function standInLibraries(...names: readonly string[]): string[] {
  return [
    ...names.map((name) => join(STAND_IN, name)),
    `-Wl,-rpath,${STAND_IN}`,
    '-Wl,--allow-shlib-undefined',
  ];
}
