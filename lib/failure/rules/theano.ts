/** Theano with its old CUDA back end and with libgpuarray. */

import { ENVIRONMENT, Weight } from './rule.js';
import type { Rule } from './rule.js';

export const theano: readonly Rule[] = [
  {
    id: 'theano.allocation',
    origin: 'Theano/Theano theano/sandbox/cuda/cuda_ndarray.cu (device_malloc)',
    pattern:
      /Error allocating (?<requested>\d{1,19} bytes) of device memory \(|Driver report (?<free>\d{1,19} bytes) free and (?<total>\d{1,19} bytes) total/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'cudart',
    example:
      'Error allocating 33554432 bytes of device memory (out of memory). Driver report 21364736 bytes free and 11715084288 bytes total',
  },
  {
    id: 'theano.setup',
    origin: 'Theano/Theano theano/sandbox/cuda/__init__.py, theano/gpuarray/__init__.py',
    pattern:
      /Could not initialize pygpu|forced the use of gpu device|Unable to get the number of gpus available|pygpu was configured but could not be imported|CUDA is installed, but device gpu/,
    weight: Weight.strong,
    category: 'no-device',
    ...ENVIRONMENT,
    example: 'ERROR (theano.gpuarray): Could not initialize pygpu, support disabled',
  },
];
