'use strict';
// c = a + b on the GPU, from source to result.
//
//   node vector-add.cjs              on a GPU
//   GPU_EXCEPTIONS_BACKEND=mock node vector-add.cjs

const { alloc, compile, loadModule } = require('gpu-exceptions/cuda');
const { onStandIn } = require('./stand-in.cjs');

const SOURCE = `
extern "C" __global__ void add(const float* a, const float* b, float* c, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) c[i] = a[i] + b[i];
}`;

onStandIn((mock) =>
  mock.kernel('add', ['f32*', 'f32*', 'f32*', 'i32'], (launch, a, b, c, n) => {
    for (let i = 0; i < Math.min(launch.threads, n); ++i) c[i] = a[i] + b[i];
  }),
);

async function main() {
  const n = 1000;
  const a = Float32Array.from({ length: n }, (_, i) => i);
  const b = Float32Array.from({ length: n }, (_, i) => 2 * i);

  const kernel = loadModule(await compile(SOURCE)).kernel('add');
  const [da, db, dc] = [a, b, a].map(({ byteLength }) => alloc(byteLength));
  await Promise.all([da.write(a), db.write(b)]);
  kernel.launch({ grid: Math.ceil(n / 256), block: 256 }, da, db, dc, n);
  const c = await dc.read({ as: Float32Array });
  for (const buffer of [da, db, dc]) buffer.free();

  const wrong = c.findIndex((value, i) => value !== a[i] + b[i]);
  if (wrong !== -1) throw new Error(`c[${wrong}] is ${c[wrong]}`);
  console.log(`${n} sums are right; the last is ${c[n - 1]}`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
