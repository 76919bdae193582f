'use strict';
// Random input for what takes things from outside: `node scripts/fuzz.cjs [seconds for each part]`, 60 by
// default. libFuzzer: what JavaScript hands to the addon (arguments, handles, ranges, launches), and the
// loader's paths and files. fast-check: what is thrown in the guard, and serialisation. Two run at a
// time. What libFuzzer found interesting is kept in build-fuzz/ and is where the next run begins. Needs
// clang; installs it with apt-get where it is missing. Linux only.

const { execFileSync, spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const build = path.join(root, 'build-fuzz');
const seconds = Number(process.argv[2] ?? 60);
if (!(seconds >= 1)) {
  console.error('usage: fuzz.cjs [seconds for each part, at least 1]');
  process.exit(2);
}
const AT_ONCE = 2;

/** What streams and the notes of their work are made of. */
const DEVICE_MEMORY = ['device_work', 'stream', 'holdings', 'lane', 'ordered_calls', 'progress', 'recent_launches']
  .map((name) => `ops/${name}.cc`).concat('errors/native_error.cc'); // prettier-ignore
/** Each part of libFuzzer's: its targets, which share the part's time, with the sources that they need. */
const PARTS = {
  arguments: {
    arguments: ['errors/native_error.cc'], handle_table: ['errors/native_error.cc'],
    launch: DEVICE_MEMORY, byte_range: DEVICE_MEMORY,
  },
  loader: {
    elf_file: ['platform/elf_file.cc'],
    library_search: [
      'platform/elf_file.cc', 'platform/dynamic_library.cc', 'platform/library_catalog.cc',
      'platform/library_search.cc', 'errors/code_table.cc',
    ],
  },
}; // prettier-ignore
/** fast-check's parts, by the title of their tests. */
const PROPERTIES = ['whatever is thrown in the guard', 'serialisation'];

const clang = findClang() ?? installClang();
fs.mkdirSync(build, { recursive: true });
const targets = Object.values(PARTS).flatMap((part) =>
  Object.entries(part).map(([name, sources]) => ({
    name,
    sources,
    seconds: Math.max(1, Math.round(seconds / Object.keys(part).length)),
  })),
);
main().then((failed) => {
  process.exitCode = failed === 0 ? 0 : 1;
});

async function main() {
  const built = await inTurn(targets.map((target) => () => compile(target)));
  const jobs = [
    ...PROPERTIES.map((title) => () => tryProperties(title)),
    ...targets.filter((_, i) => built[i]).map((target) => () => fuzz(target)),
  ];
  const passed = await inTurn(jobs);
  return [...built, ...passed].filter((ok) => !ok).length;
}

/** Runs all, AT_ONCE at a time; answers what each answered. */
async function inTurn(jobs) {
  const answers = [];
  const rest = jobs.entries();
  const work = async () => {
    for (const [i, job] of rest) answers[i] = await job();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return answers;
}

/**
 * Prints a line for it, and all that it said when it failed. Answers whether it ended well; what
 * `holds` finds in all that it said belongs to that.
 */
function run(title, command, args, options, summary, holds = () => true) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: build, ...options });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (said += text));
    }
    child.on('error', (error) => (said += error.message));
    child.on('close', (status) => {
      const ok = status === 0 && holds(said);
      console.log(`${ok ? 'ok    ' : 'FAILED'}  ${title}${summary(said)}`);
      if (!ok) console.error(said.split('\n').slice(-60).join('\n'));
      resolve(ok);
    });
  });
}

function compile({ name, sources }) {
  const { defines } = JSON.parse(
    fs.readFileSync(path.join(root, 'native', 'sources.json'), 'utf8'),
  );
  const headers = [
    require('node-api-headers').include_dir,
    path.dirname(require.resolve('node-addon-api/package.json')),
  ];
  const args = [
    '-std=c++17', '-g', '-O1', '-fsanitize=fuzzer,address,undefined,float-cast-overflow',
    '-fno-sanitize-recover=all', `-I${path.join(root, 'native')}`,
    ...headers.map((folder) => `-isystem${folder}`), ...defines.map((define) => `-D${define}`),
    path.join(root, 'test', 'fuzz', `${name}_fuzz.cc`),
    ...sources.map((source) => path.join(root, 'native', source)),
    // What of Node-API a target does not fake it must not call.
    '-no-pie', '-Wl,--unresolved-symbols=ignore-all', '-ldl', '-pthread',
    '-o', path.join(build, name),
  ]; // prettier-ignore
  return run(`${name}: built`, clang, args, {}, () => '');
}

function fuzz({ name, seconds: time }) {
  const corpus = path.join(build, `${name}.corpus`);
  fs.mkdirSync(corpus, { recursive: true });
  if (name === 'elf_file') {
    // A real file's head, so that the fuzzer need not find the magic number by itself.
    const head = Buffer.alloc(4096);
    const file = fs.openSync(process.execPath, 'r');
    fs.readSync(file, head, 0, head.length, 0);
    fs.closeSync(file);
    fs.writeFileSync(path.join(corpus, 'elf'), head);
  }
  const args = [`-max_total_time=${time}`, '-max_len=4096', '-timeout=10', corpus];
  return run(
    name,
    path.join(build, name),
    args,
    {},
    (said) => `: ${/^Done.*$/m.exec(said)?.[0] ?? 'no summary'}`,
  );
}

function tryProperties(title) {
  const jest = [
    require.resolve('jest/bin/jest'), '--ci', '-i', '-t', title, 'test/unit/guard/anything-thrown',
  ]; // prettier-ignore
  return run(
    title,
    process.execPath,
    jest,
    { cwd: root, env: { ...process.env, GPU_EXCEPTIONS_FUZZ_SECONDS: String(seconds) } },
    (said) => `: ${/^Tests:\s*(.*)$/m.exec(said)?.[1] ?? 'no summary'} in ${seconds} s`,
    // Jest is content with a title that no test has any more.
    (said) => /^Tests:.*\b[1-9]\d* passed/m.test(said),
  );
}

function findClang() {
  return ['clang++', 'clang++-19', 'clang++-18', 'clang++-16', 'clang++-14'].find(
    (name) => spawnSync(name, ['--version']).status === 0,
  );
}

function installClang() {
  const options = { stdio: ['ignore', 'ignore', 'inherit'] };
  execFileSync('apt-get', ['update'], options);
  // Debian's own version, whatever it is; where it does not depend on the sanitizers' runtime, that
  // has a package of its own.
  const install = (...names) =>
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...names], options).status;
  if (install('clang') !== 0) throw new Error('clang could not be installed');
  const version = /version (\d+)/.exec(
    execFileSync('clang++', ['--version'], { encoding: 'utf8' }),
  );
  install(`libclang-rt-${version[1]}-dev`);
  return 'clang++';
}
