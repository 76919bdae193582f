'use strict';
// Builds the C++ addon and the stand-in into build/Release: with cmake-js where `cmake` is found,
// else with node-gyp (npm brings one). What was tried, and why it failed, is kept in
// build/native-build.json for the loader, which tells it to whoever calls the addon later.
//
//   node scripts/build-native.cjs [--with cmake-js|node-gyp] [--optional]
//
// --optional: a failure prints one warning and exits 0; used by `prepare`, because the package
// imports and guards without its addon.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const root = path.resolve(__dirname, '..');
const folder = path.join(root, 'build');
// The build that stands, while a new one has not proved itself.
const former = path.join(root, 'build-former');
const output = path.join(folder, 'Release', 'gpu_exceptions.node');
const standIns = ['libgpu_exceptions_mock', 'gpu_exceptions_mock'].flatMap((name) =>
  ['.so', '.dylib', '.dll'].map((extension) => path.join(folder, 'Release', name + extension)),
);

const { values } = parseArgs({
  options: { with: { type: 'string' }, optional: { type: 'boolean', default: false } },
});
if (values.with !== undefined && !['cmake-js', 'node-gyp'].includes(values.with)) {
  console.error(`--with: "${values.with}" given, allowed are cmake-js and node-gyp`);
  process.exit(2);
}

function run(command, args, env = {}) {
  return spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
}

function onPath(command) {
  const probe = run(command, ['--version']);
  return probe.error === undefined && probe.status === 0;
}

function resolveOptional(request) {
  try {
    return require.resolve(request, { paths: [root] });
  } catch {
    return null;
  }
}

function compilerMissing() {
  if (process.platform === 'win32') return null; // Visual Studio is found by the tools themselves.
  const named = process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++'];
  return named.some(onPath) ? null : `no C++ compiler (looked for ${named.join(', ')})`;
}

function lastLines(text) {
  return text.trim().split('\n').slice(-12).join('\n');
}

const withCmakeJs = {
  name: 'cmake-js',
  missing() {
    if (resolveOptional('cmake-js/bin/cmake-js') === null)
      return 'the npm package cmake-js is not installed';
    if (!onPath('cmake')) return 'cmake is not on the PATH';
    return compilerMissing();
  },
  build() {
    // `rebuild` would configure twice.
    return run(process.execPath, [
      resolveOptional('cmake-js/bin/cmake-js'),
      'build',
      '--parallel',
      '2',
    ]);
  },
};

const withNodeGyp = {
  name: 'node-gyp',
  script: null,
  missing() {
    this.script = nodeGypScript();
    if (this.script === null) return 'node-gyp was not found (npm brings one; is npm installed?)';
    const python = process.env.PYTHON ?? process.env.npm_config_python;
    if (![python, 'python3', 'python'].some((name) => name && onPath(name)))
      return 'Python 3 is not on the PATH (node-gyp needs it)';
    return compilerMissing();
  },
  build() {
    return run(process.execPath, [this.script, 'rebuild', '--nodedir', nodeDirectory(), '-j', '2']);
  },
};

function nodeGypScript() {
  // npm names its own here; whoever names another one means that and no other.
  const named = process.env.npm_config_node_gyp;
  if (named) return fs.existsSync(named) ? named : null;
  const ours = resolveOptional('node-gyp/bin/node-gyp.js');
  if (ours !== null) return ours;
  const bin = path.dirname(process.execPath);
  for (const lib of [path.join(bin, '..', 'lib', 'node_modules'), path.join(bin, 'node_modules')]) {
    const bundled = path.join(lib, 'npm', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
    if (fs.existsSync(bundled)) return bundled;
  }
  return null;
}

// node-gyp downloads Node's headers unless it is given a directory that has them. Node-API needs
// no more than node-api-headers holds, so a directory is laid out from those where Node has none.
function nodeDirectory() {
  const prefix = path.resolve(process.execPath, '..', '..');
  if (fs.existsSync(path.join(prefix, 'include', 'node', 'common.gypi'))) return prefix;
  const made = path.join(root, 'node_modules', '.cache', 'gpu-exceptions', 'node');
  const include = path.join(made, 'include', 'node');
  fs.mkdirSync(include, { recursive: true });
  fs.cpSync(require('node-api-headers').include_dir, include, { recursive: true });
  fs.writeFileSync(
    path.join(include, 'common.gypi'),
    JSON.stringify({
      target_defaults: {
        default_configuration: 'Release',
        configurations: {
          Release: { cflags: ['-O3', '-fPIC'] },
          Debug: { cflags: ['-g', '-fPIC'] },
        },
      },
    }),
  );
  return made;
}

// In a process of its own: a binary that does not fit may crash the process that loads it.
function loadFailure() {
  const script = `require(${JSON.stringify(output)})`;
  const probe = run(process.execPath, ['-e', script]);
  return probe.status === 0 ? null : lastLines(`${probe.stderr}\n${probe.signal ?? ''}`);
}

function attempt(tool) {
  const missing = tool.missing();
  if (missing !== null) return { with: tool.name, ok: false, reason: missing };
  // Moved and not built over: both tools trip over what the other one left.
  if (fs.existsSync(former)) fs.rmSync(folder, { recursive: true, force: true });
  else if (fs.existsSync(folder)) fs.renameSync(folder, former);
  const report = buildWith(tool);
  if (report.ok) {
    fs.rmSync(former, { recursive: true, force: true });
  } else if (fs.existsSync(former)) {
    fs.rmSync(folder, { recursive: true, force: true });
    fs.renameSync(former, folder);
  }
  return report;
}

function buildWith(tool) {
  const result = tool.build();
  if (result.status !== 0) {
    process.stderr.write(result.stdout + result.stderr);
    return { with: tool.name, ok: false, reason: lastLines(result.stderr || result.stdout) };
  }
  if (!standIns.some((file) => fs.existsSync(file)))
    return { with: tool.name, ok: false, reason: 'built, but the stand-in is not there' };
  const unloadable = loadFailure();
  return unloadable === null
    ? { with: tool.name, ok: true, reason: null }
    : { with: tool.name, ok: false, reason: `built, but does not load: ${unloadable}` };
}

const tools = [withCmakeJs, withNodeGyp].filter(
  (tool) => values.with === undefined || values.with === tool.name,
);
const tried = [];
for (const tool of tools) {
  tried.push(attempt(tool));
  if (tried.at(-1).ok) break;
}

fs.mkdirSync(path.join(root, 'build'), { recursive: true });
fs.writeFileSync(
  path.join(root, 'build', 'native-build.json'),
  `${JSON.stringify({ node: process.version, platform: process.platform, arch: process.arch, tried }, null, 2)}\n`,
);

const done = tried.find((each) => each.ok);
if (done !== undefined) {
  console.log(`gpu-exceptions: native addon built with ${done.with}`);
} else {
  const why = tried
    .map((each) => `  ${each.with}: ${each.reason.replaceAll('\n', '\n    ')}`)
    .join('\n');
  console.error(
    `gpu-exceptions: the native addon was not built; the package imports and guards without it.\n${why}`,
  );
  process.exitCode = values.optional ? 0 : 1;
}
