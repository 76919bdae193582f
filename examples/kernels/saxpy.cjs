'use strict';
// y = a * x + y for two types, from one template; and what a mistake in the source looks like.

const {
  KernelCompileError,
  alloc,
  compile,
  f32,
  f64,
  i32,
  loadModule,
} = require('gpu-exceptions/cuda');
const { onStandIn } = require('./stand-in.cjs');

const SOURCE = `
template <typename T>
__global__ void saxpy(int n, T a, const T* x, T* y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = a * x[i] + y[i];
}`;
const EXPRESSIONS = ['saxpy<float>', 'saxpy<double>'];

async function main() {
  const program = await compile(SOURCE, { name: 'saxpy.cu', nameExpressions: EXPRESSIONS });
  const [single, double] = EXPRESSIONS.map((each) => program.loweredNames[each]);
  onStandIn((mock) => {
    const body = (_, n, a, x, y) => {
      for (let i = 0; i < n; ++i) y[i] = a * x[i] + y[i];
    };
    mock.kernel(single, ['i32', 'f32', 'f32*', 'f32*'], body);
    mock.kernel(double, ['i32', 'f64', 'f64*', 'f64*'], body);
  });

  const loaded = loadModule(program);
  await run(loaded.kernel(single), Float32Array, f32(2));
  await run(loaded.kernel(double), Float64Array, f64(2));
  loaded.unload();

  try {
    const broken = SOURCE.replace('+ y[i];', '+ y[i]');
    await compile(broken, { name: 'saxpy.cu', nameExpressions: EXPRESSIONS });
  } catch (error) {
    if (!(error instanceof KernelCompileError)) throw error;
    console.log(`line ${error.line}: ${error.messages[0].text}`);
  }
}

async function run(kernel, Numbers, a) {
  const n = 512;
  const { blocksPerMultiprocessor } = kernel.occupancy({ block: 128 });
  if (blocksPerMultiprocessor === 0) throw new Error('no block of 128 threads fits');
  const x = alloc(n * Numbers.BYTES_PER_ELEMENT);
  const y = alloc(n * Numbers.BYTES_PER_ELEMENT);
  try {
    await x.write(Numbers.from({ length: n }, (_, i) => i));
    await y.write(new Numbers(n).fill(1));
    kernel.launch({ grid: n / 128, block: 128 }, i32(n), a, x, y);
    const result = await y.read({ as: Numbers });
    console.log(`${Numbers.name}: y[3] = ${result[3]}, y[${n - 1}] = ${result[n - 1]}`);
  } finally {
    x.free();
    y.free();
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
