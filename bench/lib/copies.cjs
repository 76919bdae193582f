'use strict';
// Prints, as JSON, how fast each copy of 256 MiB between host and device is, as a share of a plain
// memcpy of the same bytes between the same places. Needs --expose-gc.

const cuda = require('gpu-exceptions/cuda');
const { useMock } = require('gpu-exceptions/mock');
const { thinAddon } = require('./thin.cjs');

const SIZE = 256 * 2 ** 20;
const ROUNDS = 6;

const filled = (memory) => new Uint8Array(memory).fill(1);

/** Milliseconds of `work`, which may be a promise. */
async function time(work) {
  // What earlier rounds have left behind is not to be unmapped while this one is measured.
  gc();
  gc();
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** In percent, of the best of each: what else the machine does only ever adds. */
async function share({ baseline, work, prepare = () => undefined }) {
  const best = { baseline: Infinity, work: Infinity };
  for (let round = 0; round < ROUNDS; round += 1) {
    prepare();
    best.baseline = Math.min(best.baseline, await time(baseline));
    best.work = Math.min(best.work, await time(work));
  }
  return (best.baseline / best.work) * 100;
}

async function main() {
  useMock({ devices: 1 });
  const { memcpy } = thinAddon();
  const buffer = cuda.alloc(SIZE);
  const device = buffer.address;
  const shared = filled(new SharedArrayBuffer(SIZE));
  const pinned = filled(cuda.alloc(SIZE, { host: 'pinned' }));
  const plain = filled(SIZE);
  let given;

  const to = (source) => () => memcpy(device, source, SIZE);
  const from = (target) => () => memcpy(target, device, SIZE);
  const copies = [
    {
      title: 'write from a SharedArrayBuffer',
      baseline: to(shared),
      work: () => buffer.write(shared),
    },
    {
      title: 'write from pinned memory',
      baseline: to(pinned),
      work: () => buffer.write(pinned),
    },
    {
      title: 'readInto a SharedArrayBuffer',
      baseline: from(shared),
      work: () => buffer.readInto(shared),
    },
    {
      title: 'readInto pinned memory',
      baseline: from(pinned),
      work: () => buffer.readInto(pinned),
    },
    {
      title: 'read into new memory',
      baseline: () => memcpy(new Uint8Array(SIZE), device, SIZE),
      work: () => buffer.read(),
    },
    {
      title: 'write with transfer',
      prepare: () => (given = filled(SIZE)),
      baseline: () => memcpy(device, given, SIZE),
      work: () => buffer.write(given, { transfer: true }),
    },
    {
      // Its owner may detach it at any time: so the loop copies it first.
      title: 'write from plain memory',
      barred: false,
      baseline: to(plain),
      work: () => buffer.write(plain),
    },
  ];
  const shares = [];
  for (const { title, barred = true, ...copy } of copies) {
    shares.push({ title: `${title}, 256 MiB`, barred, share: await share(copy) });
  }
  console.log(JSON.stringify(shares));
}

main();
