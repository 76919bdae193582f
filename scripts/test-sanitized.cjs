'use strict';
// Builds the addon and the stand-in with a sanitizer, or for valgrind, and runs the native tests on
// them. `node scripts/test-sanitized.cjs asan|tsan|valgrind [arguments of jest]`. Linux only.

const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const suppressions = (name) => path.join(__dirname, 'sanitizers', name);
/** What a report of ours has in it: our namespace, or a file of ours. */
const OURS = /gpuex|gpu_exceptions|\/native\//;

const [kind, ...jestArguments] = process.argv.slice(2);
const KINDS = {
  asan: {
    sanitize: 'address,undefined',
    preload: ['libasan.so', 'libubsan.so'],
    env: {
      ASAN_OPTIONS: 'detect_leaks=1:exitcode=23:abort_on_error=0',
      LSAN_OPTIONS: `suppressions=${suppressions('lsan.supp')}:print_suppressions=0`,
      UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
    },
    tests: ['test/native'],
  },
  tsan: {
    sanitize: 'thread',
    preload: ['libtsan.so'],
    env: {
      TSAN_OPTIONS: `suppressions=${suppressions('tsan.supp')}:exitcode=0:print_suppressions=0`,
    },
    tests: ['test/native/addon', 'test/native/mock'],
  },
  valgrind: { sanitize: '', preload: [], env: {}, tests: [] },
};
const chosen = KINDS[kind];
if (chosen === undefined) {
  console.error(`usage: test-sanitized.cjs ${Object.keys(KINDS).join('|')}`);
  process.exit(2);
}

const build = path.join(root, `build-${kind}`);
const release = path.join(build, 'RelWithDebInfo');
run('cmake', [
  '-S', root, '-B', build, '-DCMAKE_BUILD_TYPE=RelWithDebInfo', `-DGPUEX_SANITIZE=${chosen.sanitize}`,
]); // prettier-ignore
run('cmake', ['--build', build, '--parallel', '2']);

const log = path.join(build, 'reports');
fs.rmSync(log, { recursive: true, force: true });
fs.mkdirSync(log, { recursive: true });
const status = kind === 'valgrind' ? underValgrind() : underJest();
const reports = readReports();
const ours = reports.filter((report) => OURS.test(report));
for (const report of ours) console.error(report);
console.log(
  `${kind}: ${reports.length} reports, ${ours.length} with a frame of ours; tests ${status === 0 ? 'passed' : 'FAILED'}`,
);
process.exitCode = status === 0 && ours.length === 0 ? 0 : 1;

function run(command, args, env = {}) {
  execFileSync(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
}

function underJest() {
  const preload = chosen.preload.map((name) =>
    execFileSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim(),
  );
  const env = { ...process.env, ...chosen.env, LD_PRELOAD: preload.join(' ') };
  for (const [name, value] of Object.entries(chosen.env)) {
    if (name !== 'LSAN_OPTIONS') env[name] = `${value}:log_path=${path.join(log, kind)}`;
  }
  env.GPU_EXCEPTIONS_ADDON = path.join(release, 'gpu_exceptions.node');
  env.GPU_EXCEPTIONS_TEST_MOCK_LIBRARY = path.join(release, 'libgpu_exceptions_mock.so');
  env.GPU_EXCEPTIONS_SANITIZED = kind;
  const jest = require.resolve('jest/bin/jest');
  const tests = jestArguments.length > 0 ? jestArguments : chosen.tests;
  return spawnSync(process.execPath, [jest, '-i', '--testTimeout=60000', ...tests], {
    cwd: root,
    env,
    stdio: 'inherit',
  }).status;
}

/** Every program of the tests that needs no argument: valgrind takes ten seconds to start Node. */
function underValgrind() {
  run(process.execPath, [path.join(__dirname, 'build-ts.cjs')]);
  const folder = path.join(root, 'test', 'fixtures', 'addon');
  let failed = 0;
  for (const name of ['devices.cjs', 'workers.cjs', 'terminated.cjs', 'ends.cjs', 'bare.cjs']) {
    const result = spawnSync(
      'valgrind',
      [
        '--quiet', '--leak-check=no', '--error-exitcode=99', `--log-file=${path.join(log, name)}`,
        process.execPath, path.join(folder, name),
      ], // prettier-ignore
      {
        cwd: root,
        encoding: 'utf8',
        env: {
          ...process.env,
          PACKAGE: path.join(root, 'dist'),
          GPU_EXCEPTIONS_ADDON: path.join(release, 'gpu_exceptions.node'),
          GPU_EXCEPTIONS_BACKEND: 'mock',
        },
      },
    );
    const passed = result.status === 0;
    if (!passed) failed += 1;
    console.log(`${passed ? 'ok' : 'FAILED'}  ${name}${passed ? '' : `\n${result.stderr}`}`);
  }
  return failed;
}

/** One report for each block of a log; an empty log is none. */
function readReports() {
  return fs
    .readdirSync(log)
    .map((name) => fs.readFileSync(path.join(log, name), 'utf8'))
    .flatMap((text) => text.split(/^(?==+\n|=+\d+=+ERROR|WARNING: ThreadSanitizer)/m))
    .filter((text) => /ERROR|WARNING|runtime error|==\d+== \w/.test(text));
}
