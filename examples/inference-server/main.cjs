'use strict';
// `npm run demo`: starts the server, sends it requests, prints what came back and what the server
// knew about it. Ends by itself; the exit code is 0 only if every answer was the expected one.

const { spawnSync } = require('node:child_process');
const { once } = require('node:events');
const cuda = require('gpu-exceptions/cuda');
const { fatalState } = require('gpu-exceptions');
const { createServer } = require('./server.cjs');

setTimeout(() => {
  console.error('The demo did not end within 20 seconds.');
  process.exit(1);
}, 20_000).unref();

let unexpected = 0;
function check(what, good) {
  console.log(`   ${good ? 'as expected' : 'NOT EXPECTED'}: ${what}`);
  if (!good) unexpected += 1;
}

// Asked in a process of its own: once NVIDIA's libraries are open here, the stand-in is refused.
function hasRealGpu() {
  const script = `process.exit(require('gpu-exceptions/cuda').deviceCount() > 0 ? 0 : 1)`;
  const env = { ...process.env, GPU_EXCEPTIONS_BACKEND: '' };
  return spawnSync(process.execPath, ['-e', script], { cwd: __dirname, env }).status === 0;
}

const evidence = [];
function log(line) {
  evidence.push(line);
  console.log(`   server's side: ${line.replaceAll('\n', '\n                  ')}`);
}

async function main() {
  let mock = null;
  if (hasRealGpu()) {
    console.log('Running on a real GPU.\n');
  } else if (process.env.GPU_EXCEPTIONS_REQUIRE_GPU === '1') {
    throw new Error('GPU_EXCEPTIONS_REQUIRE_GPU is set, and there is no usable GPU here');
  } else {
    const { useMock } = require('gpu-exceptions/mock');
    mock = useMock({ devices: [{ name: 'NVIDIA L4', memoryBytes: 24 * 1024 ** 3 }] });
    console.log('No GPU here: running on the STAND-IN, as one NVIDIA L4 with 24 GiB.\n');
  }

  const server = createServer({ log }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${server.address().port}`;

  async function ask(title, input, headers = {}) {
    console.log(`-- ${title}`);
    const response = await fetch(`${base}/infer`, {
      method: 'POST',
      headers,
      body: JSON.stringify(input),
    });
    const body = await response.json();
    const shown = [...response.headers].filter(([name]) => name.startsWith('x-fal-'));
    console.log(`   ${response.status} ${JSON.stringify(body)}`);
    for (const [name, value] of shown) console.log(`   ${name}: ${value}`);
    return { status: response.status, body, headers: response.headers };
  }

  const healthy = await ask('a healthy request', { megabytes: 256 });
  check('200', healthy.status === 200);

  const { total } = cuda.deviceMemory(0);
  const tooMuch = Math.ceil((total ?? 2 ** 40) / 1024 ** 2) * 2;
  const oversized = await ask('a request larger than the device', { megabytes: tooMuch });
  check(
    "503 with fal's body",
    oversized.status === 503 && oversized.body.detail === 'CUDA error: out of memory',
  );
  check(
    'the runner is kept and the request is not tried again: its input is at fault',
    oversized.headers.get('x-fal-stop-runner') === 'false' &&
      oversized.headers.get('x-fal-needs-retry') === '0',
  );
  check(
    'the evidence names what was asked, free and total, and the device',
    /requestedBytes: \d+/.test(evidence.at(-1)) &&
      /free: \d+/.test(evidence.at(-1)) &&
      /total: \d+/.test(evidence.at(-1)) &&
      /device: 0/.test(evidence.at(-1)),
  );

  const pending = ask(
    'a request that its client cancels',
    { megabytes: 16, milliseconds: 5_000 },
    { 'x-request-id': 'r1' },
  );
  let cancelled = false;
  while (!cancelled) {
    const answer = await fetch(`${base}/requests/r1/cancel`, { method: 'PUT' });
    ({ cancelled } = await answer.json());
  }
  check('499', (await pending).status === 499);

  const wrong = await ask('a request with a wrong field', { megabytes: -1 });
  check("422 with fal's body", wrong.status === 422 && wrong.body.detail[0].loc[1] === 'megabytes');

  if (mock !== null) {
    mock.inject({
      library: 'cudart',
      call: 'cudaMalloc',
      code: 'cudaErrorIllegalAddress',
      times: 1,
    });
    const poisoned = await ask('an illegal address (the context is poisoned from here on)', {
      megabytes: 16,
    });
    check('503', poisoned.status === 503);
    check('the latch is closed', fatalState()?.name === 'cudaErrorIllegalAddress');

    const before = mock.calls('cudaMalloc');
    const refused = await ask('the next request', { megabytes: 16 });
    check(
      'refused with 503, and the GPU was not touched',
      refused.status === 503 && mock.calls('cudaMalloc') === before,
    );
  }

  server.close();
  server.closeAllConnections();
  realRuntime();
  console.log(
    unexpected === 0 ? '\nEvery answer was the expected one.' : `\n${unexpected} not as expected.`,
  );
  process.exitCode = unexpected === 0 ? 0 : 1;
}

// The real CUDA runtime, where a toolkit is installed; without a driver its answer is 35.
function realRuntime() {
  const env = { ...process.env, GPU_EXCEPTIONS_BACKEND: '' };
  const script = require.resolve('./real-runtime.cjs');
  const child = spawnSync(process.execPath, [script], { env, encoding: 'utf8' });
  console.log("-- NVIDIA's own CUDA runtime on this machine");
  process.stdout.write(child.stdout.replace(/^/gm, '   ').trimEnd() + '\n');
  check('it answered, or is not installed', child.status === 0);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
