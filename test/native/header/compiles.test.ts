/** gpu_exceptions.h by itself, under every compiler, standard and setting that an author may have. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { include } from '../../../lib/index.js';
import {
  compile,
  compilers,
  cudaInclude,
  NODE_ADDON_API,
  NODE_API,
  WITH_EXCEPTIONS,
  WITHOUT_EXCEPTIONS,
} from './build';

const describeCompiled = compilers.length > 0 ? describe : describe.skip;
const cuda = cudaInclude === undefined ? [] : ['-isystem', cudaInclude];
const itWithCuda = cudaInclude === undefined ? it.skip : it;

const USE = `
int answer(int value) { return value; }
napi_value useIt(napi_env env, napi_callback_info) {
  GPU_EXCEPTIONS_CHECK_NVML(env, answer(3));
  if (!GPU_EXCEPTIONS_OK(env, GPU_EXCEPTIONS_CAPTURE_CUDNN(answer(4)))) return nullptr;
  GPU_EXCEPTIONS_CHECK_ALLOC(env, 10, GPU_EXCEPTIONS_CAPTURE_CUDART(answer(2)));
  GPU_EXCEPTIONS_CAPTURE_HIP(answer(1)).Throw(env);
  return nullptr;
}
gpu_exceptions::Status inWorker() {
  GPU_EXCEPTIONS_TRY(GPU_EXCEPTIONS_CAPTURE_NCCL(answer(1)).Named("mine").On(1));
  GPU_EXCEPTIONS_TRY_ALLOC(4096, GPU_EXCEPTIONS_CAPTURE_CUDART(answer(2)));
  return {};
}
`;
const USE_RUNTIME = `
napi_value useRuntime(napi_env env, napi_callback_info) {
  void* data = nullptr;
  GPU_EXCEPTIONS_CHECK_ALLOC(env, 16, cudaMalloc(&data, 16));
  GPU_EXCEPTIONS_CHECK(env, cudaFree(data));
  return nullptr;
}
`;
const USE_DRIVER = `
napi_value useDriver(napi_env env, napi_callback_info) {
  CUdeviceptr data = 0;
  GPU_EXCEPTIONS_CHECK_ALLOC(env, 16, cuMemAlloc(&data, 16));
  return nullptr;
}
`;
const HEADER = '#include <gpu_exceptions.h>\n';
const RUNTIME = '#include <cuda_runtime_api.h>\n';
const DRIVER = '#include <cuda.h>\n';
const NAPI = '#include <napi.h>\n';

const node = { plain: NODE_API, napi: [...NODE_API, ...NODE_ADDON_API] };

describeCompiled.each(compilers)('%s is content with it', (compiler) => {
  // The second compiler sees the newer standard only: each includes node-addon-api, which takes long.
  const standards = compiler === compilers[0] ? [17, 20] : [20];
  describe.each(standards)('C++%i', (standard) => {
    const content = async (source: string, ...options: string[]): Promise<void> => {
      expect(await compile(compiler, source, options, standard)).toBe('');
    };

    it('in plain Node-API, with exceptions and without', async () => {
      await Promise.all([
        content(HEADER + USE, ...node.plain),
        content(HEADER + USE, ...node.plain, '-fno-exceptions', '-fno-rtti'),
        content(HEADER + USE, ...node.plain, '-DNAPI_VERSION=6'),
      ]);
    }, 60_000);

    it('with node-addon-api, with exceptions and without', async () => {
      await Promise.all([
        content(NAPI + HEADER + USE, ...node.napi, ...WITH_EXCEPTIONS),
        content(NAPI + HEADER + USE, ...node.napi, ...WITHOUT_EXCEPTIONS),
      ]);
    }, 60_000);

    it('without Node-API: the values alone', async () => {
      const values = '#include <gpu_exceptions/capture.h>\n';
      await content(
        `${values}
        gpu_exceptions::Status status(int code) {
          GPU_EXCEPTIONS_TRY(GPU_EXCEPTIONS_CAPTURE_NVML(code));
          return {};
        }`,
      );
    });

    itWithCuda(
      "with NVIDIA's headers, in every order that it allows",
      async () => {
        await Promise.all([
          content(RUNTIME + HEADER + USE + USE_RUNTIME, ...node.plain, ...cuda),
          content(HEADER + DRIVER + USE + USE_DRIVER, ...node.plain, ...cuda),
        ]);
        await content(
          DRIVER + RUNTIME + NAPI + HEADER + USE + USE_RUNTIME + USE_DRIVER,
          ...[...node.napi, ...WITH_EXCEPTIONS, ...cuda],
        );
      },
      60_000,
    );
  });
});

describeCompiled('what would be wrong at run time', () => {
  const [compiler = ''] = compilers;
  const refused = (source: string, ...options: string[]): Promise<string> =>
    compile(compiler, source, options);

  it('a number whose library nobody named', async () => {
    const source = `${HEADER}napi_value f(napi_env env) { GPU_EXCEPTIONS_CHECK(env, 3); return nullptr; }`;
    expect(await refused(source, ...node.plain)).toContain('for a plain number name the library');
  });

  it('an enumeration that is no status', async () => {
    const source = `${HEADER}enum class Colour { red };
      auto f() { return GPU_EXCEPTIONS_CAPTURE(Colour::red); }`;
    expect(await refused(source, ...node.plain)).toContain('no status that gpu_exceptions.h knows');
  });

  it('node-addon-api after the header, which then does not know of its exceptions', async () => {
    const said = await refused(HEADER + NAPI + USE, ...node.napi, ...WITH_EXCEPTIONS);
    expect(said).toContain('include napi.h before gpu_exceptions.h');
  }, 60_000);

  itWithCuda('the runtime after the header, unless it is to be looked up', async () => {
    const source = HEADER + RUNTIME + USE_RUNTIME;
    const options = [...node.plain, ...cuda];
    expect(await refused(source, ...options)).toContain(
      'include cuda_runtime_api.h before gpu_exceptions.h',
    );
    expect(await refused(source, ...options, '-DGPU_EXCEPTIONS_FIND_RUNTIME')).toBe('');
  });
});

/** As each vendor writes it. */
const TYPES = {
  kCudart: ['enum cudaError { A1 }; typedef enum cudaError cudaError_t;', 'cudaError_t'],
  kCuda: ['typedef enum cudaError_enum { A2 } CUresult;', 'CUresult'],
  kNvml: ['typedef enum nvmlReturn_enum { A3 } nvmlReturn_t;', 'nvmlReturn_t'],
  kCudnn: ['typedef enum { A4 } cudnnStatus_t;', 'cudnnStatus_t'],
  kCublas: ['typedef enum { A5 } cublasStatus_t;', 'cublasStatus_t'],
  kCufft: ['typedef enum cufftResult_t { A6 } cufftResult;', 'cufftResult'],
  kCurand: [
    'enum curandStatus { A7 }; typedef enum curandStatus curandStatus_t;',
    'curandStatus_t',
  ],
  kCusparse: ['typedef enum { A8 } cusparseStatus_t;', 'cusparseStatus_t'],
  kCusolver: ['typedef enum { A9 } cusolverStatus_t;', 'cusolverStatus_t'],
  kNccl: ['typedef enum { A10 } ncclResult_t;', 'ncclResult_t'],
  kNvrtc: ['typedef enum { A11 } nvrtcResult;', 'nvrtcResult'],
  kTensorrt: ['namespace nvinfer1 { enum class ErrorCode : int { A12 }; }', 'nvinfer1::ErrorCode'],
  kHip: ['typedef enum hipError_t { A13 } hipError_t;', 'hipError_t'],
  kRocmSmi: ['typedef enum { A14 } rsmi_status_t;', 'rsmi_status_t'],
} as const;

describeCompiled.each(compilers)('%s tells by the type', (compiler) => {
  it('each library of the table', async () => {
    const table = readFileSync(join(include, 'gpu_exceptions', 'codes.h'), 'utf8');
    const known = /enum class Library \{([^}]*)\}/.exec(table)?.[1]?.match(/k\w+/g);
    expect(Object.keys(TYPES)).toEqual(known);
    const lines = Object.entries(TYPES).map(
      ([library, [declaration, type]]) => `${declaration}
        static_assert(gpu_exceptions::kIsKnownStatus<${type}>);
        static_assert(gpu_exceptions::kLibraryOf<${type}> == gpu_exceptions::Library::${library});
        auto from_${library} = GPU_EXCEPTIONS_CAPTURE(static_cast<${type}>(0));`,
    );
    const others = `enum class Mine { a }; namespace mine { enum cudnnStatus_t { a }; }
      static_assert(!gpu_exceptions::kIsKnownStatus<Mine> && !gpu_exceptions::kIsKnownStatus<int>);
      static_assert(!gpu_exceptions::kIsKnownStatus<mine::cudnnStatus_t>);`;
    const options = [...node.plain, '-DGPU_EXCEPTIONS_FIND_RUNTIME'];
    const sanitized = [...options, '-fsanitize=address,undefined'];
    for (const each of [options, sanitized]) {
      expect(await compile(compiler, HEADER + lines.join('\n') + others, each)).toBe('');
    }
  });
});

it('each library of the table has its macros', () => {
  const read = (file: string): string => readFileSync(join(include, file), 'utf8');
  const header = read('gpu_exceptions.h') + read('gpu_exceptions/capture.h');
  for (const library of Object.keys(TYPES)) {
    const word = library
      .slice(1)
      .replace(/(?<=.)[A-Z]/g, (letter) => `_${letter}`)
      .toUpperCase();
    expect(header).toContain(`#define GPU_EXCEPTIONS_CAPTURE_${word}(...)`);
    expect(header).toContain(`#define GPU_EXCEPTIONS_CHECK_${word}(env, ...)`);
  }
});

it('includes nothing but itself, Node-API and the standard library', () => {
  const files = readdirSync(include, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.h'),
  );
  const included = files.flatMap((file) =>
    [...readFileSync(join(include, file), 'utf8').matchAll(/^#include [<"](.*)[>"]/gm)].map(
      ([, name]) => name ?? '',
    ),
  );
  const standard = /^(c(stddef|stdint|string|stdio|inttypes)|string_view|type_traits)$/;
  const others = included.filter((name) => !standard.test(name) && !/^(gpu_exceptions\/)?(call_name|codes|library_of|runtime|status|capture|js_error)\.h$/.test(name)); // prettier-ignore
  expect([...new Set(others)].sort()).toEqual(['dlfcn.h', 'node_api.h', 'windows.h']);
});
