'use strict';
// Runs the addon's native tests twice: on the stand-in's engine itself, and through the libraries with
// NVIDIA's names, as the system's loader finds them on LD_LIBRARY_PATH. Linux only.
//
//   node scripts/test-by-name.cjs [--second] [arguments of jest]
//
// --second: through the libraries only, after a run of all tests that was the first way.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const standIn = path.join(root, 'build', 'Release', 'stand-in');
if (!fs.existsSync(path.join(standIn, 'libcudart.so.13'))) {
  console.log('test:by-name: no libraries with NVIDIA’s names are built here');
  process.exit(process.env.GPU_EXCEPTIONS_REQUIRE_NATIVE === '1' ? 1 : 0);
}
const jestArguments = process.argv.slice(2).filter((argument) => argument !== '--second');
const second = jestArguments.length < process.argv.length - 2;

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
  if (second && Object.keys(env).length === 0) continue;
  console.log(`\n=== ${way}`);
  const jest = require.resolve('jest/bin/jest');
  const args = [jest, 'test/native/addon', ...jestArguments];
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (status !== 0) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
