'use strict';
// How the cost of a probe, of a judgement and of a guarded failure depends on the number of devices and
// of workers. Each answer is checked, so that what was not done cannot be fast.

const assert = require('node:assert');
const os = require('node:os');
const path = require('node:path');
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
const { MOST_RATIO, bestOf, repeat, short, time, verdict } = require('./measure.cjs');

const root = path.resolve(__dirname, '..', '..');
const { catchGpuExceptions, classifyGpuFailure } = require(path.join(root, 'dist', 'index.js'));
const cuda = require(path.join(root, 'dist', 'cuda', 'index.js'));
const { useMock } = require(path.join(root, 'dist', 'mock', 'index.js'));

const DEVICES = [1, 8, 64];
const ROUNDS = 5;

/** Distinct messages as PyTorch writes them, each of which names one of so many devices. */
function messages(count, devices) {
  return Array.from(
    { length: count },
    (_, i) =>
      `CUDA out of memory. Tried to allocate ${i + 2}.00 MiB. GPU ${i % devices} has a total capacity of 23.69 GiB`,
  );
}

/** The same as errors, without the stacks, which are no part of a judgement. */
function errorsOf(count, devices) {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const errors = messages(count, devices).map((text) => new Error(text));
  Error.stackTraceLimit = limit;
  return errors;
}

function judge(errors, devices) {
  errors.forEach((error, i) => assert.equal(classifyGpuFailure(error)?.device, i % devices));
}

/**
 * What a worker is timed at, by name: prepared, then done `count` times. It is done often before, until
 * it is compiled, for which eight workers would compete, too: that is no cost of the call.
 */
const WORK = {
  deviceMemory(count) {
    repeat(50_000, () => cuda.deviceMemory(0));
    return () => repeat(count, () => cuda.deviceMemory(0));
  },
  classifyGpuFailure(count) {
    judge(errorsOf(count, 8), 8);
    const errors = errorsOf(count, 8);
    return () => judge(errors, 8);
  },
};

if (!isMainThread) {
  const { name, count } = workerData;
  const work = WORK[name](count);
  parentPort.postMessage('ready');
  parentPort.once('message', () => parentPort.postMessage(time(work)));
}

/** Nanoseconds a call, in the slowest of so many workers that begin together. */
async function workersAtOnce(workers, name, count) {
  const all = Array.from(
    { length: workers },
    () => new Worker(__filename, { workerData: { name, count }, argv: process.argv.slice(2) }),
  );
  const next = (worker) =>
    new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  await Promise.all(all.map(next));
  const answers = all.map(next);
  for (const worker of all) worker.postMessage('go');
  const each = await Promise.all(answers);
  await Promise.all(all.map((worker) => worker.terminate()));
  return (Math.max(...each) / count) * 1e6;
}

/**
 * One worker and eight, one after the other, some times. What else the machine does takes of both; the
 * pair of which it took alike is the one with the smallest ratio.
 */
async function byWorkers(name, count) {
  useMock({ devices: 1 });
  const pairs = [];
  for (let i = 0; i < ROUNDS; i += 1) {
    pairs.push([await workersAtOnce(1, name, count), await workersAtOnce(8, name, count)]);
  }
  const [alone, eight] = pairs.reduce((a, b) => (b[1] / b[0] < a[1] / a[0] ? b : a));
  // Eight workers share the cores there are; beyond that nothing may be added.
  const share = Math.max(1, 8 / os.availableParallelism());
  return verdict(
    `${name} in workers: ${alone.toFixed(0)} ns alone, ${eight.toFixed(0)} ns with 8 (cores shared by ${share})`,
    eight <= alone * share * MOST_RATIO,
  );
}

/** `measure(count)` answers microseconds for one, on the stand-in with `count` devices. */
async function byDevices(title, measure) {
  useMock({ devices: 1 });
  await bestOf(ROUNDS, () => measure(1)); // until it is compiled
  const each = [];
  for (const count of DEVICES) {
    useMock({ devices: count });
    each.push(await bestOf(ROUNDS, () => measure(count)));
  }
  return verdict(
    `${title}: ${each.map((us) => us.toFixed(2)).join(', ')} µs with ${DEVICES.join(', ')} devices`,
    Math.max(...each) <= each[0] * MOST_RATIO,
  );
}

/** Of each device in turn, as an error that names it asks for. */
async function guarded(devices) {
  const count = short ? 640 : 2560;
  const errors = errorsOf(count, devices);
  const failing = async (error) => {
    throw error;
  };
  const started = performance.now();
  for (const [i, error] of errors.entries()) {
    const { failure } = await catchGpuExceptions(() => failing(error)).catch((thrown) => thrown);
    assert.equal(failure.device, i % devices);
    assert.ok(failure.memory?.total > 0, 'the probe answered nothing');
  }
  return ((performance.now() - started) / count) * 1000;
}

async function costs() {
  const rounds = short ? 500 : 2000;
  return [
    await byDevices('devices(), for each', (count) => {
      const often = Math.ceil(rounds / count);
      repeat(20, () => assert.equal(cuda.devices().length, count));
      return (time(() => repeat(often, () => cuda.devices())) / often / count) * 1000;
    }),
    await byDevices('deviceMemory(), of each in turn', (count) => {
      const often = rounds * 50;
      repeat(count, (i) => assert.ok(cuda.deviceMemory(i).total > 0));
      return (time(() => repeat(often, (i) => cuda.deviceMemory(i % count))) / often) * 1000;
    }),
    await byDevices('a guarded failure with its probe', guarded),
    await byDevices('classifyGpuFailure(), naming one', (count) => {
      const errors = errorsOf(rounds * 5, count);
      return (time(() => judge(errors, count)) / errors.length) * 1000;
    }),
    // How long eight threads take on a few cores depends on what else runs there.
    ...(short ? [] : [await byWorkers('deviceMemory', 200_000)]),
    ...(short ? [] : [await byWorkers('classifyGpuFailure', 20_000)]),
  ];
}

module.exports = { costs };
