'use strict';
// Eight threads on four devices with their streams, over the stand-in's libraries, under sanitizers:
// where every call must succeed and every value be right, while calls fail and a device is lost, and
// while the whole machine is replaced under them. Any report fails: every frame there is ours.
//
//   node scripts/stress.cjs [plain|tsan|asan …] [--seconds 10]      asan has UBSan with it; all when
//                                                                   none is named. Linux only.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const root = path.resolve(__dirname, '..');
const KINDS = {
  plain: { sanitize: '', env: {} },
  tsan: { sanitize: 'thread', env: { TSAN_OPTIONS: 'exitcode=66:second_deadlock_stack=1' } },
  asan: {
    sanitize: 'address,undefined',
    env: {
      ASAN_OPTIONS: 'detect_leaks=1:detect_stack_use_after_return=1:exitcode=66',
      UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1:exitcode=66',
    },
  },
};
const LIBRARIES = [
  'libcudart.so.13', 'libcuda.so.1', 'libnvidia-ml.so.1', 'libcublas.so.13', 'libcudnn.so.9',
]; // prettier-ignore
const REPORT = /WARNING: ThreadSanitizer|ERROR: (Address|Leak)Sanitizer|runtime error:/g;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '10' } },
});
const seconds = Number(values.seconds);
const unknown = positionals.find((kind) => !(kind in KINDS));
if (unknown !== undefined || !(seconds > 0 && seconds <= 3600)) {
  console.error(`usage: stress.cjs [${Object.keys(KINDS).join('|')} …] [--seconds 1 to 3600]`);
  process.exit(2);
}
if (process.platform !== 'linux') {
  console.log('stress: skipped, the libraries with NVIDIA’s names are made for Linux only');
  process.exit(0);
}

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  if (result.error !== undefined) throw result.error;
  return result;
}

function must(command, args) {
  const { status, stdout, stderr } = run(command, args);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`);
}

/** The stand-in and the program, both with the sanitizer. The addon needs no part in it. */
function build(kind, sanitize) {
  const folder = path.join(root, `build-${kind}`);
  const release = path.join(folder, 'RelWithDebInfo');
  const type = '-DCMAKE_BUILD_TYPE=RelWithDebInfo';
  must('cmake', ['-S', root, '-B', folder, type, `-DGPUEX_SANITIZE=${sanitize}`]);
  const targets = LIBRARIES.map((name) => `stand_in_${name.slice(3).replace(/[^a-z0-9]/g, '_')}`);
  must('cmake', ['--build', folder, '--parallel', '2', '--target', ...targets]);
  const program = path.join(release, 'stress');
  must('g++', [
    '-std=c++17', '-O1', '-g', '-fno-omit-frame-pointer',
    ...(sanitize === '' ? [] : [`-fsanitize=${sanitize}`]),
    '-I', path.join(root, 'native'),
    path.join(root, 'test', 'fixtures', 'programs', 'stress.cc'),
    ...LIBRARIES.map((name) => path.join(release, 'stand-in', name)),
    '-Wl,--allow-shlib-undefined', '-ldl', '-lpthread', '-o', program,
  ]); // prettier-ignore
  return { program, libraries: path.join(release, 'stand-in') };
}

let failed = 0;
for (const kind of positionals.length > 0 ? positionals : Object.keys(KINDS)) {
  const { sanitize, env } = KINDS[kind];
  const { program, libraries } = build(kind, sanitize);
  for (const mode of ['steady', 'faulty', 'replaced']) {
    const scenario = { devices: 4, callLog: mode === 'steady' ? 0 : 200 };
    const result = run(program, [mode, String(Math.round(seconds * 1000))], {
      timeout: (seconds + 120) * 1000,
      env: {
        ...process.env,
        ...env,
        LD_LIBRARY_PATH: libraries,
        GPU_EXCEPTIONS_MOCK_SCENARIO: JSON.stringify(scenario),
      },
    });
    const reports = (result.stderr.match(REPORT) ?? []).length;
    const ok = result.status === 0 && reports === 0;
    if (!ok) {
      failed += 1;
      const file = path.join(os.tmpdir(), `gpu-exceptions-stress-${kind}-${mode}.txt`);
      fs.writeFileSync(file, result.stderr);
      console.error(result.stderr.slice(0, 6000));
      console.error(`exit ${result.status ?? result.signal}; all of it is in ${file}`);
    }
    console.log(
      `${ok ? 'ok' : 'FAILED'}: ${kind}, ${mode}: ${reports} reports; ${result.stdout.trim()}`,
    );
  }
}
process.exitCode = failed === 0 ? 0 : 1;
