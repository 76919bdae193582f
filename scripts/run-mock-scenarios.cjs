'use strict';
// Every preset on several boards, each in a process of its own: what NVML, the driver and the runtime
// answer. Prints a table; fails where an answer is not the one that docs/mock.md promises.

const { execFile } = require('node:child_process');
const os = require('node:os');
const path = require('node:path');

const library = path.resolve(__dirname, '../build/Release/libgpu_exceptions_mock.so');
const BOARDS = ['t4', 'a100-80gb', 'h100:2', 'rtx-4090'];
const HANGS_AFTER_MS = 3000;

const poisoned = (code) => `0 0 ${code}`;
// What NVML's start and look-up, the driver's context and a cudaMalloc of 1 GiB answer.
const EXPECTED = {
  'out-of-memory': '0 0 2',
  fragmentation: '0 0 2',
  'contained-error': poisoned(226),
  'illegal-address': poisoned(700),
  'launch-timeout': poisoned(702),
  assert: poisoned(710),
  'hardware-stack-error': poisoned(714),
  'illegal-instruction': poisoned(715),
  'misaligned-address': poisoned(716),
  'invalid-address-space': poisoned(717),
  'invalid-pc': poisoned(718),
  'launch-failure': poisoned(719),
  'tensor-memory-leak': poisoned(721),
  'mps-client-terminated': poisoned(810),
  'external-device': poisoned(911),
  'device-lost': '15 999 999',
  'fallen-off-the-bus': '15 999 999',
  'ecc-uncorrectable': '0 0 214',
  'row-remap-failure': '0 0 214',
  'reset-required': '16 46 46',
  'exclusive-mode-busy': '0 46 46',
  'no-permission': '4 800 800',
  'driver-not-loaded': '9 100 35',
  'driver-too-old': '0 0 35',
  'version-mismatch': '18 803 803',
  'no-device': '2 100 100',
  'system-not-ready': '0 802 802',
  'nvml-hang': 'hangs',
  'init-fails-twice': '9 802 802',
};

const PROBE = `
  const lib = require(${JSON.stringify(require.resolve('koffi'))}).load(process.argv[1]);
  const call = (name, types, ...values) => lib.func(name, 'int', types)(...values);
  const handle = Buffer.alloc(8);
  const nvml =
    call('nvmlInit_v2', []) ||
    call('nvmlDeviceGetHandleByIndex_v2', ['uint', 'void *'], 0, handle) ||
    call('nvmlDeviceGetMemoryInfo', ['uint64', 'void *'], handle.readBigUInt64LE(), Buffer.alloc(24));
  const cuda =
    call('cuInit', ['uint'], 0) ||
    call('cuDevicePrimaryCtxRetain', ['void *', 'int'], Buffer.alloc(8), 0);
  console.log(nvml, cuda, call('cudaMalloc', ['void *', 'size_t'], Buffer.alloc(8), 2 ** 30));`;

function run(preset, board) {
  const scenario = JSON.stringify({ devices: board, presets: [preset] });
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['-e', PROBE, library],
      {
        timeout: preset === 'nvml-hang' ? HANGS_AFTER_MS : 30_000,
        killSignal: 'SIGKILL',
        env: { ...process.env, GPU_EXCEPTIONS_MOCK_SCENARIO: scenario },
      },
      (error, stdout) => resolve(error?.killed ? 'hangs' : stdout.trim()),
    );
  });
}

async function main() {
  const started = Date.now();
  const jobs = Object.keys(EXPECTED).flatMap((preset) => BOARDS.map((board) => [preset, board]));
  const queue = jobs.entries();
  const answers = [];
  const work = async () => {
    for (const [i, [preset, board]] of queue) answers[i] = await run(preset, board);
  };
  await Promise.all(Array.from({ length: Math.max(2, os.availableParallelism()) }, work));

  let wrong = 0;
  console.log(`${'preset'.padEnd(24)}${'board'.padEnd(12)}NVML driver runtime`);
  for (const [i, [preset, board]] of jobs.entries()) {
    const right = answers[i] === EXPECTED[preset];
    if (!right) wrong++;
    const note = right ? '' : `   WRONG, promised ${EXPECTED[preset]}`;
    console.log(`${preset.padEnd(24)}${board.padEnd(12)}${answers[i]}${note}`);
  }
  const seconds = (Date.now() - started) / 1000;
  console.log(`\n${jobs.length} scenarios, ${wrong} wrong, ${seconds.toFixed(1)} s`);
  process.exitCode = wrong === 0 && seconds < 60 ? 0 : 1;
}

void main();
