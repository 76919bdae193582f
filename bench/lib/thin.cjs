'use strict';
// The addon of bench/native/thin.cc, built when it is first asked for.

const { spawnSync } = require('node:child_process');
const path = require('node:path');

const root = path.resolve(__dirname, '..', '..');

function run(command, args) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (result.error ?? result.status !== 0)
    throw new Error(
      `${command} ${args.join(' ')}: ${result.error ?? result.stdout + result.stderr}`,
    );
}

function thinAddon() {
  run('cmake', ['-S', '.', '-B', 'build-bench', '-DGPUEX_BENCH=ON']);
  run('cmake', ['--build', 'build-bench', '--target', 'gpu_exceptions_thin']);
  return require(path.join(root, 'build-bench', 'Release', 'gpu_exceptions_thin.node'));
}

module.exports = { thinAddon };
