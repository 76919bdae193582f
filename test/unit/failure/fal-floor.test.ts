import { classifyGpuFailure } from '../../../lib/failure/judge';

function named(name: string, message: string, more: object = {}): Error {
  return Object.assign(Object.defineProperty(new Error(message), 'name', { value: name }), more);
}

describe('what fal calls out of memory is out of memory', () => {
  it.each([
    'CUDA error: out of memory',
    'CUDA out of memory. Tried to allocate 2.00 GiB',
    'CUDA failed with error out of memory',
    'NVML_SUCCESS == r INTERNAL ASSERT FAILED at "../c10/cuda/CUDACachingAllocator.cpp":995',
    // Holes of fal's that are closed:
    'cuda error: out of memory',
    'CUDA Out Of Memory',
    'HIP out of memory. Tried to allocate 2.00 GiB',
    'Failed to allocate memory for requested buffer of size 1073741824',
    'OOM when allocating tensor with shape[64,512,28,28] and type float on /job:localhost/replica:0/task:0/device:GPU:0',
    'vk::Device::allocateMemory: ErrorOutOfDeviceMemory',
  ])('%s', (message) => {
    expect(classifyGpuFailure(new Error(message))?.category).toBe('out-of-memory');
  });
});

describe('what fal calls out of memory and is not', () => {
  it.each(['CUDNN_STATUS_INTERNAL_ERROR', 'cuDNN error: CUDNN_STATUS_NOT_SUPPORTED.'])(
    '%s is a GPU failure of another kind',
    (message) => {
      const failure = classifyGpuFailure(new Error(message));
      expect(failure?.library).toBe('cudnn');
      expect(failure?.category).not.toBe('out-of-memory');
    },
  );
});

describe('each of the nine markers of fal is heard where it speaks of a failure', () => {
  it.each([
    'CUDA error: unspecified launch failure',
    'cuDNN error: CUDNN_STATUS_EXECUTION_FAILED',
    'NVML error: unknown',
    'NCCL error: unhandled system error',
    'cuBLAS failure: handle could not be made',
    'cuFFT error: CUFFT_INTERNAL_ERROR',
    'cusolver error: CUSOLVER_STATUS_INTERNAL_ERROR',
    'cusparse error: CUSPARSE_STATUS_EXECUTION_FAILED',
    'Triton Error [CUDA]: device kernel image is invalid',
  ])('%s', (message) => {
    expect(classifyGpuFailure(new Error(message))).not.toBeNull();
  });
});

describe('a marker that stands alone counts where nothing speaks against it', () => {
  it.each([
    ['something cuda happened', 'cudart'],
    ['Something CUDA happened.', 'cudart'],
    ['nccl went wrong', 'nccl'],
    ['HTTP 500 from triton server', null],
    ['cuda is not installed', 'cudart'],
  ])('%s', (message, library) => {
    expect(classifyGpuFailure(new Error(message))).toMatchObject({ category: 'unknown', library });
  });

  it.each([
    new Error('device must be cuda or cpu'),
    new Error('User cuda not found'),
    new Error('Failed to parse cuda field'),
    new Error('Model cuda-llama not found'),
    new Error('torch.cuda is None'),
    new Error('invalid backend triton'),
    new TypeError('something cuda happened'),
    Object.assign(new Error('something cuda happened'), { status: 404 }),
    Object.assign(new Error('something cuda happened'), { code: 'ENOENT' }),
  ])('%p has something against it', (error) => {
    expect(classifyGpuFailure(error)).toBeNull();
  });
});

describe('where a marker is only a word, the error is not the GPU’s', () => {
  it.each([
    ['an animal', new Error('barracuda tank overflow: out of memory for species list')],
    ['a folder', new Error("ENOENT: no such file or directory, open '/models/triton/x'")],
    ['a model repository', new Error("failed to open '/models/triton/resnet/config.pbtxt'")],
    [
      'a missing file',
      named('Error', "ENOENT: no such file or directory, open '/opt/cuda/x.bin'", {
        code: 'ENOENT',
        syscall: 'open',
      }),
    ],
    ['a cancelled task', named('AbortError', 'the nccl all-reduce was cancelled')],
    ['a cancelled task with GPU text', named('AbortError', 'CUDA error: out of memory')],
    [
      'a field',
      named('ValidationError', 'cuda_device: Input should be a valid integer [type=int_parsing]'),
    ],
    ['an option', new Error("Unknown option '--cuda'")],
    ['a null dereference', named('TypeError', "Cannot read properties of null (reading 'cuda')")],
    ['a quota', new Error('429 Too Many Requests: GPU quota exceeded')],
    ['a remote timeout', new Error('timeout of 30000ms exceeded: POST http://triton:8000/infer')],
    [
      'a prompt',
      new Error('moderation refused the prompt "why does it say CUDA error: out of memory"'),
    ],
    ['an exit', named('SystemExit', 'cuda')],
  ])('%s', (_what, error) => {
    expect(classifyGpuFailure(error)).toBeNull();
  });
});
