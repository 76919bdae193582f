/** Deeplearning4j and JavaCPP. */

import { factsOfCudaNumber } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const deeplearning4j: readonly Rule[] = [
  {
    id: 'deeplearning4j.memory',
    origin:
      'deeplearning4j/deeplearning4j nd4j-cuda org.nd4j.jita (CudaZeroHandler, CudaExecutioner)',
    pattern:
      /Out of \[DEVICE\] memory|cudaMalloc failed; Bytes: \[(?<requested>\d{1,19})\]; Error code \[(?<code>\d{1,4})\]|\[DEVICE\] memory[^\n]{0,40}(?:exhausted|failed)/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'cudart',
    resolve: (match) =>
      match.groups?.['code'] === undefined
        ? {}
        : (factsOfCudaNumber(Number(match.groups['code']), false) ?? {}),
    example: 'cudaMalloc failed; Bytes: [1048576]; Error code [2]; DEVICE [0]',
    nearMiss: "Can't allocate [HOST] memory: 33554432; threadId: 12",
  },
  {
    id: 'deeplearning4j.host-memory',
    origin:
      'bytedeco/javacpp org.bytedeco.javacpp.Pointer: the limit of the process, not of a device',
    pattern: /Physical memory usage is too high|org\.bytedeco\.javacpp\.max\w{3,20}/,
    weight: Weight.conclusive,
    veto: true,
    example: 'Physical memory usage is too high: physicalBytes (8G) > maxPhysicalBytes (8G)',
  },
];
