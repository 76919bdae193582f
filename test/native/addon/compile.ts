/** Small C++ libraries that tests play against the addon. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { compilerEnvironment } from '../../helpers/compilers';
import { addonPath, root } from './support';

/** Whether this machine can compile them; the tests that need it are skipped where it cannot. */
export const canCompile =
  process.platform === 'linux' &&
  spawnSync('g++', ['--version'], { env: compilerEnvironment }).status === 0;

/** `it`, or a test that is reported as skipped, by name. */
export const itCompiled = canCompile ? it : it.skip;

export interface Workshop {
  folder: string;
  /** Compiles test/fixtures/native/`source` into a shared library; answers its path. */
  compile(source: string, options?: { name?: string; flags?: string[] }): string;
  remove(): void;
}

/** Flags for a library that takes from the stand-in what it does not define itself. */
export function aboveTheStandIn(): string[] {
  const built = dirname(addonPath);
  return [
    '-Wl,--no-as-needed',
    `-L${built}`,
    '-lgpu_exceptions_mock',
    `-Wl,-rpath,${built}`,
    '-Wl,--as-needed',
  ];
}

export function openWorkshop(): Workshop {
  const folder = mkdtempSync(join(tmpdir(), 'gpuex-native-'));
  return {
    folder,
    compile(source, { name = source, flags = [] } = {}) {
      const output = join(folder, name.endsWith('.node') ? name : `${name}.so`);
      const file = join(root, 'test', 'fixtures', 'native', source);
      const common = ['-std=c++17', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-pthread'];
      execFileSync('g++', [...common, file, '-o', output, ...flags], {
        stdio: 'pipe',
        env: compilerEnvironment,
      });
      return output;
    },
    remove() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
