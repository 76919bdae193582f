'use strict';
// GPU work through buffers, against the thinnest addon that makes the same calls, on the stand-in.

const path = require('node:path');
const cuda = require('gpu-exceptions/cuda');
const { useMock } = require('gpu-exceptions/mock');
const { compare, figure } = require('../lib/compare.cjs');
const { inFreshProcess } = require('../lib/process.cjs');
const { thinAddon } = require('../lib/thin.cjs');

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
  copies();
  heap();
};

/**
 * Copies of 256 MiB. How fast memory is depends on the pages that a process happens to get, by a fifth:
 * so it is asked of several processes.
 */
function copies() {
  const runs = Array.from({ length: 5 }, () =>
    JSON.parse(inFreshProcess(['--expose-gc', path.join(__dirname, '..', 'lib', 'copies.cjs')])),
  );
  for (const [i, { title, barred }] of runs[0].entries()) {
    figure({
      title,
      values: runs.map((run) => run[i].share),
      unit: '% of memcpy',
      ...(barred ? { atLeast: 90 } : {}),
    });
  }
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
  const values = [1, 2, 3].map(() => Number(inFreshProcess(['--expose-gc', '-e', script])));
  figure({ title: '10,000 buffers alive, each', values, unit: 'bytes of JS heap', atMost: 200 });
}
