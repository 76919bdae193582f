/** RAPIDS for Apache Spark. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const sparkRapids: readonly Rule[] = [
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
];
