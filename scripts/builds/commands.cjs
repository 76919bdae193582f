'use strict';
// What each of the two builds would do, in the commands that its own tool makes of the project: every
// library with its sources, what they are compiled with, and how it is linked. Nothing is compiled.
// Linux only: of the other systems neither build was run.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const npm = path.join(path.dirname(process.execPath), '..', 'lib', 'node_modules', 'npm');

/**
 * What node-gyp finds as Node's own settings: no more than the optimisation that CMake's Release has,
 * and what an addon with C++ exceptions has to undo. So the plan does not depend on Node's version.
 */
const NODE_SETTINGS = {
  target_defaults: {
    default_configuration: 'Release',
    cflags_cc: ['-fno-rtti', '-fno-exceptions', '-std=gnu++20'],
    configurations: { Release: { cflags: ['-O3', '-fPIC'] }, Debug: {} },
  },
};
/** Defines that the tools add to every source by themselves; no source of ours asks for one. */
const TOOLS_DEFINES = /^(BUILDING_NODE_EXTENSION|NODE_GYP_MODULE_NAME=.*|USING_\w+_SHARED=1|V8_DEPRECATION_WARNINGS=1|_GLIBCXX_USE_CXX11_ABI=1|_FILE_OFFSET_BITS=64|_LARGEFILE_SOURCE|__STDC_FORMAT_MACROS|OPENSSL_\w+|\w+_EXPORTS)$/; // prettier-ignore
/** Likewise for the compiler and the linker: they say nothing about what is built of which source. */
const TOOLS_FLAGS = /^(-c|-m64|-pthread|-MMD)$/;
const TOOLS_LINKING = /^(-shared|-pthread|-rdynamic|-m64|-fPIC|-O3|-D.*|-lpthread|-Wl,(--(no-)?whole-archive|--(start|end)-group|-rpath-link[,=].*))$/; // prettier-ignore
/** gyp makes no two files of one name, so it copies this one. */
const COPIED = { 'failing-driver/libfailing_driver.so': 'failing-driver/libcuda.so.1' };

/** A command line as the shell would take it apart. */
function words(line) {
  const pieces = line.matchAll(/(?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^\s'"\\])+/g);
  return [...pieces].map(([piece]) =>
    piece.replace(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g, (_, single, double, escaped) =>
      single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped,
    ),
  ); // prettier-ignore
}

/** A project with the same files, but for the text of those in `changes`. */
function layOut(folder, root, changes) {
  fs.mkdirSync(folder, { recursive: true });
  for (const name of ['CMakeLists.txt', 'binding.gyp', 'package.json', 'native']) {
    fs.cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  }
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  for (const [name, text] of Object.entries(changes)) {
    fs.writeFileSync(path.join(folder, name), text);
  }
}

/** The commands of cmake-js for the project in `folder`, as `{ cwd, argv }`. */
function cmakeJsCommands(folder) {
  const build = path.join(folder, 'build-cmake');
  const cmakeJs = require.resolve('cmake-js/bin/cmake-js', { paths: [folder] });
  execFileSync(
    process.execPath,
    [cmakeJs, 'configure', '--out', build, '--generator', 'Unix Makefiles', '--silent'],
    { cwd: folder, stdio: 'pipe' },
  );
  const compiled = JSON.parse(fs.readFileSync(path.join(build, 'compile_commands.json'), 'utf8'));
  const links = fs
    .readdirSync(path.join(build, 'CMakeFiles'))
    .map((name) => path.join(build, 'CMakeFiles', name, 'link.txt'))
    .filter((file) => fs.existsSync(file))
    .map((file) => fs.readFileSync(file, 'utf8'));
  return [...compiled.map(({ command }) => command), ...links].map((line) => ({
    cwd: build,
    argv: words(line),
  }));
}

/** The commands of node-gyp, likewise. */
function nodeGypCommands(folder) {
  const settings = path.join(folder, 'node', 'include', 'node', 'common.gypi');
  fs.mkdirSync(path.dirname(settings), { recursive: true });
  fs.writeFileSync(settings, JSON.stringify(NODE_SETTINGS));
  const nodeGyp = path.join(npm, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  const named = process.env.npm_config_node_gyp ?? nodeGyp;
  // npm's settings would name another place of Node's, and go before arguments.
  const settled = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  execFileSync(process.execPath, [named, 'configure', '--nodedir', path.join(folder, 'node')], {
    cwd: folder,
    env: Object.fromEntries(settled),
    stdio: 'pipe',
  });
  const build = path.join(folder, 'build');
  // Without what make would hand on from whoever started us.
  const said = execFileSync('make', ['-n', '-C', build, 'BUILDTYPE=Release', 'CXX=g++'], {
    encoding: 'utf8',
    env: { ...process.env, MAKEFLAGS: '', CXXFLAGS: '', LDFLAGS: '', CPPFLAGS: '', CFLAGS: '' },
    maxBuffer: 1 << 28,
  });
  const lines = said.split('\n').filter((line) => line.startsWith('g++ '));
  return lines.map((line) => ({ cwd: build, argv: words(line) }));
}

/** One source's compilation: what is ours of it. */
function compilation(argv, from) {
  const defines = [];
  const include = [];
  const flags = [];
  for (let i = 1; i < argv.length; i += 1) {
    const word = argv[i];
    if (word === '-o' || word === '-MF') i += 1;
    else if (word.startsWith('-D')) defines.push(word.slice(2));
    else if (word === '-isystem') i += 1;
    else if (word.startsWith('-I')) include.push(from(word.slice(2)));
    else if (word.startsWith('-') && !word.startsWith('-isystem')) flags.push(word);
  }
  const sorted = (list, tools) => [...new Set(list.filter((each) => !tools.test(each)))].sort();
  return {
    defines: sorted(defines, TOOLS_DEFINES),
    flags: sorted(flags, TOOLS_FLAGS),
    // Those of the project; where Node-API's headers lie is the tool's matter.
    include: include.filter((each) => each.startsWith('native')),
  };
}

/** How a library is linked: its name, its exports, where it looks for others, and the rest. */
function linking(argv, from) {
  const made = { soname: null, versionScript: null, besideOrigin: false, others: [] };
  const options = argv
    .slice(1)
    .filter((word) => word.startsWith('-') && word !== '-o' && !TOOLS_LINKING.test(word));
  for (const word of options) {
    const [, option, value] = /^-Wl,(-+[a-z-]+)[,=](.*)$/.exec(word) ?? [];
    if (option === '-soname') made.soname = value;
    else if (option === '--version-script') made.versionScript = from(value);
    else if (option === '-rpath') made.besideOrigin ||= /(^|:)\$ORIGIN\/\.\.\/?(:|$)/.test(value);
    else made.others.push(word);
  }
  made.others = [...new Set(made.others)].sort();
  return made;
}

function productsOf(commands, folder) {
  const objects = new Map();
  const plan = {};
  const outputOf = ({ cwd, argv }) => path.resolve(cwd, argv[argv.indexOf('-o') + 1]);
  for (const command of commands.filter(({ argv }) => argv.includes('-c'))) {
    const { cwd, argv } = command;
    const from = (file) => path.relative(folder, path.resolve(cwd, file));
    const source = argv.find((word) => /\.cc$/.test(word));
    objects.set(outputOf(command), [from(source), compilation(argv, from)]);
  }
  for (const command of commands.filter(({ argv }) => argv.includes('-shared'))) {
    const { cwd, argv } = command;
    const from = (file) => path.relative(folder, path.resolve(cwd, file));
    const output = outputOf(command).replace(/^.*\/Release\/(obj\.target\/)?/, '');
    const files = argv.map((word) => path.resolve(cwd, word));
    const own = files.filter((file) => objects.has(file)).map((file) => objects.get(file));
    const linked = argv
      .filter((word) => /^[^-].*\.so$/.test(word))
      .map((file) => path.basename(file));
    plan[COPIED[output] ?? output] = {
      sources: Object.fromEntries(own.sort()),
      link: { ...linking(argv, from), libraries: linked.filter((name) => !output.endsWith(name)) },
    };
  }
  return plan;
}

const COMMANDS = { 'cmake-js': cmakeJsCommands, 'node-gyp': nodeGypCommands };

/**
 * What `tool` would do in `folder`, an empty one, for the project in `root` with some files replaced
 * (`changes`: their text by name). By product, e.g. `stand-in/libcuda.so.1`:
 * `{ sources: { file: { defines, flags, include } }, link }`.
 */
function planOf(tool, folder, root, changes = {}) {
  layOut(folder, root, changes);
  const plan = productsOf(COMMANDS[tool](folder), folder);
  // An addon is opened by its path; that node-gyp names it all the same is of no consequence.
  plan['gpu_exceptions.node'].link.soname = null;
  return plan;
}

module.exports = { planOf };
