'use strict';
// What NVIDIA's own runtime answers here: a device, or why there is none. Exit code 0 if the answer
// was understood, 1 if it came out as anything but one of our exceptions.

const { GPUException, fatalState } = require('gpu-exceptions');
const cuda = require('gpu-exceptions/cuda');

const runtime = cuda.libraries().find((each) => each.library === 'cudart');
if (!runtime.loaded) {
  console.log('not installed');
} else {
  console.log(`version ${runtime.version}`);
  try {
    console.log(`${cuda.deviceCount()} device(s)`);
    cuda.alloc(1024).free();
    console.log('1 KiB of device memory taken and given back');
  } catch (error) {
    if (!(error instanceof GPUException)) throw error;
    const { code, name, category, remedy } = error.failure;
    console.log(`${code} ${name}, category ${category}: ${remedy}`);
    console.log(`the latch is ${fatalState() === null ? 'open' : 'closed'}`);
  }
}
