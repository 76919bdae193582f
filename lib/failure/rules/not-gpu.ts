/** Evidence against: somebody else's memory, files, networks, builds, and the user's own mistakes. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const notGpu: readonly Rule[] = [
  {
    id: 'host.cpu-allocator',
    origin: 'pytorch/pytorch c10/core/impl/alloc_cpu.cpp, numpy/numpy, ggml-org/ggml src/ggml.c',
    pattern: /DefaultCPUAllocator|alloc_cpu\.cpp|\bCPUAllocator\b/,
    weight: Weight.conclusive,
    veto: true,
    example:
      "DefaultCPUAllocator: can't allocate memory: you tried to allocate 132426121216 bytes. Error code 12 (Cannot allocate memory)",
  },
  {
    id: 'host.managed-heap',
    origin: 'nodejs/node src/node_errors.cc, V8; OpenJDK; WebAssembly engines',
    pattern:
      /heap out of memory|heap limit|Java heap space|GC overhead limit|OutOfMemoryError: (?:Metaspace|Direct buffer|unable to create)|JS heap|WebAssembly\.Memory|[Aa]rray buffer allocation failed|Invalid array (?:buffer )?length|Buffer allocation failed|Invalid string length/,
    weight: Weight.conclusive,
    veto: true,
    example: 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
  },
  {
    id: 'host.system-memory',
    origin: 'operating systems: errno ENOMEM, Windows 1455, cgroups, OOM killer',
    hints: [
      'system memory',
      'host memory',
      'physical memory',
      'cpu memory',
      'system ram',
      'host ram',
      'physical ram',
      'cpu ram',
      'paging file',
      'oom-kill',
      'killer',
      'oomkilled',
      'cgroup out-of-memory',
      'out_of_host_memory',
      '[errno 12]',
      'os error 12',
      'available ram',
      'shared memory segment',
      'dataloader worker',
    ],
    pattern:
      /requires more system memory|(?:not enough|insufficient|out of|exceeds?|low on) (?:free |available )?(?:system|host|physical|CPU) (?:memory|RAM)|paging file is too small|oom-kill|OOM[ -]?[Kk]iller|OOMKilled|cgroup out-of-memory|CL_OUT_OF_HOST_MEMORY|OUT_OF_HOST_MEMORY|\[Errno 12\]|os error 12|available RAM \(including swap\)|shared memory segment|DataLoader worker/,
    weight: Weight.strong,
    veto: true,
    example: 'model requires more system memory (3.7 GiB) than is available (3.6 GiB)',
  },
  {
    id: 'network.remote',
    origin:
      'Node, undici, axios, gRPC: connection and time-out texts; pytorch/gloo gloo/transport: sockets between hosts',
    pattern:
      /\bE(?:CONNREFUSED|CONNRESET|TIMEDOUT|NOTFOUND|CONNABORTED|HOSTUNREACH|AI_AGAIN)\b|timeout of \d{1,9} ?ms exceeded|Max retries exceeded with url|failed to connect to all addresses|getaddrinfo |Request failed with status code 4\d\d|socket hang up|\bgloo[/\\]transport[/\\]/,
    weight: Weight.certain,
    veto: true,
    example:
      'timeout of 30000ms exceeded: POST http://triton.internal:8000/v2/models/resnet50_gpu/infer',
  },
  {
    id: 'quota.cloud',
    origin: 'cloud providers and schedulers: no machine or no credit left',
    pattern:
      /\bquota\b|usage limits?\b|InsufficientInstanceCapacity|Insufficient nvidia\.com\/gpu|GPU credits|ZONE_RESOURCE_POOL_EXHAUSTED|capacity in the Availability Zone|nodes are available: |[Rr]ate limit (?:reached|exceeded)|No GPU machines? available/i,
    weight: Weight.certain,
    veto: true,
    example: 'GPU quota exceeded for project demo-123 (limit: 4 A100 hours per day)',
  },
  {
    id: 'build.toolchain',
    origin: 'CMake, pip, npm, node-gyp, nvcc, MSBuild',
    pattern:
      /CMake Error|[Bb]uilding wheel|npm (?:ERR!|error)|gyp ERR!|nvcc fatal|fatal error LNK|internal compiler error|CUDA_TOOLKIT_ROOT_DIR|subprocess-exited-with-error|No CUDA toolset found|Failed to detect CUDA version|ninja: build stopped|error: could not compile/,
    weight: Weight.conclusive,
    veto: true,
    example:
      'CMake Error at /usr/share/cmake-3.5/Modules/FindCUDA.cmake:617 (message): Specify CUDA_TOOLKIT_ROOT_DIR',
  },
  {
    id: 'usage.arguments',
    origin: 'argument parsers, schema validators, ORMs',
    pattern:
      /unrecognized arguments|[Uu]nknown option|[Ii]nvalid choice|Input should be|out of range\. It must be|invalid literal for|Duplicate entry|[Vv]alidation errors? for|\bno such option|unexpected argument|argument '[^'\n]{0,40}' is invalid|spam filter|content policy|should have at most|type=literal_error/,
    weight: Weight.certain,
    veto: true,
    example: 'error: unrecognized arguments: --device gpu --gpu_ids 0 1 2 3',
  },
  {
    id: 'file.missing',
    origin: 'file systems: ENOENT and its words',
    pattern:
      /\bE(?:NOENT|ACCES|EXIST|NOSPC|ROFS|MFILE|ISDIR|PERM)\b: |No such file or directory|Could not locate file|No space left on device|Cannot find (?:module|package)|No module named|FileNotFoundError|Error opening \S{3}|file was not found/i,
    weight: Weight.strong,
    veto: true,
    example: "ENOENT: no such file or directory, open '/models/cuda/model.onnx'",
  },
  {
    id: 'cancelled.by-caller',
    origin: 'DOM, gRPC, asyncio: the caller gave up',
    pattern:
      /[Oo]peration was aborted|(?:was|been|task|job|request|operation) cancell?ed(?! because the context is lost)|cancell?ed by (?:the )?(?:client|user|caller)|[Rr]equest aborted|aborted by the user|AbortError|CancelledError/i,
    weight: Weight.conclusive,
    veto: true,
    example: 'The operation was aborted while waiting for nccl',
  },
  {
    id: 'test.assertion',
    origin:
      'jestjs/jest packages/jest-matcher-utils, nodejs/node lib/internal/assert: an expectation and what came',
    pattern:
      /\bexpect\(received\)|\bExpected values to be (?:strictly |loosely )?(?:deep-)?equal|\bAssertionError \[ERR_ASSERTION\]/,
    weight: Weight.conclusive,
    veto: true,
    example: 'expect(received).toBe(expected) // Object.is equality',
  },
  {
    id: 'model.file',
    origin: 'model loaders: a broken or foreign file',
    pattern:
      /[Pp]rotobuf parsing failed|invalid magic|unknown \(magic, version\)|deserializing header|HeaderTooLarge|is this really a GG|Unsupported model IR version|unknown model architecture/,
    weight: Weight.strong,
    veto: true,
    example: 'Load model from model_cuda.onnx failed:Protobuf parsing failed.',
  },
  {
    id: 'user-code.attribute',
    origin: 'Python and JavaScript: a mistake in the program, on a GPU word',
    pattern:
      /has no attribute '|Cannot read propert(?:y|ies) |is not a function\b|is not defined\b|[Ee]xpected all tensors to be on the same device|[Ee]xpected object of (?:device|scalar) type \w{2,12} but got|and weight type \([^)\n]{0,60}\) should be the same|can(?:'t|not) convert (?:cuda|CUDA)|can(?:'t|not) convert \S{1,12} device type tensor|object is not callable/,
    weight: Weight.strong,
    veto: true,
    example:
      "partially initialized module 'torch' has no attribute 'cuda' (most likely due to a circular import)",
  },
  {
    id: 'user-code.not-a-number',
    origin:
      'AUTOMATIC1111/stable-diffusion-webui modules/devices.py (NansException): guesses at the card, reports numbers',
    pattern: /A tensor with (?:all )?NaNs was produced/,
    weight: Weight.conclusive,
    veto: true,
    example:
      'A tensor with all NaNs was produced in Unet. This could be because your video card does not support half type.',
  },
  {
    id: 'usage.web-interface',
    origin: 'Web IDL bindings of browsers and Deno: an argument that cannot be converted',
    pattern:
      /Failed to read the '[^'\n]{1,60}' property from|[Vv]alue is (?:outside|not of type)|parameter \d is not of type|[Rr]equired member is undefined|Argument \d is not an object|is not a valid enum value of type/,
    weight: Weight.strong,
    veto: true,
    example:
      "Failed to execute 'createBuffer' on 'GPUDevice': Failed to read the 'size' property from 'GPUBufferDescriptor': Value is outside the 'unsigned long long' value range.",
  },
  {
    id: 'build.cuda-extension',
    origin:
      'pytorch/pytorch torch/utils/cpp_extension.py, setuptools, MSVC: a build with the CUDA toolkit',
    pattern:
      /detected CUDA version[^\n]{0,40}mismatches|CUDA_HOME (?:environment variable )?(?:is )?not (?:set|found)|Visual C\+\+ [\d.]{1,6}[^\n]{0,20} is required|when building the|unsupported (?:Microsoft Visual Studio|GNU) version|nvcc[^\n]{0,20}(?:not found|: command not found)|Could not find a version that satisfies/,
    weight: Weight.conclusive,
    veto: true,
    example:
      'The detected CUDA version (11.7) mismatches the version that was used to compile PyTorch (12.1).',
  },
  {
    id: 'rental.no-machine',
    origin: 'providers of machines by the hour: none is left',
    pattern:
      /No (?:GPUs?|instances?|machines?|workers?) (?:left|remaining|free|available (?:in|with|at)|with that)|does not have enough resources available to fulfill|currently overloaded|(?:GPU|gpu) plan\b/,
    weight: Weight.fair,
    veto: true,
    example: 'No GPUs left with that configuration. Please try again later',
  },
  {
    id: 'build.docker',
    origin: 'moby/moby, moby/buildkit, registries: an image that is not there or does not build',
    pattern:
      /manifest (?:for \S{1,200} not found|unknown)|failed to solve|executor failed running|Pulling repository|pull access denied|returned a non-zero code|[Ii]mage \S{1,120} not found|ErrImagePull|ImagePullBackOff/,
    weight: Weight.certain,
    veto: true,
    example: 'ERROR: failed to solve: nvidia/cuda:9.2-devel-ubuntu18.04: not found',
  },
  {
    id: 'build.compiler-line',
    origin: 'nvcc, gcc, clang and rustc: an error in the source',
    pattern:
      /\.cuh?\(\d{1,6}\): (?:error|warning)|: fatal error: [^\n]{0,80}\.h(?:pp)?: |error: identifier "|failed to run custom build command|[Uu]nsupported (?:cuda|CUDA) (?:toolkit )?version|undefined reference to |cannot find -l/,
    weight: Weight.conclusive,
    veto: true,
    example: 'kernel.cu(10): error: identifier "foo" is undefined',
  },
];
