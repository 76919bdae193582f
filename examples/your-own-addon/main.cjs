'use strict';
// `npm start`: what a caller of the addon sees. Ends with exit code 0 only if all is as expected.

const assert = require('node:assert/strict');
const path = require('node:path');
const {
  catchGpuExceptions,
  CUDAOutOfMemoryException,
  fatalState,
  GPUException,
} = require('gpu-exceptions');
const addon = require('./index.cjs');

const TAG = Symbol.for('gpu-exceptions.tag');
const x = new Float32Array([1, 2, 3]);
const y = new Float32Array([10, 20, 30]);

async function main() {
  console.log('It works, and the guard changes nothing:');
  const sums = catchGpuExceptions(() => addon.saxpySync(2, x, y));
  const later = await catchGpuExceptions(() => addon.saxpy(2, x, y));
  assert.deepEqual([...sums], [12, 24, 36]);
  assert.deepEqual([...later], [12, 24, 36]);
  console.log('  2 * x + y =', [...sums].join(', '));

  console.log('More memory than there is, at once and later:');
  const bytes = 2 ** 50;
  for (const reserve of [async () => addon.reserveSync(bytes), () => addon.reserve(bytes)]) {
    const error = await catchGpuExceptions(reserve).catch((error) => error);
    assert(error instanceof CUDAOutOfMemoryException);
    const { call, device, requestedBytes } = error.failure;
    assert.deepEqual([call, device, requestedBytes], ['cudaMalloc', 0, bytes]);
    const { file, line } = error.cause[TAG];
    assert.equal(path.basename(file), 'addon.cc');
    assert(line > 0);
    console.log(`  ${error.name}: ${error.cause.message.replace(file, path.basename(file))}`);
  }

  console.log('A wrong argument is no failure of the GPU:');
  assert.throws(
    () => catchGpuExceptions(() => addon.saxpySync(2, x, new Float32Array(1))),
    (error) => error.name === 'RangeError',
  );
  assert.deepEqual([...addon.saxpySync(1, x, y)], [11, 22, 33]);

  console.log('A kernel that writes where it must not:');
  const fault = await catchGpuExceptions(() => addon.wildWrite()).catch((error) => error);
  assert(fault instanceof GPUException);
  assert.equal(fault.failure.code, 700);
  assert.equal(fault.failure.restart, 'process');
  assert.equal(fatalState().code, 700);
  console.log(`  ${fault.failure.name} from ${fault.failure.call}: ${fault.failure.remedy}`);

  console.log('From then on nothing is tried any more:');
  assert.throws(
    () => catchGpuExceptions(() => assert.fail('it ran')),
    (refused) => refused instanceof GPUException && refused.cause === fault,
  );
  console.log('all as expected');
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
