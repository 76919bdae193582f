'use strict';
// Builds examples/your-own-addon as its author would, in a folder of its own, and runs it on the
// stand-in: with cmake-js and with node-gyp, without NVIDIA's toolkit and – where nvcc is found – with
// it. Then the same for an addon made of nothing but what docs/your-own-addon.md says. Nothing is
// downloaded.
//
//   node scripts/check-own-addon.cjs [cmake-js|node-gyp]

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const example = path.join(root, 'examples', 'your-own-addon');
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'gpu-exceptions-own-addon-'));
process.on('exit', () => fs.rmSync(work, { recursive: true, force: true }));

function run(cwd, env, script, ...args) {
  const result = spawnSync(process.execPath, [script, ...args], { cwd, env, encoding: 'utf8' });
  const output = `${result.stdout}${result.stderr}`;
  if (result.status !== 0) throw new Error(`${path.basename(script)} ${args.join(' ')}\n${output}`);
  return output;
}

// Beside the running node, or npm's; a script that npm started is told of another place.
function nodeGyp() {
  const bin = path.dirname(fs.realpathSync(process.execPath));
  const places = [
    process.env.npm_config_node_gyp,
    ...['../lib', '../share/nodejs', '.'].map((folder) =>
      path.join(bin, folder, 'node_modules/npm/node_modules/node-gyp/bin/node-gyp.js'),
    ),
  ];
  const found = places.find((file) => file && fs.existsSync(file));
  if (found === undefined) throw new Error('node-gyp was not found; npm brings one');
  return found;
}

// node-gyp downloads Node's headers unless it is given a folder with them; for Node-API the headers of
// node-api-headers suffice.
function nodeDirectory() {
  const folder = path.join(work, 'node');
  const include = path.join(folder, 'include', 'node');
  fs.mkdirSync(include, { recursive: true });
  fs.cpSync(require('node-api-headers').include_dir, include, { recursive: true });
  const configurations = { Release: { cflags: ['-O2', '-fPIC'] }, Debug: { cflags: ['-fPIC'] } };
  fs.writeFileSync(
    path.join(include, 'common.gypi'),
    JSON.stringify({ target_defaults: { default_configuration: 'Release', configurations } }),
  );
  return folder;
}

const tools = {
  'cmake-js': (folder, env) =>
    run(folder, env, require.resolve('cmake-js/bin/cmake-js'), 'build', '--parallel', '2'),
  'node-gyp': (folder, env) =>
    run(folder, env, nodeGyp(), 'rebuild', '--nodedir', nodeDirectory(), '-j', '2'),
};

function copyExample(folder) {
  const unbuilt = (file) => !['build', 'node_modules', 'stand-in'].includes(path.basename(file));
  fs.cpSync(example, folder, { recursive: true, filter: unbuilt });
}

/** An addon of the page's code for plain Node-API and of its two pieces of build files. */
function writeFromPage(folder) {
  const page = fs.readFileSync(path.join(root, 'docs', 'your-own-addon.md'), 'utf8');
  const blocks = (language) =>
    [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(
      (match) => match[1],
    );
  const code = blocks('cpp').find((block) => block.includes('napi_value Copy('));
  const include = path.join(example, 'without-toolkit');
  const runtime = path.join(root, 'build', 'Release', 'stand-in', 'libcudart.so.13');
  const link = [runtime, '-Wl,--allow-shlib-undefined'];
  const headers = require('node-api-headers').include_dir;
  const files = {
    'package.json': JSON.stringify({ name: 'your-addon', binary: { napi_versions: [8] } }),
    'addon.cc': `${code}
NAPI_MODULE_INIT() {
  napi_value copy = nullptr;
  napi_create_function(env, "copy", NAPI_AUTO_LENGTH, Copy, nullptr, &copy);
  napi_set_named_property(env, exports, "copy", copy);
  return exports;
}
`,
    'CMakeLists.txt': `cmake_minimum_required(VERSION 3.19...3.31)
project(your_addon LANGUAGES CXX)
add_library(your_addon MODULE addon.cc)
set_target_properties(your_addon PROPERTIES PREFIX "" SUFFIX ".node")
target_include_directories(your_addon PRIVATE \${CMAKE_JS_INC} ${include})
target_link_libraries(your_addon PRIVATE ${link.join(' ')})
${blocks('cmake')[0]}`,
    'binding.gyp': `{
  "target_defaults": {
    "include_dirs": ["${headers}", "${include}"],
    "libraries": ${JSON.stringify(link)}
  },
  "targets": [{ "target_name": "your_addon", "sources": ["addon.cc"],
${blocks('python')[0]} }]
}`,
    'main.cjs': `const assert = require('node:assert/strict');
const { classifyGpuFailure } = require('gpu-exceptions');
const addon = require('./build/Release/your_addon.node');
addon.copy();
const rule = { library: 'cudart', call: 'cudaMalloc', code: 'cudaErrorMemoryAllocation' };
require('gpu-exceptions/mock').useMock({ rules: [rule] });
assert.throws(addon.copy, (error) => classifyGpuFailure(error).call === 'cudaMalloc');
console.log('all as expected');
`,
  };
  fs.mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
}

/** With the packages that `npm install` would bring. */
function install(name, write) {
  const folder = path.join(work, name);
  write(folder);
  const modules = path.join(folder, 'node_modules');
  fs.mkdirSync(modules);
  fs.symlinkSync(root, path.join(modules, 'gpu-exceptions'));
  for (const dependency of ['node-addon-api', 'node-api-headers'])
    fs.symlinkSync(path.join(root, 'node_modules', dependency), path.join(modules, dependency));
  return folder;
}

const named = process.argv.slice(2);
const unknown = named.find((tool) => !Object.hasOwn(tools, tool));
if (unknown !== undefined) {
  console.error(`unknown tool "${unknown}"; known: ${Object.keys(tools).join(', ')}`);
  process.exit(2);
}

// A backend or an addon that the caller has chosen would stand in for what is built here.
const inherited = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(GPU_EXCEPTIONS_|LD_LIBRARY_PATH)/.test(name)),
);
const hasNvcc = process.env.PATH.split(path.delimiter).some((folder) =>
  fs.existsSync(path.join(folder, 'nvcc')),
);
const projects = {
  'without a toolkit': { write: copyExample, env: { WITHOUT_TOOLKIT: '1' } },
  ...(hasNvcc ? { 'with nvcc': { write: copyExample, env: { WITHOUT_TOOLKIT: '' } } } : {}),
  'from the page': { write: writeFromPage, env: {} },
};
if (!hasNvcc) console.log('no nvcc on the PATH: the kernel in saxpy.cu is not compiled');

let failures = 0;
for (const tool of named.length > 0 ? named : Object.keys(tools)) {
  for (const [name, project] of Object.entries(projects)) {
    const title = `${tool}, ${name}`;
    const started = Date.now();
    try {
      const folder = install(title.replaceAll(/\W+/g, '-'), project.write);
      const env = { ...inherited, ...project.env };
      tools[tool](folder, env);
      const cli = path.join(root, 'dist', 'cli', 'main.js');
      const output = run(folder, env, cli, 'mock', '--', process.execPath, 'main.cjs');
      if (!output.includes('all as expected')) throw new Error(output);
      console.log(`${title}: ok (${Math.round((Date.now() - started) / 1000)} s)`);
    } catch (error) {
      failures += 1;
      console.log(`${title}: FAILED\n${error.message}`);
    }
  }
}
process.exitCode = failures > 0 ? 1 : 0;
