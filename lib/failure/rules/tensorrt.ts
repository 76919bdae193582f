/** TensorRT, by its logger's lines (the library is closed; forms as in NVIDIA/TensorRT and its issues). */

import { factsOfCudaNumber, factsOfCudaString } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const tensorrt: readonly Rule[] = [
  {
    id: 'tensorrt.out-of-memory',
    origin: 'NVIDIA/TensorRT error recorder: Error Code <n>: OutOfMemory (…)',
    pattern:
      /Error Code \d{1,2}: OutOfMemory ?(?:\((?:Requested size was (?<requested>\d{1,19}))?)?/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'tensorrt',
    example:
      '[virtualMemoryBuffer.cpp::resizePhysical::154] Error Code 2: OutOfMemory (Requested size was 16581132288 bytes.)',
  },
  {
    id: 'tensorrt.cuda-runtime',
    origin: 'NVIDIA/TensorRT error recorder: Error Code 1: Cuda Runtime (<string>)',
    pattern:
      /Error Code 1: (?:Cuda (?:Runtime|Driver)|Cudnn|Cublas(?:Lt)?|Myelin) ?\((?<why>[^\n]{0,160})|Cuda Error in \w{1,60}: (?<code>\d{1,4}) \(|Cuda failure: ?(?<code2>\d{1,4}|[a-z][^\n]{0,60})/,
    weight: Weight.strong,
    category: 'library',
    library: 'tensorrt',
    resolve: (match) => {
      const { why, code, code2 } = match.groups ?? {};
      const number = code ?? code2;
      return (
        factsOfCudaString(why ?? match[0], true, false) ??
        (number !== undefined && /^\d/.test(number)
          ? factsOfCudaNumber(Number(number), false)
          : null) ??
        {}
      );
    },
    example: '[defaultAllocator.cpp::allocate::31] Error Code 1: Cuda Runtime (out of memory)',
  },
  {
    id: 'tensorrt.allocation',
    origin: 'NVIDIA/TensorRT logger: memory that a tactic or the engine asked for',
    pattern:
      /Requested amount of GPU memory \((?<requested>\d{1,19}) bytes\) could not be allocated|CUDA error \d allocating \d{1,19}-byte buffer|Device memory is insufficient to use tactic|due to insufficient memory on requested size of \d{1,19}/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'tensorrt',
    example:
      'Requested amount of GPU memory (15485030400 bytes) could not be allocated. There may not be enough free memory for allocation to succeed.',
  },
  {
    id: 'tensorrt.no-implementation',
    origin: 'NVIDIA/TensorRT builder: Error Code 10',
    pattern:
      /Could not find any implementation for node|\bI(?:Execution|Builder|Runtime|Cuda|Host|Network)\w{2,30}::\w{3,60}: Error Code \d{1,2}: |\bTRT\b[^\n]{0,60}(?:[Ii]nternal [Ee]rror|Assertion [^\n]{0,60}failed)|Error Code \d{1,2}: (?:Internal Error|Myelin|Serialization|Cask|API Usage Error \()[^\n]{0,20}/,
    weight: Weight.fair,
    category: 'library',
    library: 'tensorrt',
    example:
      'IBuilder::buildSerializedNetwork: Error Code 10: Internal Error (Could not find any implementation for node {ForeignNode[x]}.)',
  },
  {
    id: 'tensorrt.logger',
    origin: 'NVIDIA/TensorRT samples/common/logging.h, python bindings: error lines of ILogger',
    pattern:
      /\[TensorRT(?:-LLM)?\](?: |\[)(?:INTERNAL_)?ERROR|\[TRT\] (?:\[E\]|ERROR:?)|\[E\] \[TRT\]|\bTRT (?:ERROR|INTERNAL_ERROR)\b/,
    weight: Weight.fair,
    category: 'library',
    library: 'tensorrt',
    example: '[TensorRT] ERROR: Network must have at least one output',
    nearMiss: '[TensorRT] WARNING: Setting layouts to linear',
  },
  {
    id: 'tensorrt-llm.processes',
    origin:
      'NVIDIA/TensorRT-LLM cpp/tensorrt_llm/runtime/worldConfig.cpp, common/mpiUtils.cpp, tensorrt_llm/runtime/model_runner.py: started with another number of processes than the engine was built for',
    pattern:
      /mpiSize == tp \* pp|MPI size \d{1,4} != TP size|MPI worldSize is expected to be equal|Engine world size \([^()\n]{1,40}\) != Runtime world size|Failed: MPI error/,
    weight: Weight.strong,
    veto: true,
    example:
      '[TensorRT-LLM][ERROR] Assertion failed: mpiSize == tp * pp (/src/tensorrt_llm/cpp/tensorrt_llm/runtime/worldConfig.cpp:80)',
    nearMiss: '[TensorRT-LLM][ERROR] Assertion failed: Can not allocate workspace',
  },
  {
    id: 'tensorrt.engine-version',
    origin: 'NVIDIA/TensorRT runtime: an engine file of another version or device',
    pattern:
      /engine plan file is (?:not compatible|generated on an incompatible device)|[Vv]ersion tag does not match|(?:[Dd]eserialize|deserializ(?:ing|ation of)) (?:the )?(?:cuda|CUDA|TensorRT) engine[^\n]{0,40}(?:fail|error)|stdVersionRead == serializationVersion/,
    weight: Weight.strong,
    category: 'not-supported',
    library: 'tensorrt',
    restart: 'environment',
    remedy:
      'Build the engine again with this TensorRT version on this kind of device: engine files are bound to both.',
    example:
      'The engine plan file is generated on an incompatible device, expecting compute 8.6 got compute 7.5, please rebuild.',
  },
  {
    id: 'tensorrt.cuda-initialization',
    origin: 'NVIDIA/TensorRT logger: CUDA initialization failure with error: <number>',
    pattern: /CUDA initialization failure with error:? (?<code>\d{1,4})/,
    weight: Weight.certain,
    category: 'no-device',
    resolve: (match) => factsOfCudaNumber(Number(match.groups?.['code']), false) ?? {},
    example: 'CUDA initialization failure with error: 35. Please check your CUDA installation.',
  },
  {
    id: 'tensorrt-llm.memory',
    origin:
      'NVIDIA/TensorRT-LLM cpp/tensorrt_llm/common: [TensorRT-LLM][ERROR] CUDA runtime error in <call>: <string>',
    pattern: /CUDA (?:runtime|driver) error in (?<call>[\w:]{3,60})/,
    weight: Weight.fair,
    category: 'library',
    library: 'cudart',
    example: 'CUDA runtime error in cudaDeviceGetDefaultMemPool(&memPool, device)',
  },
];
