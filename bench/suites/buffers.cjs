'use strict';
// GPU work through buffers, against the thinnest addon that makes the same calls, on the stand-in.

const { spawnSync } = require('node:child_process');
const cuda = require('gpu-exceptions/cuda');
const { useMock } = require('gpu-exceptions/mock');
const { compare, figure } = require('../lib/compare.cjs');
const { thinAddon } = require('../lib/thin.cjs');

const MiB = 2 ** 20;
const SIZE = 256 * MiB;

module.exports = async function buffers() {
  useMock({ devices: 1 });
  const thin = thinAddon();
  thin.openCudart(cuda.libraries().find((each) => each.library === 'cudart').path);

  await compare({
    title: 'alloc(256).free() against the thinnest Node-API calls of the same functions',
    baseline: ['thin addon', () => thin.free(thin.malloc(256))],
    subject: ['cuda.alloc', () => cuda.alloc(256).free()],
    bar: { ratio: 1.5 },
  });
  await copies(thin);
  heap();
};

/** Milliseconds of `work`, which may be a promise. */
async function time(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function copies(thin) {
  const buffer = cuda.alloc(SIZE);
  const filled = (memory) => new Uint8Array(memory).fill(1);
  const plain = filled(SIZE);
  const target = filled(SIZE);
  const shared = filled(new SharedArrayBuffer(SIZE));
  const pinned = filled(cuda.alloc(SIZE, { host: 'pinned' }));
  const copy = () => thin.memcpy(target, plain);
  const copyToNew = () => thin.memcpy(new Uint8Array(SIZE), plain);
  let given = filled(SIZE);

  /**
   * How fast `work` is as a share of `baseline`, both in each round, in turns. The best of each counts:
   * what else the machine does only ever adds.
   */
  const share = async (title, baseline, work, { bar, prepare = () => undefined }) => {
    const best = { baseline: Infinity, work: Infinity };
    for (let round = 0; round < 12; round += 1) {
      prepare();
      best.baseline = Math.min(best.baseline, await time(baseline));
      best.work = Math.min(best.work, await time(work));
    }
    const value = (best.baseline / best.work) * 100;
    if (bar) figure({ title, values: [value], unit: '% of memcpy', atLeast: bar });
    else console.log(`${title}\n    ${value.toFixed(0)} % of memcpy  (no bar)`);
  };

  await share('write, 256 MiB, from a SharedArrayBuffer', copy, () => buffer.write(shared), {
    bar: 90,
  });
  await share('write, 256 MiB, from pinned memory', copy, () => buffer.write(pinned), { bar: 90 });
  await share('readInto, 256 MiB, a SharedArrayBuffer', copy, () => buffer.readInto(shared), {
    bar: 90,
  });
  await share('readInto, 256 MiB, pinned memory', copy, () => buffer.readInto(pinned), { bar: 90 });
  // What `read` answers is new, and so is what its memcpy fills.
  await share('read, 256 MiB, into new memory', copyToNew, () => buffer.read(), { bar: 90 });
  await share(
    'write, 256 MiB, with transfer',
    // Of the same memory: pages that were just filled are slower to read.
    () => thin.memcpy(target, given),
    () => buffer.write(given, { transfer: true }),
    { bar: 90, prepare: () => (given = filled(SIZE)) },
  );
  await share(
    'write, 256 MiB, plain memory, copied by the loop',
    copy,
    () => buffer.write(plain),
    {},
  );
  buffer.free();
}

/** In a process of its own: what others left on the heap would count. */
function heap() {
  const script = `
    const cuda = require('gpu-exceptions/cuda');
    require('gpu-exceptions/mock').useMock({ devices: 1 });
    for (let i = 0; i < 100; i += 1) cuda.alloc(256).free();
    const kept = new Array(10_000).fill(null);
    const used = () => {
      for (let i = 0; i < 5; i += 1) gc();
      return process.memoryUsage().heapUsed;
    };
    const before = used();
    for (let i = 0; i < kept.length; i += 1) kept[i] = cuda.alloc(256);
    console.log((used() - before) / kept.length);
    for (const buffer of kept) buffer.free();`;
  const values = [1, 2, 3].map(() => {
    const { stdout } = spawnSync(process.execPath, ['--expose-gc', '-e', script], {
      cwd: __dirname,
      encoding: 'utf8',
    });
    return Math.round(Number(stdout));
  });
  figure({ title: '10,000 buffers alive, each', values, unit: 'bytes of JS heap', atMost: 200 });
}
