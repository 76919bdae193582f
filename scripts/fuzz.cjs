'use strict';
// libFuzzer on what takes strings and numbers from outside, then fast-check on what is thrown:
// `node scripts/fuzz.cjs [seconds]`, 60 for libFuzzer by default. Needs clang; installs it with apt-get where it is missing. Linux only.

const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const build = path.join(root, 'build-fuzz');
const seconds = Number(process.argv[2] ?? 60);
const TARGETS = {
  elf_file: ['platform/elf_file.cc'],
  library_search: [
    'platform/elf_file.cc', 'platform/dynamic_library.cc', 'platform/library_catalog.cc',
    'platform/library_search.cc', 'errors/code_table.cc',
  ],
  handle_table: ['errors/native_error.cc'],
}; // prettier-ignore

const clang = () =>
  ['clang++', 'clang++-19', 'clang++-18', 'clang++-16', 'clang++-14'].find(
    (name) => spawnSync(name, ['--version']).status === 0,
  );
if (clang() === undefined) {
  const packages = ['clang-14', 'libclang-rt-14-dev'];
  execFileSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], {
    stdio: 'inherit',
  });
}

fs.mkdirSync(build, { recursive: true });
let failed = 0;
for (const [name, sources] of Object.entries(TARGETS)) {
  const binary = path.join(build, name);
  execFileSync(
    clang(),
    [
      '-std=c++17', '-g', '-O1', '-fsanitize=fuzzer,address,undefined', '-fno-sanitize-recover=all',
      `-I${path.join(root, 'native')}`, path.join(root, 'test', 'fuzz', `${name}_fuzz.cc`),
      ...sources.map((source) => path.join(root, 'native', source)), '-o', binary, '-ldl', '-pthread',
    ], // prettier-ignore
    { stdio: 'inherit' },
  );
  const corpus = path.join(build, `${name}.corpus`);
  fs.mkdirSync(corpus, { recursive: true });
  if (name === 'elf_file') {
    // A real file's head, so that the fuzzer need not find the magic number by itself.
    fs.writeFileSync(path.join(corpus, 'elf'), fs.readFileSync(process.execPath).subarray(0, 4096));
  }
  const each = Math.max(1, Math.round(seconds / Object.keys(TARGETS).length));
  const { status, stderr } = spawnSync(
    binary,
    [`-max_total_time=${each}`, '-max_len=4096', corpus],
    {
      cwd: build,
      encoding: 'utf8',
      env: { ...process.env, LD_PRELOAD: '' },
    },
  );
  const done = /^Done.*$/m.exec(stderr)?.[0] ?? 'no summary';
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'}  ${name}: ${done}`);
  if (status !== 0) console.error(stderr.split('\n').slice(-40).join('\n'));
  if (status !== 0) failed += 1;
}

// The guard and serialisation, by fast-check: about as long for each thousand runs.
const runs = String(Math.max(500, Math.round(seconds * 50)));
const jest = [require.resolve('jest/bin/jest'), '--testTimeout=600000', 'test/unit/guard/anything'];
const properties = spawnSync(process.execPath, jest, {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, GPU_EXCEPTIONS_FUZZ_RUNS: runs },
});
if (properties.status !== 0) failed += 1;
process.exitCode = failed === 0 ? 0 : 1;
