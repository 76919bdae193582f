'use strict';
// Does anything grow? A million readings, a hundred thousand failures and a million small operations
// in one stream on the stand-in; and how the cost of a probe and of a judgement depends on the number
// of devices and of workers.

const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const load = (name) => require(path.join(root, 'dist', name, 'index.js'));
const cuda = load('cuda');
const { classifyGpuFailure } = require(path.join(root, 'dist', 'index.js'));
const { useMock } = load('mock');

const MiB = 2 ** 20;
const MOST_MIB = 5;
/** A ratio that is called linear: twice the work for each may cost up to so much more. */
const MOST_RATIO = 1.6;

if (!isMainThread) {
  const { calls } = workerData;
  // Until it is compiled, for which eight workers would compete, too: that is no cost of the probe.
  for (let i = 0; i < 50_000; i += 1) cuda.deviceMemory(0);
  parentPort.postMessage('ready');
  parentPort.once('message', () => {
    parentPort.postMessage(time(() => repeat(calls, () => cuda.deviceMemory(0))));
  });
} else {
  void main();
}

function repeat(count, work) {
  for (let i = 0; i < count; i += 1) work(i);
}

function time(work) {
  const started = performance.now();
  work();
  return performance.now() - started;
}

/** Resident memory after everything that can be collected was. */
function resident() {
  for (let i = 0; i < 4; i += 1) globalThis.gc();
  return process.memoryUsage().rss;
}

function growth(title, count, work) {
  repeat(Math.ceil(count / 5), work); // what is loaded and compiled once belongs to no call
  const before = resident();
  repeat(count, work);
  const grown = (resident() - before) / MiB;
  return verdict(`${title}: ${count} calls, RSS ${grown.toFixed(2)} MiB`, grown < MOST_MIB);
}

function verdict(line, met) {
  console.log(`${met ? 'ok    ' : 'FAILED'}  ${line}`);
  return met;
}

async function workersAtOnce(count, calls) {
  const workers = Array.from(
    { length: count },
    () => new Worker(__filename, { workerData: { calls } }),
  );
  const next = (worker) => new Promise((resolve) => worker.once('message', resolve));
  await Promise.all(workers.map(next));
  const answers = workers.map(next);
  for (const worker of workers) worker.postMessage('go');
  const each = await Promise.all(answers);
  await Promise.all(workers.map((worker) => worker.terminate()));
  return Math.max(...each) / calls;
}

async function bestOf(rounds, measure) {
  let best = Infinity;
  for (let i = 0; i < rounds; i += 1) best = Math.min(best, await measure());
  return best;
}

/** Neither memory nor latency may grow: the last tenth costs what the first ones did. */
async function smallOperations(count) {
  const stream = new cuda.Stream();
  const buffer = cuda.alloc(4096);
  const bytes = new Uint8Array(64);
  const batch = 100;
  const tenths = [];
  const memory = [];
  for (let tenth = 0; tenth < 10; tenth += 1) {
    const started = performance.now();
    for (let done = 0; done < count / 10; done += batch) {
      const work = [];
      for (let i = 0; i < batch; i += 2) {
        work.push(buffer.write(bytes, { stream }), buffer.fill(i & 0xff, { stream }));
      }
      await Promise.all(work);
    }
    tenths.push(((performance.now() - started) / (count / 10)) * 1000);
    memory.push(resident() / MiB);
  }
  buffer.free();
  stream.dispose();
  // The first tenths load, compile and fill what is kept.
  const grown = memory[9] - memory[4];
  const slower = Math.min(...tenths.slice(7)) / Math.min(...tenths.slice(0, 3));
  return verdict(
    `small operations: ${count} in one stream, ${tenths.map((us) => us.toFixed(2)).join(', ')} µs each, RSS ${grown.toFixed(2)} MiB`,
    grown < MOST_MIB && slower < MOST_RATIO,
  );
}

async function main() {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
  const results = [];
  useMock({ devices: 1 });
  results.push(growth('deviceMemory', 1_000_000, () => cuda.deviceMemory(0)));

  useMock({ rules: [{ library: 'cudart', call: 'cudaMalloc', code: 2 }] });
  results.push(
    growth('failures', 100_000, () => {
      try {
        cuda.alloc(1024);
      } catch (error) {
        if (error.name !== 'CUDAOutOfMemoryException') throw error;
      }
    }),
  );

  useMock({ devices: 1 });
  results.push(await smallOperations(1_000_000));

  const perDevice = [1, 8, 64].map((count) => {
    useMock({ devices: count });
    repeat(20, () => cuda.devices());
    const rounds = Math.ceil(2000 / count);
    return (time(() => repeat(rounds, () => cuda.devices())) / rounds / count) * 1000;
  });
  results.push(
    verdict(
      `devices(): ${perDevice.map((us) => us.toFixed(1)).join(', ')} µs a device with 1, 8, 64`,
      perDevice[2] <= perDevice[0] * MOST_RATIO,
    ),
  );

  const judged = [1, 8, 64].map((count) => {
    useMock({ devices: count });
    const errors = Array.from(
      { length: 20_000 },
      (_, i) => new Error(`CUDA error: out of memory on device ${i % count}, request ${i}`),
    );
    return (time(() => errors.forEach((error) => classifyGpuFailure(error))) / 20_000) * 1000;
  });
  results.push(
    verdict(
      `classifyGpuFailure(): ${judged.map((us) => us.toFixed(2)).join(', ')} µs with 1, 8, 64 devices`,
      judged[2] <= judged[0] * MOST_RATIO,
    ),
  );

  useMock({ devices: 1 });
  const calls = 200_000;
  // The best of some: what else the machine does can only add.
  const alone = await bestOf(5, () => workersAtOnce(1, calls));
  const eight = await bestOf(5, () => workersAtOnce(8, calls));
  // Eight workers share the cores there are; beyond that nothing may be added.
  const share = Math.max(1, 8 / require('node:os').availableParallelism());
  results.push(
    verdict(
      `deviceMemory in workers: ${(alone * 1e6).toFixed(0)} ns alone, ${(eight * 1e6).toFixed(0)} ns with 8 (cores shared by ${share})`,
      eight <= alone * share * MOST_RATIO,
    ),
  );
  process.exitCode = results.every(Boolean) ? 0 : 1;
}
