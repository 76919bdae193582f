'use strict';
// Builds the addon and the stand-in with a sanitizer, or for valgrind, and runs the native tests on
// them: `node scripts/test-sanitized.cjs asan|tsan|valgrind [arguments of jest]`. Fails when a test
// does, or when a report has a frame of ours in it. Node itself is built without, so what it keeps for
// itself is counted and not shown. Linux with g++; installs valgrind with apt-get where it is missing.

const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { readReports } = require('./sanitizers/reports.cjs');

const root = path.resolve(__dirname, '..');
const [kind, ...jestArguments] = process.argv.slice(2);
const build = path.join(root, `build-${kind}`);
const log = path.join(build, 'reports');
// Of the others abi/ only compiles, and cli/ runs what was built for use.
const NATIVE_TESTS = ['test/(native|model)/', '--testPathIgnorePatterns', 'test/native/(abi|cli)/'];

// Without V8's compilers, whose code valgrind would have to translate anew all the time; without the
// second flag Node warns of the first on stderr, where some tests expect nothing.
const VALGRIND_NODE_FLAGS = ['--jitless', '--no-expose-wasm'];
const VALGRIND = [
  'valgrind', '--quiet', '--trace-children=no', '--leak-check=full', '--show-leak-kinds=definite',
  '--num-callers=30', `--log-file=${path.join(log, 'valgrind.%p')}`,
]; // prettier-ignore

const KINDS = {
  asan: {
    sanitize: 'address,undefined',
    preload: ['libasan.so', 'libubsan.so'],
    env: {
      // Leaks are reported at the end without changing the exit status: Node keeps V8's heap at
      // `process.exit`, so every program that ends by it would seem to have failed.
      ASAN_OPTIONS: `detect_leaks=1:halt_on_error=0:exitcode=23:log_path=${path.join(log, 'asan')}`,
      UBSAN_OPTIONS: `print_stacktrace=1:log_path=${path.join(log, 'ubsan')}`,
    },
  },
  tsan: {
    sanitize: 'thread',
    preload: ['libtsan.so'],
    env: {
      // What code without the sanitizer does to memory by way of libc is not looked at: its locks and
      // atomics are not seen.
      TSAN_OPTIONS: `ignore_noninstrumented_modules=1:exitcode=0:log_path=${path.join(log, 'tsan')}`,
    },
  },
  // The tests are memory-checked in Jest's process, and the programs that they start in their own; one
  // after the other, since both at once would take the machine's memory.
  valgrind: {
    sanitize: '',
    preload: [],
    env: {},
    runs: [
      // Fifty times as slow: a tenth of the model's sequences has to do.
      { under: VALGRIND, env: { GPU_EXCEPTIONS_MODEL_RUNS: '30' } },
      {
        under: [],
        env: {
          GPU_EXCEPTIONS_TEST_UNDER: VALGRIND.join(' '),
          GPU_EXCEPTIONS_TEST_UNDER_NODE_FLAGS: VALGRIND_NODE_FLAGS.join(' '),
        },
        // Only these start programs; load.test.ts is about finding the addon's file.
        tests: ['test/native/addon/', '--testPathIgnorePatterns', 'addon/load.test'],
        workers: ['--maxWorkers=2'],
      },
    ],
  },
};
const chosen = KINDS[kind];
if (chosen === undefined) {
  console.error(`usage: test-sanitized.cjs ${Object.keys(KINDS).join('|')} [arguments of jest]`);
  process.exit(2);
}

if (kind === 'valgrind' && spawnSync('valgrind', ['--version']).status !== 0) {
  run('apt-get', ['update']);
  run('apt-get', ['install', '-y', '--no-install-recommends', 'valgrind', 'libc6-dbg']);
}
run('cmake', [
  '-S', root, '-B', build, '-DCMAKE_BUILD_TYPE=RelWithDebInfo', `-DGPUEX_SANITIZE=${chosen.sanitize}`,
]); // prettier-ignore
run('cmake', ['--build', build, '--parallel', '2']);
fs.rmSync(log, { recursive: true, force: true });
fs.mkdirSync(log, { recursive: true });

const runs = chosen.runs ?? [{ under: [], env: {} }];
const passed = runs.map(runTests).every(Boolean);
const { total, ours } = readReports(log);
for (const report of ours) console.error(`${report}\n`);
console.log(
  `${kind}: ${total} reports, ${ours.length} that concern us; tests ${passed ? 'passed' : 'FAILED'}`,
);
process.exitCode = passed && ours.length === 0 ? 0 : 1;

function run(command, args) {
  execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
}

function runTests({ under, env, tests, workers }) {
  const release = path.join(build, 'RelWithDebInfo');
  const preload = chosen.preload.map((name) =>
    execFileSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim(),
  );
  const [command, ...words] = [
    ...under,
    process.execPath,
    ...(under.length > 0 ? VALGRIND_NODE_FLAGS : []),
    require.resolve('jest/bin/jest'),
    '--testTimeout=1300000',
    // In one process: Jest ends its workers before they could look for leaks.
    ...(workers ?? ['-i']),
    ...(jestArguments.length > 0 ? jestArguments : (tests ?? NATIVE_TESTS)),
  ];
  const { status } = spawnSync(command, words, {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      ...chosen.env,
      ...env,
      ...(preload.length > 0 ? { LD_PRELOAD: preload.join(' ') } : {}),
      GPU_EXCEPTIONS_ADDON: path.join(release, 'gpu_exceptions.node'),
      GPU_EXCEPTIONS_TEST_MOCK_LIBRARY: path.join(release, 'libgpu_exceptions_mock.so'),
      GPU_EXCEPTIONS_TEST_SANITIZED: kind,
    },
  });
  return status === 0;
}
