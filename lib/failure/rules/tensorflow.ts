/** TensorFlow (also inside tfjs-node-gpu) and JAX, which share XLA's stream executor. */

import { ENVIRONMENT, Weight } from './rule.js';
import type { Rule } from './rule.js';

export const tensorflow: readonly Rule[] = [
  {
    id: 'tensorflow.oom-on-gpu',
    origin:
      'tensorflow/tensorflow tensorflow/core/framework/op_kernel.cc: OOM when allocating tensor … on <device> by allocator <name>',
    pattern:
      /OOM when allocating tensor[^\n]{0,300}(?:device:GPU:(?<device>\d{1,3})|GPU_\d{1,3}_bfc)/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'cudart',
    example:
      'OOM when allocating tensor with shape[1,3688,3688,3] and type float on /job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc',
  },
  {
    id: 'tensorflow.oom',
    origin:
      'tensorflow/tensorflow tensorflow/core/framework/op_kernel.cc, before devices were named',
    pattern: /OOM when allocating tensor/,
    weight: Weight.fair,
    category: 'out-of-memory',
    resolve: (_match, text) =>
      /device:CPU|by allocator (?:cpu|mklcpu|host)/i.test(text) ? null : {},
    example: 'OOM when allocating tensor with shape[64,512,28,28]',
    nearMiss:
      'OOM when allocating tensor with shape[1] on /job:localhost/device:CPU:0 by allocator cpu',
  },
  {
    id: 'tensorflow.bfc-allocator',
    origin: 'tensorflow/tensorflow, openxla/xla xla/tsl/framework/bfc_allocator.cc',
    pattern:
      /Allocator \(GPU_(?<device>\d{1,3})_bfc\) ran out of memory trying to allocate (?<requested>[\d.]{1,20} ?[KMGT]?i?B)/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'cudart',
    example:
      'Allocator (GPU_0_bfc) ran out of memory trying to allocate 3.37GiB (rounded to 3618570240)requested by op',
    nearMiss: 'Allocator (mklcpu_bfc) ran out of memory trying to allocate 3.37GiB',
  },
  {
    id: 'tensorflow.bfc-allocator-unnamed',
    origin:
      'tensorflow/tensorflow tensorflow/core/common_runtime/bfc_allocator.cc up to 0.12: only devices had this allocator',
    pattern:
      /bfc_allocator\.cc:\d{1,6}\] Ran out of memory trying to allocate (?<requested>[\d.]{1,20} ?[KMGT]?i?B)/,
    weight: Weight.strong,
    category: 'out-of-memory',
    library: 'cudart',
    example:
      'W tensorflow/core/common_runtime/bfc_allocator.cc:271] Ran out of memory trying to allocate 24.50MiB.  See logs for memory state.',
    nearMiss: 'gateway.cc:271] Ran out of memory trying to allocate 24.50MiB.',
  },
  {
    id: 'tensorflow.device-allocation',
    origin: 'openxla/xla xla/stream_executor/cuda/cuda_executor.cc, rocm/rocm_executor.cc',
    pattern:
      /failed to allocate [\d.]{1,20}[KMGT]?i?B? ?\((?<requested>\d{1,19}) bytes\) from device: (?<why>[^\n]{0,80})/,
    weight: Weight.certain,
    category: 'out-of-memory',
    resolve: (match) => ({ library: /HIP/.test(match.groups?.['why'] ?? '') ? 'hip' : 'cuda' }),
    example:
      'failed to allocate 3.94G (4233297920 bytes) from device: CUDA_ERROR_OUT_OF_MEMORY: out of memory',
  },
  {
    id: 'tensorflow.pinned-host',
    origin:
      'tensorflow/tensorflow tensorflow/core/common_runtime/gpu/gpu_host_allocator.h, openxla/xla xla/stream_executor/cuda/cuda_executor.cc',
    pattern: /could not allocate pinned host memory of size|failed to alloc \d{1,19} bytes on host/,
    weight: Weight.certain,
    category: 'library',
    library: 'cuda',
    remedy:
      'Free host memory: the driver could not pin any more of it; the device’s own memory is not what ran out.',
    example: 'could not allocate pinned host memory of size: 2147483648',
  },
  {
    id: 'tensorflow.dst-tensor',
    origin:
      'tensorflow/tensorflow tensorflow/core/common_runtime/gpu/gpu_util.cc: the copy’s target could not be allocated on the device',
    pattern: /Dst tensor is not initialized/,
    weight: Weight.strong,
    category: 'out-of-memory',
    example: 'Dst tensor is not initialized.',
  },
  {
    id: 'tensorflow.blas-launch',
    origin: 'tensorflow/tensorflow tensorflow/core/kernels/matmul_op_impl.h',
    pattern:
      /Blas (?:x?GEMM|x?GEMV|SGEMM|GEMM\w{0,20}|xGEMMBatched|SGEMV) launch failed|cuBLAS(?:Lt)? launch failed|Blas xGEMM\w{0,20} launch failed/i,
    weight: Weight.certain,
    category: 'library',
    library: 'cublas',
    example:
      'Blas GEMM launch failed : a.shape=(10000, 784), b.shape=(784, 500), m=10000, n=500, k=784',
  },
  {
    id: 'tensorflow.cudnn',
    origin:
      'tensorflow/tensorflow tensorflow/core/kernels/conv_ops_*.cc, stream_executor/cuda/cuda_dnn.cc',
    pattern:
      /cuDNN failed to initialize|cuDNN launch failure|DNN library (?:is not found|initialization failed)|No DNN in stream executor|Failed to get convolution algorithm|Could not create cudnn handle|No algorithm worked|Loaded runtime CuDNN library: \S{1,20} but source was compiled with|Failed to enqueue (?:rnn|async|convolution|pooling)[^\n]{0,60}/i,
    weight: Weight.fair,
    category: 'library',
    library: 'cudnn',
    example:
      'Failed to get convolution algorithm. This is probably because cuDNN failed to initialize',
  },
  {
    id: 'tensorflow.handle',
    origin:
      'openxla/xla xla/stream_executor/cuda/cuda_blas.cc, cuda_fft.cc, cuda_solver_context.cc',
    pattern:
      /failed to create cu(?:blas|dnn|fft|sparse|solver)\w{0,4} (?:handle|plan|batched plan)/i,
    weight: Weight.fair,
    category: 'library',
    example: 'failed to create cublas handle: cublas error',
  },
  {
    id: 'tensorflow.cuinit',
    origin:
      'openxla/xla xla/stream_executor/cuda/cuda_platform.cc, cuda_driver.cc: failed call to cuInit: <name>: <string>',
    pattern: /failed call to cuInit: (?<why>[^\n]{0,120})/,
    weight: Weight.strong,
    category: 'no-device',
    library: 'cuda',
    call: 'cuInit',
    example: 'failed call to cuInit: UNKNOWN ERROR (303)',
  },
  {
    id: 'tensorflow.libraries',
    origin:
      'openxla/xla xla/tsl/platform/default/dlopen_checker.cc, tensorflow/core/common_runtime/gpu/gpu_device.cc',
    pattern:
      /Could not load dynamic library '(?:lib)?(?:cu|nv)[\w.-]{1,60}'|Cannot dlopen some (?:GPU|TensorRT) libraries|Could not find cuda drivers on your machine|CUDA backend failed to initialize|Unable to initialize backend '(?:cuda|rocm|gpu)'|libdevice(?:\.10\.bc)? (?:not found|directory)|libdevice is required|No GPU\/TPU found, falling back to CPU|but available devices are \[ ?\/job:[^\n]{0,80}CPU:0/i,
    weight: Weight.strong,
    category: 'library',
    ...ENVIRONMENT,
    example: 'Cannot dlopen some GPU libraries.',
    nearMiss: "Could not load dynamic library 'libmysqlclient.so'",
  },
  {
    id: 'tensorflow.kernel-driver',
    origin: 'openxla/xla xla/stream_executor/cuda/cuda_diagnostics.cc',
    pattern:
      /kernel driver does not appear to be running on this host|kernel version \S{1,24} does not match DSO version/,
    weight: Weight.strong,
    category: 'driver-mismatch',
    ...ENVIRONMENT,
    example:
      'kernel version 440.33.1 does not match DSO version 450.51.6 -- cannot find working devices in this configuration',
  },
  {
    id: 'tensorflow.event-status',
    origin: 'tensorflow/tensorflow tensorflow/core/common_runtime/gpu/gpu_event_mgr.cc',
    pattern:
      /Unexpected Event status: \d|Error polling for event status|GPU sync failed|(?:[Ff]ailed to|could not) synchronize (?:on CUDA context|the (?:stop event|stream|GPU)|GPU|cuda stream)/i,
    weight: Weight.fair,
    category: 'kernel-fault',
    library: 'cuda',
    example: 'GPU sync failed',
    nearMiss: 'could not synchronize the calendar',
  },
  {
    id: 'tensorflow.directml',
    origin:
      'microsoft/tensorflow-directml tensorflow/c/logging.cc: HRESULT failed with <code>: <expression>',
    pattern: /GetDeviceRemovedReason(?:\(\)| to determine)/,
    weight: Weight.certain,
    category: 'device-lost',
    library: 'd3d',
    example: 'HRESULT failed with 0x887a0005: dml_device_->GetDeviceRemovedReason()',
  },
  {
    id: 'tensorflow.eager-allocation',
    origin:
      'tensorflow/tensorflow tensorflow/core/framework/op_kernel.cc, eager: failed to allocate memory [Op:<name>]',
    pattern: /failed to allocate memory \[Op:|SameWorkerRecvDone unable to allocate output tensor/,
    weight: Weight.fair,
    category: 'out-of-memory',
    example: 'failed to allocate memory [Op:AddV2]',
  },
  {
    id: 'tensorflow.stream-executor',
    origin: 'openxla/xla xla/stream_executor: a library that the build or the machine has not',
    pattern:
      /using StreamExecutor without (?:BLAS|DNN|FFT) support|[Dd](?:NN|nn) (?:library is not found|support)[^\n]{0,20}|No (?:DNN|BLAS) in stream executor|ptxas (?:fatal|exited with non-zero)|Failed to get compiled program|libdevice (?:not found|directory)/,
    weight: Weight.strong,
    category: 'library',
    example: 'Attempting to perform BLAS operation using StreamExecutor without BLAS support',
  },
  {
    id: 'tensorflow.device-placement',
    origin: 'tensorflow/tensorflow tensorflow/core/common_runtime/placer.cc, colocation_graph.cc',
    pattern:
      /no supported kernel for GPU devices is available|assigned to \/(?:job:\S{1,60}\/)?device:GPU:\d{1,3} but available devices are|Could not satisfy explicit device specification '[^'\n]{0,60}GPU:\d/,
    weight: Weight.certain,
    category: 'no-device',
    restart: 'environment',
    example:
      'Could not satisfy explicit device specification "/device:GPU:0" because no supported kernel for GPU devices is available.',
  },
];
