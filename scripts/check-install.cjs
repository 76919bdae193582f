'use strict';
// `npm ci` in fresh clones on crippled machines: programs are hidden by a PATH that has everything
// but them. What must hold is written beside each case. What cmake-js made in one and node-gyp in
// another is then compared. `node scripts/check-install.cjs [cases by name]`, all by default.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { complaints, differences, productsIn } = require('./builds/products.cjs');

const root = path.resolve(__dirname, '..');
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'gpu-exceptions-install-'));
process.on('exit', () => fs.rmSync(work, { recursive: true, force: true }));

const compilers =
  /^(x86_64-linux-gnu-|aarch64-linux-gnu-)?(c\+\+|g\+\+|gcc|cc|clang|clang\+\+)(-[\d.]+)?$/;

/** A directory with a link to every program on the PATH that `hidden` does not match. */
function pathWithout(name, hidden) {
  const bin = path.join(work, `bin-${name}`);
  fs.mkdirSync(bin);
  for (const directory of process.env.PATH.split(path.delimiter)) {
    if (!fs.existsSync(directory)) continue;
    for (const program of fs.readdirSync(directory)) {
      const link = path.join(bin, program);
      if (hidden.test(program) || fs.existsSync(link)) continue;
      fs.symlinkSync(path.join(directory, program), link);
    }
  }
  return bin;
}

function run(cwd, env, command, ...args) {
  const result = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  const output = `${result.stdout}${result.stderr}`;
  return { ok: result.status === 0, output };
}

function expect(what, good, output) {
  if (good) return;
  throw new Error(`${what}\n${output}`);
}

function builtWith(clone) {
  const report = JSON.parse(
    fs.readFileSync(path.join(clone, 'build', 'native-build.json'), 'utf8'),
  );
  return report.tried.find((each) => each.ok)?.with ?? null;
}

const cases = [
  {
    name: 'empty-npm-cache',
    env: () => ({ npm_config_cache: path.join(work, 'empty-cache') }),
    check(clone, env) {
      expect('built with cmake-js', builtWith(clone) === 'cmake-js', builtWith(clone));
      const demo = run(clone, env, 'npm', 'run', 'demo');
      expect('the demo passes', demo.ok, demo.output);
    },
  },
  {
    name: 'cmake-hidden',
    env: () => ({ PATH: pathWithout('no-cmake', /^(cmake|ninja)/) }),
    check(clone, env) {
      expect('built with node-gyp', builtWith(clone) === 'node-gyp', builtWith(clone));
      const demo = run(clone, env, 'npm', 'run', 'demo');
      expect('the demo passes', demo.ok, demo.output);
    },
  },
  {
    name: 'node-gyp-hidden',
    // node-gyp is npm's own; without Python it is of no use, and npm is told of another place.
    env: () => ({
      PATH: pathWithout('no-gyp', /^(python|node-gyp)/),
      npm_config_node_gyp: path.join(work, 'no-such-node-gyp.js'),
    }),
    check(clone, env) {
      expect('built with cmake-js', builtWith(clone) === 'cmake-js', builtWith(clone));
      const demo = run(clone, env, 'npm', 'run', 'demo');
      expect('the demo passes', demo.ok, demo.output);
    },
  },
  {
    name: 'no-compiler',
    env: () => ({
      PATH: pathWithout('no-compiler', compilers),
      GPU_EXCEPTIONS_REQUIRE_NATIVE: '',
      CXX: '',
    }),
    check(clone, env) {
      expect('no addon', builtWith(clone) === null, builtWith(clone));
      const script = `
        const assert = require('node:assert');
        const { catchGpuExceptions, CUDAOutOfMemoryException, GPUException } = require('gpu-exceptions');
        const cuda = require('gpu-exceptions/cuda');
        assert.throws(
          () => catchGpuExceptions(() => { throw new Error('CUDA error: out of memory'); }),
          CUDAOutOfMemoryException,
        );
        try {
          cuda.deviceCount();
          assert.fail('deviceCount answered without an addon');
        } catch (error) {
          assert(error instanceof GPUException, error);
          console.log(require('node:util').inspect(error));
        }`;
      const guarded = run(clone, env, 'node', '-e', script);
      expect('imports and guards', guarded.ok, guarded.output);
      for (const word of ['no C++ compiler', 'npx gpu-exceptions build'])
        expect(
          `the first native call says "${word}"`,
          guarded.output.includes(word),
          guarded.output,
        );
    },
  },
];

// An addon or a backend that the caller has chosen would stand in for what is installed here.
const inherited = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !name.startsWith('GPU_EXCEPTIONS_') || name === 'GPU_EXCEPTIONS_REQUIRE_NATIVE',
  ),
);

/** What each tool has made, by its name. */
const made = new Map();
let failures = 0;
const named = process.argv.slice(2);
for (const each of cases.filter(({ name }) => named.length === 0 || named.includes(name))) {
  const started = Date.now();
  const clone = path.join(work, each.name);
  const env = { ...inherited, ...each.env() };
  try {
    const cloned = run(work, process.env, 'git', 'clone', '--quiet', root, clone);
    expect('git clone', cloned.ok, cloned.output);
    const installed = run(clone, env, 'npm', 'ci');
    expect('npm ci', installed.ok, installed.output);
    each.check(clone, env);
    const tool = builtWith(clone);
    if (tool !== null) made.set(tool, productsIn(path.join(clone, 'build', 'Release')));
    console.log(`${each.name}: ok (${Math.round((Date.now() - started) / 1000)} s)`);
  } catch (error) {
    failures += 1;
    console.log(`${each.name}: FAILED\n${error.message}`);
  }
  fs.rmSync(clone, { recursive: true, force: true });
}
if (process.platform === 'linux') {
  const said = [...made.values()].flatMap(complaints);
  if (made.size === 2) said.push(...differences(...made.values(), [...made.keys()]));
  else console.log('only one of the builds was made: there is nothing to compare');
  if (said.length > 0) failures += 1;
  const count = Object.keys(made.values().next().value ?? {}).length;
  console.log(`${count} libraries of ${[...made.keys()].join(' and ')}: ${said.length} complaints`);
  for (const line of said) console.log(`  ${line}`);
}
process.exitCode = failures ? 1 : 0;
