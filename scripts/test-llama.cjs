'use strict';
// A real engine that nobody here wrote, node-llama-cpp's CUDA backend, on the stand-in: loads it,
// loads a model, evaluates, runs out of memory, and compares what it says with what it says on its
// own (docs/mock.md). Installs the engine on demand into node_modules/.cache.
//
//   node scripts/test-llama.cjs [--cuda 13|12]      both when left out
//
// Linux on x86-64 only: the engine's prebuilt CUDA binaries are taken as they come.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { writeModel } = require('../test/llama/tiny-model.cjs');

const VERSION = '3.22.1';
const MIB = 1024 ** 2;
const root = path.resolve(__dirname, '..');
const cache = path.join(root, 'node_modules', '.cache', 'gpu-exceptions', `llama-${VERSION}`);
const standIn = path.join(root, 'build', 'Release', 'stand-in');
const { values } = parseArgs({ options: { cuda: { type: 'string' } } });
if (values.cuda !== undefined && !['12', '13'].includes(values.cuda)) {
  console.error(`--cuda: "${values.cuda}" given, allowed are 12 and 13`);
  process.exit(2);
}
if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.log('test:llama: skipped, the engine has CUDA binaries for Linux on x86-64 only');
  process.exit(0);
}
if (!fs.existsSync(path.join(standIn, 'libcudart.so.13'))) {
  console.error(`test:llama: ${standIn} has no stand-in; run npm run build:native`);
  process.exit(1);
}

function install() {
  const packages = ['node-llama-cpp', '@node-llama-cpp/linux-x64-cuda'];
  if (values.cuda !== '13') packages.push('@node-llama-cpp/linux-x64-cuda-ext');
  const missing = packages.filter(
    (name) => !fs.existsSync(path.join(cache, 'node_modules', name, 'package.json')),
  );
  if (missing.length === 0) return;
  fs.mkdirSync(cache, { recursive: true });
  fs.writeFileSync(path.join(cache, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund'];
  const { status } = spawnSync('npm', [...args, ...packages.map((name) => `${name}@${VERSION}`)], {
    cwd: cache,
    stdio: 'inherit',
  });
  assert.equal(status, 0, 'npm could not install the engine');
}

// One major version's libraries alone decide which of its two builds the engine takes.
function libraries(folder, major) {
  const chosen = path.join(folder, `cuda-${major}`);
  fs.mkdirSync(chosen);
  for (const name of [`libcudart.so.${major}`, `libcublas.so.${major}`, 'libcuda.so.1']) {
    fs.symlinkSync(path.join(standIn, name), path.join(chosen, name));
  }
  return chosen;
}

function run(folder, library, part, scenario) {
  const child = spawnSync(
    process.execPath,
    [path.join(root, 'test', 'llama', 'scenario-run.mjs'), folder, part, cache],
    {
      encoding: 'utf8',
      timeout: 120_000,
      env: {
        ...process.env,
        LD_LIBRARY_PATH: library,
        GGML_NO_BACKTRACE: '1',
        GPU_EXCEPTIONS_MOCK_SCENARIO: JSON.stringify(scenario),
      },
    },
  );
  const line = child.stdout.split('\n').find((each) => each.startsWith('RESULT '));
  return { ...child, result: line === undefined ? null : JSON.parse(line.slice(7)) };
}

const plainError = (message) => ({
  message,
  name: 'Error',
  constructor: 'Error',
  insufficient: false,
  ownKeys: ['message', 'stack'],
});

function outOfMemory(mebibytes, bytes) {
  return [
    `ggml_backend_cuda_buffer_type_alloc_buffer: allocating ${mebibytes} MiB on device 0: cudaMalloc failed: out of memory`,
    `alloc_tensor_range: failed to allocate CUDA0 buffer of size ${bytes}`,
  ];
}

const total = 1024 * MIB;
const overhead = 100 * MIB;
const device = {
  name: 'NVIDIA L4',
  computeCapability: '8.9',
  memoryBytes: total,
  reservedBytes: 0,
};
const scenario = { devices: [device], contextOverheadBytes: overhead };
const atRest = { total, used: overhead, free: total - overhead, unifiedSize: 0 };

const steps = {
  'a model loads, evaluates, does not fit, and leaves nothing behind'({ folder, library }) {
    const { result, stderr, status } = run(folder, library, 'whole', scenario);
    assert.ok(result !== null, stderr);
    assert.equal(status, 0, stderr);
    assert.equal(result.gpu, 'cuda');
    assert.deepEqual(result.devices, ['NVIDIA L4']);
    assert.deepEqual(result.before, atRest);
    assert.ok(result.loaded.used > atRest.used, 'the weights take memory');
    assert.ok(result.withContext.used > result.loaded.used, 'the context takes memory');
    assert.equal(result.evaluated, true);
    assert.deepEqual(result.disposed, atRest);

    // Its own estimate; nothing is allocated.
    assert.deepEqual(result.estimate, {
      ...plainError('Not enough VRAM to fit the model with the specified settings'),
      constructor: 'InsufficientMemoryError',
      insufficient: true,
    });
    // A real cudaMalloc.
    assert.deepEqual(result.real, plainError('Failed to load model'));
    assert.deepEqual(
      result.lines.map(({ message }) => message),
      [
        ...outOfMemory('1538.26', 1612981248),
        'llama_model_load: error loading model: unable to allocate CUDA0 buffer',
        'llama_model_load_from_file_impl: failed to load model',
      ],
    );
    assert.deepEqual(result.afterFailure, atRest);

    assert.deepEqual(result.hugeContext, plainError('Failed to create context'));
    assert.deepEqual(
      result.contextLines.map(({ message }) => message),
      [
        ...outOfMemory('1024.00', 1073741824),
        'llama_init_from_model: failed to initialize the context: failed to allocate buffer for kv cache',
      ],
    );
    assert.equal(result.smallContext, null, 'a smaller one works afterwards');
    assert.deepEqual(result.after, atRest);
  },

  'two devices are listed by name, with the memory of both'({ folder, library }) {
    const second = { ...device, name: 'NVIDIA T4', computeCapability: '7.5' };
    const { result, stderr } = run(folder, library, 'list', {
      ...scenario,
      devices: [device, second],
    });
    assert.ok(result !== null, stderr);
    assert.deepEqual(result.devices, ['NVIDIA L4', 'NVIDIA T4']);
    assert.equal(result.before.total, 2 * total);
  },

  'a failing copy aborts the process'({ folder, library }) {
    const rules = [{ library: 'cudart', call: 'cudaMemcpyAsync', code: 'cudaErrorIllegalAddress' }];
    const { result, stderr, signal } = run(folder, library, 'broken', { ...scenario, rules });
    assert.equal(result, null);
    assert.equal(signal, 'SIGABRT', stderr);
    assert.match(stderr, /ggml-cuda\.cu:\d+: CUDA error/);
  },

  'no device: no binary fits'({ folder, library }) {
    const { result, stderr } = run(folder, library, 'list', { devices: 0 });
    assert.equal(result, null);
    assert.match(stderr, /NoBinaryFoundError/);
  },
};

install();
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gpu-exceptions-llama-'));
// The libraries look for their engine one folder up.
const engine = 'libgpu_exceptions_mock.so';
fs.symlinkSync(path.join(standIn, '..', engine), path.join(folder, engine));
let failed = 0;
try {
  writeModel(path.join(folder, 'tiny.gguf'));
  writeModel(path.join(folder, 'large.gguf'), {
    blocks: 2,
    width: 256,
    feedForward: 262144,
    sparse: true,
  });
  for (const major of values.cuda === undefined ? ['13', '12'] : [values.cuda]) {
    const library = libraries(folder, major);
    for (const [title, step] of Object.entries(steps)) {
      try {
        step({ folder, library });
        console.log(`ok: CUDA ${major}: ${title}`);
      } catch (error) {
        failed += 1;
        console.error(`FAILED: CUDA ${major}: ${title}\n${error.stack}`);
      }
    }
  }
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
