'use strict';
// Inference in batches that become smaller when the GPU's memory does not suffice, and stay so.

const { alloc, compile, loadModule } = require('gpu-exceptions/cuda');
const { CUDAOutOfMemoryException } = require('gpu-exceptions');
const { onStandIn } = require('./stand-in.cjs');

const WIDTH = 1 << 20; // floats for each item
const SOURCE = `
extern "C" __global__ void score(const float* items, float* scores, int width, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) scores[i] = items[(long long)i * width] + 1.0f;
}`;

onStandIn(
  (mock) =>
    mock.kernel('score', ['f32*', 'f32*', 'i32', 'i32'], (_, items, scores, width, count) => {
      for (let i = 0; i < count; ++i) scores[i] = items[i * width] + 1;
    }),
  // A board on which a batch of 64 does not fit.
  { devices: [{ memoryBytes: 640 * 2 ** 20 }] },
);

/** The scores of `items`, one batch after the other. */
async function infer(kernel, items) {
  const scores = [];
  let batch = items.length;
  while (scores.length < items.length) {
    const now = items.slice(scores.length, scores.length + batch);
    try {
      scores.push(...(await inferBatch(kernel, now)));
    } catch (error) {
      if (!(error instanceof CUDAOutOfMemoryException) || batch === 1) throw error;
      const { requestedBytes, memory } = error.failure;
      batch = Math.ceil(batch / 2);
      const mib = (bytes) => Math.floor(bytes / 2 ** 20);
      console.log(
        `${mib(requestedBytes)} MiB asked, ${mib(memory.free)} MiB free: batches of ${batch}`,
      );
    }
  }
  return scores;
}

async function inferBatch(kernel, items) {
  const input = alloc(items.length * WIDTH * 4);
  try {
    const output = alloc(items.length * 4);
    try {
      for (const [i, item] of items.entries()) {
        await input.write(Float32Array.of(item), { offset: i * WIDTH * 4 });
      }
      kernel.launch({ grid: 1, block: 256 }, input, output, WIDTH, items.length);
      return await output.read({ as: Float32Array });
    } finally {
      output.free();
    }
  } finally {
    input.free();
  }
}

async function main() {
  const kernel = loadModule(await compile(SOURCE)).kernel('score');
  const items = Array.from({ length: 200 }, (_, i) => i);
  const scores = await infer(kernel, items);
  if (scores.some((score, i) => score !== i + 1)) throw new Error('a score is wrong');
  console.log(`${scores.length} scores are right`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
