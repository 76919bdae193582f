'use strict';
// npm runs this on `npm ci` in a clone, for git dependencies and before packing; not for users who
// install from the registry. GPU_EXCEPTIONS_REQUIRE_NATIVE=1 makes a missing addon an error (CI).

const { spawnSync } = require('node:child_process');
const path = require('node:path');

function step(script, ...args) {
  const result = spawnSync(process.execPath, [path.join(__dirname, script), ...args], {
    stdio: 'inherit',
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

step('build-ts.cjs');
step(
  'build-native.cjs',
  ...(process.env.GPU_EXCEPTIONS_REQUIRE_NATIVE === '1' ? [] : ['--optional']),
);
