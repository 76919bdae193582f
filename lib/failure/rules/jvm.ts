/** Libraries of the Java virtual machine: Deeplearning4j, RAPIDS for Spark, TornadoVM, JCuda. */

import { factsOfCudaNumber } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const jvm: readonly Rule[] = [
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
  {
    id: 'spark-rapids.memory',
    origin:
      'NVIDIA/spark-rapids-jni com.nvidia.spark.rapids.jni (GpuRetryOOM, GpuSplitAndRetryOOM)',
    pattern: /\bGpu(?:SplitAnd)?RetryOOM\b|GPU OutOfMemory\b|\bGPU OOM\b/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'cudart',
    example: 'GPU OutOfMemory: could not split inputs and retry',
    nearMiss: 'CpuRetryOOM: CPU OutOfMemory',
  },
  {
    id: 'spark-rapids.fatal',
    origin:
      'rapidsai/cudf java ai.rapids.cudf (CudaFatalException), NVIDIA/spark-rapids RapidsPluginUtils',
    pattern: /\bCudaFatalException\b|fatal CUDA error|FATAL CUDA ERROR/,
    weight: Weight.strong,
    category: 'kernel-fault',
    library: 'cudart',
    restart: 'process',
    example: 'ai.rapids.cudf.CudaFatalException: Fatal CUDA error encountered at: stream.cpp:42',
  },
  {
    id: 'spark-rapids.no-gpu',
    origin: 'NVIDIA/spark-rapids com.nvidia.spark.rapids.GpuDeviceManager',
    pattern: /Could not find a single GPU to use|Unable to initialize ownership of the GPU/,
    weight: Weight.strong,
    category: 'no-device',
    library: 'cudart',
    example: 'Could not find a single GPU to use',
  },
  {
    id: 'tornadovm.memory',
    origin:
      'beehive-lab/TornadoVM uk.ac.manchester.tornado.api.exceptions (TornadoOutOfMemoryException)',
    pattern:
      /Unable to allocate (?<requested>\d{1,19} bytes) of memory(?: on (?:the )?device)?\b|TornadoOutOfMemoryException/,
    weight: Weight.fair,
    category: 'out-of-memory',
    resolve: (match, text) =>
      /device|Tornado/.test(text.slice(match.index, match.index + 200)) ? {} : null,
    example: 'Unable to allocate 536870936 bytes of memory on device.',
    nearMiss: 'Unable to allocate 536870936 bytes of memory for the file cache',
  },
];
