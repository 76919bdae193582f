import { runInNewContext } from 'node:vm';

import {
  AppException,
  FieldException,
  RequestCancelledException,
} from '../../../lib/exceptions/index';
import { CUDAOutOfMemoryException, GPUException } from '../../../lib/exceptions/gpu';
import { classifyGpuFailure, explainGpuFailure, judge } from '../../../lib/failure/judge';
import { makeFailure } from '../../../lib/failure/make';
import { setTag } from '../../../lib/failure/tag';
import type { GPUTag } from '../../../lib/failure/types';

const OOM =
  'CUDA out of memory. Tried to allocate 2.00 GiB. GPU 1 has a total capacity of 23.69 GiB of which 512.00 MiB is free.';
const FAULT = 'CUDA error: an illegal memory access was encountered';

function tagged(fields: Partial<GPUTag>, message = 'it failed'): Error {
  const error = new Error(message);
  setTag(error, {
    v: 1,
    library: 'cudart',
    code: 2,
    call: 'cudaMalloc',
    device: 0,
    requestedBytes: 4096,
    file: null,
    line: null,
    ...fields,
  });
  return error;
}

describe('evidence', () => {
  it('a tag decides, with its code, call, device and bytes, through the table', () => {
    expect(judge(tagged({}))).toMatchObject({
      structured: true,
      path: '',
      rules: ['tag'],
      failure: {
        category: 'out-of-memory',
        evidence: 'tag',
        library: 'cudart',
        code: 2,
        name: 'cudaErrorMemoryAllocation',
        call: 'cudaMalloc',
        device: 0,
        requestedBytes: 4096,
        sticky: false,
        retryable: true,
        restart: 'none',
      },
    });
  });

  it('a sticky tag needs a new process and may belong to earlier work', () => {
    expect(classifyGpuFailure(tagged({ code: 700, call: 'cudaMemcpy' }))).toMatchObject({
      category: 'kernel-fault',
      sticky: true,
      retryable: false,
      restart: 'process',
      mayBeEarlier: true,
    });
  });

  it('a code that the table does not know keeps its library and number', () => {
    expect(classifyGpuFailure(tagged({ code: 31337 }))).toMatchObject({
      category: 'unknown',
      library: 'cudart',
      code: 31337,
      name: null,
    });
    expect(classifyGpuFailure(tagged({ library: 'somebody-elses', code: 3 }))).toMatchObject({
      category: 'unknown',
      library: null,
      code: 3,
    });
  });

  it('a tag outranks what the text says, for and against', () => {
    expect(classifyGpuFailure(tagged({ code: 700 }, OOM))?.category).toBe('kernel-fault');
    const refused = tagged({ code: 2 }, "ENOENT: no such file or directory, open '/x'");
    expect(classifyGpuFailure(refused)?.category).toBe('out-of-memory');
  });

  it("a sticky tag in the cause outranks a library's own", () => {
    const blas = tagged({ library: 'cublas', code: 13, call: 'cublasSgemm' });
    const runtime = tagged({ code: 700, call: 'cudaPeekAtLastError' });
    const wrapped = Object.assign(blas, { cause: runtime });
    expect(judge(wrapped)).toMatchObject({
      structured: true,
      path: 'cause',
      failure: { library: 'cudart', code: 700, sticky: true },
    });
    // Where neither is sticky, the outer one was told last.
    const full = Object.assign(tagged({ library: 'cublas', code: 3 }), { cause: tagged({}) });
    expect(judge(full)).toMatchObject({ path: '', failure: { library: 'cublas', code: 3 } });
  });

  it('a tag that says success or "not ready" is no failure', () => {
    expect(classifyGpuFailure(tagged({ code: 0 }))).toBeNull();
    expect(classifyGpuFailure(tagged({ code: 600 }))).toBeNull();
  });

  it.each([
    ['cudaErrorMemoryAllocation', 'out-of-memory', 'cudart', 2],
    ['CUDA_ERROR_OUT_OF_MEMORY', 'out-of-memory', 'cuda', 2],
    ['CUDA_ERROR_ILLEGAL_ADDRESS', 'kernel-fault', 'cuda', 700],
    ['CUDNN_STATUS_INTERNAL_ERROR', 'library', 'cudnn', null],
    ['NVML_ERROR_GPU_IS_LOST', 'device-lost', 'nvml', 15],
    ['hipErrorOutOfMemory', 'out-of-memory', 'hip', 2],
    ['VK_ERROR_DEVICE_LOST', 'device-lost', 'vulkan', null],
    ['0x887A0005', 'device-lost', 'd3d', 0x887a0005],
    ['cudaErrorFromTheFuture', 'unknown', 'cudart', null],
  ])('err.code %s is structured', (code, category, library, number) => {
    const judgement = judge(Object.assign(new Error('failed'), { code }));
    expect(judgement).toMatchObject({
      structured: true,
      failure: { category, library, code: number, evidence: 'code' },
    });
  });

  it('a number counts only where the object tells the library', () => {
    expect(classifyGpuFailure(Object.assign(new Error('failed'), { code: 2 }))).toBeNull();
    expect(
      classifyGpuFailure(Object.assign(new Error('failed'), { code: 3, library: 'cublas' })),
    ).toMatchObject({ category: 'out-of-memory', library: 'cublas' });
    class NVMLError extends Error {
      code = 999;
    }
    expect(classifyGpuFailure(new NVMLError('failed'))).toMatchObject({
      library: 'nvml',
      code: 999,
    });
    // cuDNN's two numberings do not overlap.
    const cudnn = (code: number): unknown =>
      classifyGpuFailure(Object.assign(new Error('x'), { code, library: 'cudnn' }))?.name;
    expect(cudnn(4)).toBe('CUDNN_STATUS_INTERNAL_ERROR');
    expect(cudnn(5000)).toBe('CUDNN_STATUS_EXECUTION_FAILED');
  });

  it('a signed HRESULT of DXGI is understood', () => {
    const error = Object.assign(new Error('failed'), { errno: 0x887a0006 | 0 });
    expect(classifyGpuFailure(error)).toMatchObject({ category: 'device-lost', library: 'd3d' });
  });

  it('a code that came in a plain object or over HTTP does not count as this process’s own', () => {
    const plain = { message: 'failed', code: 'CUDA_ERROR_ILLEGAL_ADDRESS' };
    expect(judge(plain)).toMatchObject({
      structured: false,
      failure: { category: 'kernel-fault' },
    });
    const answered = Object.assign(new Error('upstream'), {
      code: 'CUDA_ERROR_ILLEGAL_ADDRESS',
      status: 503,
    });
    expect(judge(answered)?.structured).toBe(false);
  });

  it('text tells bytes, memory and device', () => {
    expect(classifyGpuFailure(new Error(OOM))).toMatchObject({
      evidence: 'message',
      library: 'cudart',
      code: 2,
      device: 1,
      requestedBytes: 2 * 1024 ** 3,
      memory: { free: 512 * 1024 ** 2, total: Math.round(23.69 * 1024 ** 3), source: 'cuda' },
    });
  });

  it('sticky text is not structured, but has a key under which it can be counted', () => {
    const first = judge(new Error(FAULT));
    const again = judge(new Error(`${FAULT}\n  current device: 3, in function x`));
    expect(first).toMatchObject({ structured: false, failure: { sticky: true } });
    expect(first?.stickyText).toBe(again?.stickyText);
    expect(first?.stickyText).toEqual(expect.stringContaining('cudaErrorIllegalAddress'));
    expect(judge(new Error(OOM))?.stickyText).toBeNull();
  });

  it('old CUDA numbers are read in the numbering that the text proves', () => {
    expect(
      classifyGpuFailure(new Error('CUDA failure 77: an illegal memory access was encountered')),
    ).toMatchObject({ code: 700, name: 'cudaErrorIllegalAddress' });
    expect(classifyGpuFailure(new Error('CUDA failure 700'))).toMatchObject({ code: 700 });
    expect(classifyGpuFailure(new Error('CUDA failure 38'))).toMatchObject({
      category: 'no-device',
    });
  });
});

describe('wrapping', () => {
  const cause = new Error(OOM);

  it.each<[string, unknown, string]>([
    ['cause', new Error('inference failed', { cause }), 'cause'],
    ['a chain', new Error('a', { cause: new Error('b', { cause }) }), 'cause.cause'],
    ['AggregateError', new AggregateError([new Error('x'), cause], 'all failed'), 'errors[1]'],
    ['.error', { error: cause }, 'error'],
    ['.originalError', Object.assign(new Error('x'), { originalError: cause }), 'originalError'],
    ['.inner', Object.assign(new Error('x'), { inner: cause }), 'inner'],
    ['.reason', { reason: cause }, 'reason'],
    [
      'allSettled results',
      [
        { status: 'fulfilled', value: 1 },
        { status: 'rejected', reason: cause },
      ],
      '[1].reason',
    ],
    [
      'SuppressedError',
      { name: 'SuppressedError', error: new Error('x'), suppressed: cause },
      'suppressed',
    ],
    ['a plain object', { message: OOM }, ''],
    ['a string', OOM, ''],
    ['a string as cause', new Error('x', { cause: OOM }), 'cause'],
    ['another realm', runInNewContext(`new Error(${JSON.stringify(OOM)})`), ''],
    ['a structured clone', structuredClone(new Error('x', { cause })), 'cause'],
    ['JSON', JSON.parse(JSON.stringify({ cause: { message: OOM } })), 'cause'],
  ])('%s', (_what, error, path) => {
    expect(judge(error)).toMatchObject({ path, failure: { category: 'out-of-memory', device: 1 } });
  });

  it('the inner verdict that says more beats the outer one that says less', () => {
    const outer = new Error('CUDA error', { cause });
    expect(judge(outer)).toMatchObject({ path: 'cause', failure: { category: 'out-of-memory' } });
  });

  it('structured evidence inside beats text outside', () => {
    const outer = new Error(OOM, { cause: tagged({ code: 719 }) });
    expect(judge(outer)).toMatchObject({ path: 'cause', structured: true, failure: { code: 719 } });
  });

  it('of equals the outermost decides', () => {
    expect(judge(new Error(OOM, { cause }))?.path).toBe('');
  });

  it('of equals what was suppressed decides, however many disposals failed behind it', () => {
    const suppress = (error: unknown, suppressed: unknown): Error =>
      Object.assign(new Error('An error was suppressed during disposal.'), { error, suppressed });
    const first = new Error('the batch failed', { cause: tagged({ code: 700, call: 'cuLaunch' }) });
    const [second, third] = ['cudaFreeAsync', 'cudaFree'].map((call) =>
      tagged({ code: 700, call }),
    );
    const thrown = suppress(third, suppress(second, first));
    expect(judge(thrown)).toMatchObject({
      path: 'suppressed.suppressed.cause',
      failure: { call: 'cuLaunch' },
    });
    expect(judge(suppress(third, suppress(second, new Error('x'))))).toMatchObject({
      path: 'suppressed.error',
      failure: { call: 'cudaFreeAsync' },
    });
    expect(judge(suppress(third, new Error(OOM)))?.path).toBe('error'); // the stronger evidence
    expect(judge(suppress(third, undefined))?.path).toBe('error');
  });

  it('cycles end', () => {
    const a = new Error('a') as Error & { error?: unknown };
    const b = new Error('b', { cause: a });
    a.cause = b;
    a.error = a;
    expect(classifyGpuFailure(a)).toBeNull();
  });

  it('does not look inside what was cancelled', () => {
    const abort = Object.assign(new Error('aborted', { cause }), { name: 'AbortError' });
    expect(classifyGpuFailure(abort)).toBeNull();
    expect(classifyGpuFailure(new Error('x', { cause: abort }))).toBeNull();
    expect(classifyGpuFailure(new DOMException(OOM, 'AbortError'))).toBeNull();
  });

  it('finds a GPU failure beside a cancellation', () => {
    const abort = new DOMException('aborted', 'AbortError');
    expect(judge(new AggregateError([abort, cause]))?.path).toBe('errors[1]');
  });
});

describe('our own exceptions', () => {
  it('a GPUException yields its own failure, the same object, and is marked as passed through', () => {
    const failure = makeFailure({ category: 'busy', device: 3 }, 'probe');
    const exception = new GPUException('GPU error', 503, { failure, cause: new Error(OOM) });
    const judgement = judge(exception);
    expect(judgement?.failure).toBe(failure);
    expect(judgement).toMatchObject({
      passedThrough: true,
      structured: false,
      rules: ['exception'],
    });
    expect(judge(new Error('wrapped', { cause: exception }))?.failure).toBe(failure);
  });

  it('one without failure is judged by its class', () => {
    expect(classifyGpuFailure(new CUDAOutOfMemoryException())).toMatchObject({
      category: 'out-of-memory',
      library: 'cudart',
    });
    expect(classifyGpuFailure(new GPUException())?.category).toBe('unknown');
  });

  it('others are never the GPU’s, whatever they hold', () => {
    expect(classifyGpuFailure(new AppException(OOM, 500, { cause: new Error(OOM) }))).toBeNull();
    expect(classifyGpuFailure(new FieldException('cuda_device', FAULT))).toBeNull();
    expect(classifyGpuFailure(new RequestCancelledException(OOM))).toBeNull();
  });
});

describe('evidence against', () => {
  it.each<[string, object]>([
    ['a system code', { code: 'ENOMEM', syscall: 'spawn' }],
    ['a client’s fault by HTTP', { status: 422 }],
    ['a client’s fault by response', { response: { status: 400 } }],
    ['an SQLSTATE', { code: '53200' }],
    ['a web interface’s code', { code: 'content_filter' }],
    ['an argument that Node refused', { code: 'ERR_INVALID_ARG_TYPE' }],
  ])('%s outranks any text', (_what, fields) => {
    expect(classifyGpuFailure(Object.assign(new Error(OOM), fields))).toBeNull();
  });

  it('a programming error outranks what merely sounds like a GPU, not an engine’s own sentence', () => {
    expect(classifyGpuFailure(new TypeError('cuda error handler is not set'))).toBeNull();
    expect(classifyGpuFailure(new TypeError(OOM))?.category).toBe('out-of-memory');
  });

  it('a server’s fault by HTTP is judged by its text', () => {
    const answered = Object.assign(new Error(OOM), { status: 500 });
    expect(classifyGpuFailure(answered)?.category).toBe('out-of-memory');
  });

  it('host memory that mentions the GPU in a hint stays the host’s', () => {
    const text =
      "DefaultCPUAllocator: can't allocate memory: you tried to allocate 264896512 bytes.\nIf you encounter CUDA out of memory, use a smaller batch.";
    expect(classifyGpuFailure(new Error(text))).toBeNull();
  });

  it('an error inside quotation marks is still an error unless a person said it', () => {
    expect(classifyGpuFailure(new Error('{"error":"CUDA error: out of memory"}'))).not.toBeNull();
    expect(classifyGpuFailure(new Error('title: "CUDA error: out of memory" is taken'))).toBeNull();
  });
});

describe('rules of the user’s', () => {
  const error = new Error('frobnicator 7 is unhappy');

  it('come before ours, first match first', () => {
    const judgement = judge(error, {
      rules: [
        { match: /never/, failure: { category: 'busy' } },
        { match: /frobnicator (\d)/g, failure: { category: 'hardware', device: 7 } },
        { match: 'frobnicator', failure: { category: 'timeout' } },
      ],
    });
    expect(judgement).toMatchObject({
      rules: ['user:1'],
      failure: { category: 'hardware', device: 7, restart: 'device', evidence: 'message' },
    });
  });

  it('can veto what we would say, tags included', () => {
    expect(judge(tagged({}), { rules: [{ match: 'it failed', veto: true }] })).toBeNull();
    expect(judge(new Error(OOM), { rules: [{ match: () => true, veto: true }] })).toBeNull();
  });

  it('see every error in the wrapping, and are passed over when they throw', () => {
    const seen: string[] = [];
    const judgement = judge(new Error('outer', { cause: error }), {
      rules: [
        {
          match: (_error, message) => {
            seen.push(message);
            throw new Error('a mistake of the user’s');
          },
          veto: true,
        },
        { match: 'frobnicator', failure: { category: 'busy' } },
      ],
    });
    expect(seen).toEqual(['outer', 'frobnicator 7 is unhappy']);
    expect(judgement?.path).toBe('cause');
  });
});

describe('the log', () => {
  const oom = [
    'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 1538.32 MiB on device 0: cudaMalloc failed: out of memory',
    'alloc_tensor_range: failed to allocate CUDA0 buffer of size 1613042688',
    'llama_model_load: error loading model: unable to allocate CUDA0 buffer',
    'llama_model_load_from_file_impl: failed to load model',
  ];

  it('tells why a model could not be loaded: bytes, device and call', () => {
    expect(judge(new Error('Failed to load model'), { logLines: oom })).toMatchObject({
      structured: false,
      failure: {
        category: 'out-of-memory',
        evidence: 'log',
        library: 'cudart',
        device: 0,
        call: 'cudaMalloc',
        requestedBytes: 1613042688,
      },
    });
  });

  it('with another log, or none, the same error is not the GPU’s', () => {
    const error = new Error('Failed to load model');
    expect(judge(error)).toBeNull();
    expect(judge(error, { logLines: [] })).toBeNull();
    const broken = ['gguf_init_from_file: invalid magic characters', 'failed to load model'];
    expect(judge(error, { logLines: broken })).toBeNull();
  });

  it('is not asked about errors that say themselves what is wrong', () => {
    expect(judge(new Error('prompt must not be empty'), { logLines: oom })).toBeNull();
    expect(judge(new TypeError('x is not a function'), { logLines: oom })).toBeNull();
  });

  it('fills in what a verdict by message leaves open', () => {
    expect(
      judge(new Error('llama runner process has terminated: CUDA error'), { logLines: oom }),
    ).toMatchObject({
      failure: { category: 'out-of-memory', evidence: 'log', device: 0 },
    });
    const told = judge(new Error('CUDA error: out of memory'), { logLines: oom });
    expect(told?.failure).toMatchObject({ evidence: 'message', device: 0 });
    expect(told?.failure.requestedBytes).toBeGreaterThan(1e9);
  });

  describe('pinned memory that falls back to pageable memory', () => {
    const refused =
      'ggml_cuda_host_malloc: failed to allocate 2.51 MiB of pinned memory: out of memory';

    it('in a log is no reason for an error beside it', () => {
      expect(judge(new Error('Failed to load model'), { logLines: [refused] })).toBeNull();
    });

    it('as the error itself is the driver’s failure, and not the device’s memory', () => {
      expect(judge(new Error(refused))?.failure).toMatchObject({
        category: 'library',
        library: 'cudart',
      });
    });

    it('does not hide that the device’s memory ran out as well', () => {
      const full =
        'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 1538.32 MiB on device 0: cudaMalloc failed: out of memory';
      expect(judge(new Error(`${refused}\n${full}`))?.failure).toMatchObject({
        category: 'out-of-memory',
        device: 0,
      });
    });
  });

  it('another error of cudaMalloc keeps its own meaning', () => {
    const logLines = [
      'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 4.00 MiB on device 0: cudaMalloc failed: an illegal memory access was encountered',
    ];
    expect(judge(new Error('Failed to create context'), { logLines })?.failure).toMatchObject({
      category: 'kernel-fault',
      sticky: true,
      restart: 'process',
    });
  });
});

describe('node-llama-cpp’s own estimate', () => {
  class InsufficientMemoryError extends Error {}

  it.each([
    'Not enough VRAM to fit the model with the specified settings',
    'A context size of 131072 is too large for the available VRAM',
    'A context size of 4096 with 4 sequences is too large for the available VRAM and RAM',
  ])('%s', (message) => {
    const error = new InsufficientMemoryError(message);
    expect(error.name).toBe('Error');
    expect(classifyGpuFailure(error)?.category).toBe('out-of-memory');
  });

  it('RAM is not the GPU’s', () => {
    const ram = 'A context size of 32768 is too large for the available RAM (including swap)';
    expect(classifyGpuFailure(new InsufficientMemoryError(ram))).toBeNull();
  });
});

describe('explainGpuFailure', () => {
  it('names every rule that spoke, for and against, what it matched and where', () => {
    const error = new Error('request failed', {
      cause: Object.assign(new Error(OOM), { code: 'ENOMEM' }),
    });
    const explanation = explainGpuFailure(error);
    expect(explanation.failure).toBeNull();
    expect(explanation.spoken).toContainEqual(
      expect.objectContaining({ speaks: 'against', matched: 'code ENOMEM', path: 'cause' }),
    );
    expect(explanation.spoken).toContainEqual(
      expect.objectContaining({ speaks: 'for', rule: 'pytorch.tried-to-allocate', path: 'cause' }),
    );
  });

  it('agrees with the judge', () => {
    for (const error of [
      new Error(OOM),
      tagged({}),
      new Error('x'),
      new CUDAOutOfMemoryException(),
    ]) {
      expect(explainGpuFailure(error).failure).toEqual(classifyGpuFailure(error));
    }
    expect(explainGpuFailure(new Error(OOM))).toMatchObject({
      path: '',
      decidedBy: ['pytorch.tried-to-allocate'],
    });
  });
});
