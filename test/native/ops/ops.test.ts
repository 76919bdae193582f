/** native/ops alone: what happens in between, and where memory ends, cannot be steered from above. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compilerEnvironment } from '../../helpers/compilers';
import { addonPath } from '../addon/support';

const release = dirname(addonPath);
const build = dirname(release);
const program = join(release, 'ops_tests');
const standIn =
  process.env['GPU_EXCEPTIONS_TEST_MOCK_LIBRARY'] ?? join(release, 'libgpu_exceptions_mock.so');

/** The programs are made by the build of the addon that the tests run on, where that is CMake's. */
const canBuild = process.platform === 'linux' && existsSync(join(build, 'CMakeCache.txt'));

function run(args: string[]): { status: number | null; output: string } {
  const { status, signal, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}${signal ?? ''}` };
}

function names(): string[] {
  const made = spawnSync('cmake', ['--build', build, '--target', 'ops_tests'], {
    encoding: 'utf8',
    env: compilerEnvironment,
  });
  if (made.status !== 0) throw new Error(`${made.stdout}${made.stderr}`);
  return run(['--list']).output.trim().split('\n');
}

describe('native/ops', () => {
  if (canBuild) {
    it.each(names())('%s', (name) => {
      expect(run([name, standIn])).toEqual({ status: 0, output: '' });
    });
  } else {
    it.skip('is tested where the addon was built with CMake on Linux', () => undefined);
  }
});
