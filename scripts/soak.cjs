'use strict';
// Does anything grow? A million readings, a hundred thousand failures and a million small operations
// in one stream on the stand-in; and how the cost of a probe and of a judgement depends on the number
// of devices and of workers. `--short`: some seconds of it, see soak/measure.cjs.

const path = require('node:path');
const { costs } = require('./soak/costs.cjs');
const {
  MOST_MIB,
  MOST_RATIO,
  MiB,
  repeat,
  resident,
  short,
  verdict,
} = require('./soak/measure.cjs');

const root = path.resolve(__dirname, '..');
const load = (name) => require(path.join(root, 'dist', name, 'index.js'));
const cuda = load('cuda');
const { useMock } = load('mock');

function growth(title, count, work) {
  repeat(Math.ceil(count / 5), work); // what is loaded and compiled once belongs to no call
  const before = resident();
  repeat(count, work);
  const grown = (resident() - before) / MiB;
  return verdict(`${title}: ${count} calls, RSS ${grown.toFixed(2)} MiB`, grown < MOST_MIB);
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
  results.push(await smallOperations(short ? 50_000 : 1_000_000));
  results.push(...(await costs()));
  process.exitCode = results.every(Boolean) ? 0 : 1;
}

void main();
