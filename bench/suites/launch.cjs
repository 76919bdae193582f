'use strict';
// A launch from JavaScript, checked and typed, against the thinnest addon that makes the same call.

const cuda = require('gpu-exceptions/cuda');
const { useMock } = require('gpu-exceptions/mock');
const { compare } = require('../lib/compare.cjs');
const { thinAddon } = require('../lib/thin.cjs');

const SOURCE = 'extern "C" __global__ void saxpy(int n, float a, const float* x, float* y) {}';

module.exports = async function launch() {
  useMock({ devices: 1 });
  const { ptx } = await cuda.compile(SOURCE);
  const kernel = cuda.loadModule(ptx).kernel('saxpy');
  const [x, y] = [cuda.alloc(4096), cuda.alloc(4096)];
  await cuda.synchronize();

  const thin = thinAddon();
  thin.openKernel(cuda.libraries().find((each) => each.library === 'cuda').path, ptx, 'saxpy');
  const [px, py] = [Number(x.address), Number(y.address)];

  await compare({
    title: 'kernel.launch() against the thinnest Node-API call of the same function',
    baseline: ['thin addon', () => thin.launch(4, 256, 1024, 2, px, py)],
    subject: ['kernel.launch', () => kernel.launch({ grid: 4, block: 256 }, 1024, 2, x, y)],
    bar: { ratio: 2 },
  });
};
