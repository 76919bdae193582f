/** ONNX Runtime: CUDA, TensorRT, ROCm, DirectML and WebGPU providers, arena, provider loading. */

import { factsFromCode } from '../code-facts.js';
import type { FailureFacts } from '../facts.js';
import { dxgiFacts } from '../graphics-codes.js';
import type { GPULibrary } from '../types.js';
import { factsOfCudaNumber, factsOfCudaString } from './cuda-strings.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

const LIBRARIES: Readonly<Record<string, GPULibrary>> = {
  CUDA: 'cudart',
  CUBLAS: 'cublas',
  CUDNN: 'cudnn',
  CUDNN_FE: 'cudnn',
  CURAND: 'curand',
  CUFFT: 'cufft',
  CUSPARSE: 'cusparse',
  CUSOLVER: 'cusolver',
  NCCL: 'nccl',
  HIP: 'hip',
};

const HRESULT =
  /(?:^|[^0-9A-Fa-f])(?:0x)?(?<code>8007000E|80070057|80004005|8000FFFF|80004002|887A00[0-3][0-9A-F])(?![0-9A-Fa-f])/i;

export const onnxruntime: readonly Rule[] = [
  {
    id: 'onnxruntime.cuda-call',
    origin:
      'microsoft/onnxruntime onnxruntime/core/providers/cuda/cuda_call.cc, providers/rocm/rocm_call.cc',
    pattern:
      /\b(?<what>CUDA|CUBLAS|CUDNN_FE|CUDNN|CURAND|CUFFT|CUSPARSE|CUSOLVER|NCCL|HIP|HIPBLAS|ROCBLAS|MIOPEN|HIPFFT) failure (?<code>\d{1,4}): /,
    weight: Weight.certain,
    category: 'library',
    resolve: failureOf,
    example:
      'CUDNN failure 4: CUDNN_STATUS_INTERNAL_ERROR ; GPU=0 ; hostname=HOST ; expr=cudnnCreate(&cudnn_handle_);',
    nearMiss: 'MYSQL failure 2: out of memory',
  },
  {
    id: 'onnxruntime.call-without-cause',
    origin:
      'microsoft/onnxruntime onnxruntime/core/providers/cuda/cuda_common.h (older CUDA_RETURN_IF_ERROR)',
    pattern:
      /\b(?<what>CUDA|CUDNN|CUBLAS|CURAND|CUFFT|HIP|MIOPEN|ROCBLAS|NCCL) error executing (?<call>\w{2,60})/,
    weight: Weight.fair,
    category: 'library',
    resolve: (match) => ({ library: LIBRARIES[match.groups?.['what'] ?? ''] ?? null }),
    example: 'CUBLAS error executing cublasSetStream(cublas_handle_, stream)',
  },
  {
    id: 'onnxruntime.arena',
    origin: 'microsoft/onnxruntime onnxruntime/core/framework/bfc_arena.cc',
    pattern:
      /Failed to allocate memory for requested buffer of size (?<requested>\d{1,20})|Available memory of (?<free>\d{1,20}) is smaller than requested bytes of (?<requested2>\d{1,20})/,
    weight: Weight.fair,
    category: 'out-of-memory',
    remedy:
      'Send less at once or free device memory; ONNX Runtime’s arena says the same for host memory, so check which provider the session runs on.',
    resolve: (match) => ({ requestedBytes: bytesOf(match.groups?.['requested2']) }),
    example:
      'Non-zero status code returned while running Conv node. BFCArena::AllocateRawInternal(size_t) Failed to allocate memory for requested buffer of size 939524096',
    nearMiss: 'Failed to allocate memory for the request buffer pool',
  },
  {
    id: 'onnxruntime.arena-of-cpu',
    origin:
      'microsoft/onnxruntime onnxruntime/core/optimizer/nchwc_transformer.cc: blocked layouts exist on the CPU provider only',
    pattern: /_nchwc'|running Reorder(?:Input|Output) node|\bon CPUExecutionProvider/,
    weight: Weight.fair,
    veto: true,
    example:
      "Non-zero status code returned while running Conv node. Name:'347_nchwc' Status Message: bfc_arena.cc:330",
  },
  {
    id: 'onnxruntime.provider-library',
    origin:
      'microsoft/onnxruntime onnxruntime/core/session/provider_bridge_ort.cc, core/platform/*/env.cc',
    pattern:
      /(?:Failed to load library|LoadLibrary failed with error|Failed to load shared library|Error loading)[^\n]{0,300}onnxruntime_providers_(?:cuda|tensorrt|rocm|migraphx|nv_tensorrt_rtx|dml|webgpu)|provider_bridge_ort\.cc:\d{1,5}[^\n]{0,160}Failed to load (?:shared )?library|Init provider bridge failed|AppendExecutionProvider_(?:C[Uu][Dd][Aa]|D[Mm][Ll]|Tensor[Rr][Tt]|R[Oo][Cc][Mm]|MIGraphX): Failed|Require cuDNN [\w.]{1,10}(?:\* )? ?and (?:CUDA|the latest)/,
    weight: Weight.strong,
    category: 'library',
    restart: 'environment',
    remedy:
      'Install the CUDA, cuDNN or TensorRT libraries of the major version that this ONNX Runtime was built for, where the loader finds them.',
    example:
      'LoadLibrary failed with error 126 "" when trying to load "C:\\app\\onnxruntime_providers_cuda.dll"',
    nearMiss: 'Failed to load library libonnxruntime_providers_openvino.so',
  },
  {
    id: 'onnxruntime.provider',
    origin:
      'microsoft/onnxruntime onnxruntime/python/onnxruntime_pybind_state.cc, js/common/lib/backend-impl.ts, core/session/provider_registration.cc',
    pattern:
      /Failed to create (?:CUDA|Tensorrt|TensorRT|ROCM|MIGraphX|Dml|WebGpu|NvTensorRTRTX)ExecutionProvider|Specified provider '(?:CUDA|Tensorrt|ROCM|MIGraphX|Dml|WebGPU|WebGpu|CoreML)ExecutionProvider' is not in available provider|ERR: \[(?:cuda|tensorrt|webgpu|webgl|dml|rocm|migraphx)\] |(?:CUDA|TensorRT|Tensorrt|ROCM|MIGraphX|DML|DirectML|WebGPU) execution provider is not (?:enabled|supported|available) (?:in this build|on this platform)|(?:CUDA|TensorRT|DML|WebGPU) execution provider is either not enabled or not available|CUDA_PATH is set but CUDA wasn't able to be loaded|Unsupported device: "(?:cuda|webgpu|dml|gpu|webnn-gpu)"|Unknown provider ?(?:type)?: ?(?:CUDA|Tensorrt|Dml|ROCM)ExecutionProvider/,
    weight: Weight.strong,
    category: 'not-supported',
    restart: 'environment',
    example: 'Failed to create CUDAExecutionProvider.',
    nearMiss: 'no available backend found. ERR: [wasm] backend not found.',
  },
  {
    id: 'onnxruntime.no-backend',
    origin: 'microsoft/onnxruntime js/common/lib/backend-impl.ts, whatever the provider answered',
    pattern:
      /no available backend found\. ERR: [^\n]{0,80}\[(?:cuda|tensorrt|webgpu|webgl|dml|rocm|migraphx)\] /,
    weight: Weight.certain,
    category: 'not-supported',
    restart: 'environment',
    example:
      'no available backend found. ERR: [webgpu] TypeError: r.requestAdapterInfo is not a function',
    nearMiss: 'no available backend found. ERR: [wasm] TypeError: fetch failed',
  },
  {
    id: 'onnxruntime.append-provider',
    origin:
      'microsoft/onnxruntime js/web/lib/wasm/session-options.ts (JS is the name of WebGPU); csharp/src NativeMethods',
    pattern:
      /Can't append execution provider: (?:JS|WebGPU|CUDA|DML)\b|\b(?:entry point named|undefined symbol:|symbol not found:?) ['"]?OrtSessionOptionsAppendExecutionProvider_(?:CUDA|DML|Tensorrt|ROCM|MIGraphX)\b/i,
    weight: Weight.strong,
    category: 'not-supported',
    restart: 'environment',
    example: "Can't append execution provider: JS.",
    nearMiss: "Can't append execution provider: XNNPACK.",
  },
  {
    id: 'onnxruntime.kernel',
    origin:
      'microsoft/onnxruntime onnxruntime/core/framework/kernel_registry_manager.cc, kernel_registry.cc',
    pattern:
      /not (?:supported|implemented|registered) (?:in|by|for) (?:CUDA|Tensorrt|NvTensorRTRTX|ROCM|MIGraphX|Dml|WebGpu|JS|CoreML|QNN)ExecutionProvider|Failed to find kernel for [^\n]{1,160}(?:CUDA|Tensorrt|NvTensorRTRTX|ROCM|MIGraphX|Dml|WebGpu|JS|CoreML|QNN)ExecutionProvider/,
    weight: Weight.strong,
    category: 'not-supported',
    example:
      "Failed to find kernel for Cast(13) (node:'/transformer/Cast_2' ep:'WebGpuExecutionProvider')",
    nearMiss: "Failed to find kernel for Cast(13) (node:'/x' ep:'CPUExecutionProvider')",
  },
  {
    id: 'onnxruntime.tensorrt',
    origin:
      'microsoft/onnxruntime onnxruntime/core/providers/tensorrt/tensorrt_execution_provider.cc',
    pattern:
      /(?:TensorRT|NvTensorRTRTX) EP (?:failed|could not|execution context|context)[^\n]{0,120}/,
    weight: Weight.fair,
    category: 'library',
    library: 'tensorrt',
    example: 'TensorRT EP failed to create engine from network.',
    nearMiss: 'TensorRT EP is enabled',
  },
  {
    id: 'onnxruntime.webgpu-device-error',
    origin:
      'microsoft/onnxruntime onnxruntime/core/providers/webgpu/webgpu_context.cc (wgpu::ErrorType: 2 validation or out of memory, by version)',
    pattern: /WebGPU device error ?\((?<code>\d{1,2})\): (?<why>[^\n]{0,200})/,
    weight: Weight.certain,
    category: 'library',
    library: 'webgpu',
    resolve: (match) => ({
      category: /out of memory|OutOfMemory|E_OUTOFMEMORY|OUT_OF_DEVICE_MEMORY/i.test(
        match.groups?.['why'] ?? '',
      )
        ? 'out-of-memory'
        : 'library',
    }),
    example: 'WebGPU device error(2): Out of memory',
  },
  {
    id: 'onnxruntime.webgpu-lost',
    origin:
      'microsoft/onnxruntime onnxruntime/core/providers/webgpu/webgpu_context.cc, js/web/lib/wasm/jsep',
    pattern: /WebGPU device lost/i,
    weight: Weight.certain,
    category: 'device-lost',
    library: 'webgpu',
    example: 'WebGPU device lost (2): A valid external Instance reference no longer exists.',
  },
  {
    id: 'onnxruntime.webgpu-setup',
    origin:
      'microsoft/onnxruntime onnxruntime/core/providers/webgpu/webgpu_context.cc, js/web/lib/wasm/wasm-core-impl.ts',
    pattern:
      /Failed to get (?:a |the )?(?:WebGPU|GPU) (?:adapter|device)|WebGPU is not (?:supported|available|enabled)|The current browser does not support WebGPU|Unsupported device: "webgpu"/i,
    weight: Weight.strong,
    category: 'no-device',
    library: 'webgpu',
    restart: 'environment',
    example:
      'Failed to get GPU adapter. You may need to enable flag "--enable-unsafe-webgpu" if you are using Chrome.',
  },
  {
    id: 'onnxruntime.webgpu-run',
    origin:
      'microsoft/onnxruntime js/web/lib/wasm/jsep/backend-webgpu.ts, core/providers/webgpu/program_manager.cc',
    pattern:
      /WebGPU validation failed|\[WebGPU\] Kernel "[^"\n]{1,120}" failed|Failed to (?:create|download|map) (?:a |data from )?WebGPU buffer|[/\\]providers[/\\]webgpu[/\\][\w/\\]{1,60}\.cc:\d|\bonnxruntime::webgpu::\w/,
    weight: Weight.strong,
    category: 'library',
    library: 'webgpu',
    example: '[WebGPU] Kernel "[MatMul] /model/MatMul" failed.',
  },
  {
    id: 'onnxruntime.directml',
    origin:
      'microsoft/onnxruntime onnxruntime/core/providers/dml/DmlExecutionProvider: HRESULT with file and function',
    pattern:
      /Dml(?:ExecutionProvider|CommittedResource|CommandRecorder|Graph|Operator|Device\.cpp|FusedNode)|\bDirectML\.dll\//,
    weight: Weight.strong,
    category: 'library',
    library: 'd3d',
    resolve: (_match, text) => directml(text),
    example:
      'D:\\a\\onnxruntime\\core\\providers\\dml\\DmlExecutionProvider\\src\\DmlCommittedResourceAllocator.cpp(22)\\onnxruntime.dll: Exception(2) tid(2ac0) 8007000E Not enough memory resources are available to complete this operation.',
  },
];

/** `<library> failure <number>: <text>`; the number is read in that library's numbering. */
function failureOf(match: RegExpExecArray, text: string): Partial<FailureFacts> | null {
  const library = LIBRARIES[match.groups?.['what'] ?? ''] ?? null;
  const code = Number(match.groups?.['code']);
  const rest = text.slice(match.index, match.index + 400);
  const call = /expr=(?<call>\w{3,60})\(/.exec(rest)?.[1] ?? null;
  if (library === 'cudart' || library === 'hip') {
    const hip = library === 'hip';
    const facts = factsOfCudaString(rest, true, hip) ?? factsOfCudaNumber(code, hip);
    return facts === null ? null : { ...facts, call };
  }
  if (library === null) return { library: null, category: 'library', call };
  const facts = factsFromCode(library, code);
  return facts === null ? null : { ...facts, call };
}

function bytesOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}

/** HRESULTs by winerror.h, before or behind the name of the file; without one only an exception counts. */
function directml(text: string): Partial<FailureFacts> | null {
  const code = HRESULT.exec(text)?.groups?.['code']?.toUpperCase();
  if (code === undefined) return /\bException\b|Non-zero status code/.test(text) ? {} : null;
  const number = Number.parseInt(code, 16);
  if (code === '8007000E') {
    return { category: 'out-of-memory', code: number, name: 'E_OUTOFMEMORY' };
  }
  if (code.startsWith('887A')) return dxgiFacts(number);
  return { category: 'library', code: number };
}
