'use strict';
// Runs the addon's native tests twice: on the stand-in's engine itself, and through the libraries with
// NVIDIA's names, as the system's loader finds them on LD_LIBRARY_PATH. Linux only.
//
//   node scripts/test-by-name.cjs [arguments of jest]

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const standIn = path.join(root, 'build', 'Release', 'stand-in');
if (!fs.existsSync(path.join(standIn, 'libcudart.so.13'))) {
  console.log('test:by-name: skipped, no libraries with NVIDIA’s names are built here');
  process.exit(0);
}

const before = process.env.LD_LIBRARY_PATH;
const WAYS = {
  'the engine itself': {},
  'libraries by name': {
    GPU_EXCEPTIONS_TEST_BY_NAME: '1',
    LD_LIBRARY_PATH: before ? `${standIn}:${before}` : standIn,
  },
};
let failed = 0;
for (const [way, env] of Object.entries(WAYS)) {
  console.log(`\n=== ${way}`);
  const jest = require.resolve('jest/bin/jest');
  const args = [jest, 'test/native/addon', ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (status !== 0) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
