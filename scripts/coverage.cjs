'use strict';
// Line coverage of lib/ (Jest) and native/ without the stand-in (gcov), from one run of all tests.
// What tests run in processes of their own counts for native/ and not for lib/. Needs gcovr; installs
// it with apt-get where it is missing. Linux only.

const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const build = path.join(root, 'build-coverage');
const output = path.join(root, 'coverage');
const FLOORS = { lib: 95, native: 90 };

const works = (command) => spawnSync(command, ['--version']).status === 0;
if (!works('gcovr')) {
  run('apt-get', ['update']);
  run('apt-get', ['install', '-y', '--no-install-recommends', 'gcovr']);
}

run('cmake', ['-S', root, '-B', build, '-DCMAKE_BUILD_TYPE=Debug', '-DGPUEX_COVERAGE=ON']);
run('cmake', ['--build', build, '--parallel', '2']);
for (const file of fs.readdirSync(build, { recursive: true, encoding: 'utf8' })) {
  if (file.endsWith('.gcda')) fs.rmSync(path.join(build, file));
}

const jest = spawnSync(
  process.execPath,
  [
    require.resolve('jest/bin/jest'), '--ci', '--coverage', '--coverageReporters=json-summary',
    '--coverageReporters=text-summary', '--coverageDirectory', path.join(output, 'lib'),
    '--collectCoverageFrom=lib/**/*.ts', '--testPathIgnorePatterns=/test/(fixtures|types|pack)/',
    ...process.argv.slice(2),
  ], // prettier-ignore
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      GPU_EXCEPTIONS_ADDON: path.join(build, 'Debug', 'gpu_exceptions.node'),
      // The stand-in is not counted, but shares a file with the addon.
      GPU_EXCEPTIONS_TEST_MOCK_LIBRARY: path.join(build, 'Debug', 'libgpu_exceptions_mock.so'),
    },
  },
);

fs.mkdirSync(output, { recursive: true });
run('gcovr', [
  '-r', root, '--object-directory', build, '-f', 'native/.*', '-e', 'native/mock/.*', '-e', '.*\\.def',
  '--exclude-throw-branches', '--json-summary', path.join(output, 'native.json'), '--txt', '-',
]); // prettier-ignore

const { total } = JSON.parse(
  fs.readFileSync(path.join(output, 'lib', 'coverage-summary.json'), 'utf8'),
);
const native = JSON.parse(fs.readFileSync(path.join(output, 'native.json'), 'utf8'));
const percent = { lib: total.lines.pct, native: native.line_percent };
let low = false;
for (const [part, floor] of Object.entries(FLOORS)) {
  const met = percent[part] >= floor;
  low ||= !met;
  console.log(
    `${part}: ${percent[part]} % of lines (${met ? 'at least' : 'BELOW'} ${floor} % is asked)`,
  );
}
process.exitCode = jest.status === 0 && !low ? 0 : 1;

function run(command, args) {
  execFileSync(command, args, { stdio: 'inherit', cwd: root });
}
