'use strict';
const { figure } = require('../lib/compare.cjs');
const { inFreshProcess } = require('../lib/process.cjs');

module.exports = async function startUp() {
  const runs = Array.from({ length: 15 }, () =>
    JSON.parse(
      inFreshProcess([
        '-e',
        `
      const started = performance.now();
      const { catchGpuExceptions } = require('gpu-exceptions');
      const imported = performance.now();
      const files = Object.keys(require.cache).length;
      const addons = Object.keys(require.cache).filter((file) => file.endsWith('.node')).length;
      const fail = catchGpuExceptions.wrap(() => { throw new Error('CUDA error: out of memory'); }, { probe: false });
      const before = performance.now();
      try { fail(); } catch {}
      console.log(JSON.stringify({
        importMs: imported - started, files, addons, firstFailureMs: performance.now() - before,
      }));
    `,
      ]),
    ),
  );
  const column = (name) => runs.map((run) => run[name]);
  figure({
    title: "require('gpu-exceptions'): files",
    values: column('files'),
    unit: 'files',
    atMost: 10,
  });
  figure({
    title: "require('gpu-exceptions'): addons loaded",
    values: column('addons'),
    unit: 'addons',
    atMost: 0,
  });
  figure({
    title: "require('gpu-exceptions'): time",
    values: column('importMs'),
    unit: 'ms',
    atMost: 10,
  });
  figure({
    title: 'the first failure (rules and tables load)',
    values: column('firstFailureMs'),
    unit: 'ms',
    atMost: 40,
  });
};
