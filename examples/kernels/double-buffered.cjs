'use strict';
// Copies and kernels that overlap: two streams, each with its own buffer. While one part is computed,
// the next one is on its way.

const { Stream, alloc, compile, loadModule } = require('gpu-exceptions/cuda');
const { onStandIn } = require('./stand-in.cjs');

const PART = 4096; // floats
const SOURCE = `
extern "C" __global__ void square(float* values, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) values[i] *= values[i];
}`;

onStandIn((mock) =>
  mock.kernel('square', ['f32*', 'i32'], (_, values, n) => {
    for (let i = 0; i < n; ++i) values[i] *= values[i];
  }),
);

async function main() {
  const kernel = loadModule(await compile(SOURCE)).kernel('square');
  const parts = Array.from({ length: 8 }, (_, part) =>
    Float32Array.from({ length: PART }, (_, i) => part + i / PART),
  );
  // Nothing waits for the default stream; within a stream all keeps its order.
  const lanes = [0, 1].map(() => ({
    stream: new Stream({ nonBlocking: true }),
    buffer: alloc(PART * 4),
  }));

  const results = parts.map((part, index) => {
    const { stream, buffer } = lanes[index % 2];
    // No `await`: each of these puts work into the stream, behind what is there.
    const written = buffer.write(part, { stream });
    kernel.launch({ grid: PART / 256, block: 256, stream }, buffer, PART);
    const read = buffer.read({ as: Float32Array, stream });
    return Promise.all([read, written]).then(([values]) => values);
  });

  let wrong = 0;
  for (const [index, values] of (await Promise.all(results)).entries()) {
    wrong += values.filter((value, i) => value !== Math.fround(parts[index][i] ** 2)).length;
  }
  for (const { stream, buffer } of lanes) {
    buffer.free();
    stream.dispose();
  }
  if (wrong > 0) throw new Error(`${wrong} values are wrong`);
  console.log(`${parts.length} parts of ${PART} squares are right`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
