import { classifyExit } from '../../../lib/failure/from-exit';

const GGML_OOM = `[node-llama-cpp] CUDA error: out of memory
[node-llama-cpp]   current device: 1, in function alloc at /src/ggml-cuda.cu:507
/src/ggml/src/ggml-cuda/ggml-cuda.cu:108: CUDA error`;
const GGML_BARE = '/src/ggml/src/ggml-cuda/ggml-cuda.cu:108: CUDA error\n';

describe('a child that died', () => {
  it.each([
    ['signal SIGABRT', { code: null, signal: 'SIGABRT' }],
    ['shell code 134', { code: 134, signal: null }],
    ['Windows fail-fast', { code: 0xc0000409, signal: null }],
    ['the same, signed', { code: 0xc0000409 | 0, signal: null }],
  ])('by %s with ggml’s last words', (_what, exit) => {
    expect(classifyExit({ ...exit, stderr: GGML_OOM })).toMatchObject({
      category: 'out-of-memory',
      evidence: 'exit',
      library: 'cudart',
      device: 1,
      restart: 'process',
    });
  });

  it('and said no more than that there was a CUDA error', () => {
    expect(classifyExit({ code: null, signal: 'SIGABRT', stderr: GGML_BARE })).toMatchObject({
      category: 'unknown',
      evidence: 'exit',
      library: 'cudart',
      restart: 'process',
    });
  });

  it('of TensorRT’s or glog’s checks', () => {
    const trt = '[defaultAllocator.cpp::allocate::31] Error Code 1: Cuda Runtime (out of memory)';
    expect(classifyExit({ code: 134, stderr: trt })?.category).toBe('out-of-memory');
    const glog =
      'F0101 10:00:00.000000 1 syncedmem.cpp:71] Check failed: error == cudaSuccess (2 vs. 0)  out of memory';
    expect(classifyExit({ code: 134, stderr: glog })?.category).toBe('out-of-memory');
  });

  it.each([
    ['SIGSEGV', { code: null, signal: 'SIGSEGV' }],
    ['139', { code: 139, signal: null }],
    ['access violation', { code: 0xc0000005, signal: null }],
    ['access violation, signed', { code: -1073741819, signal: null }],
  ])('by %s inside a driver’s library', (_what, exit) => {
    const stderr = '#3 0x00007f in ?? () from /usr/lib/x86_64-linux-gnu/libcuda.so.535.54.03';
    expect(classifyExit({ ...exit, stderr })).toMatchObject({
      category: 'aborted',
      evidence: 'exit',
      library: 'cuda',
      restart: 'process',
    });
    expect(
      classifyExit({ ...exit, stderr: '#3 0x00007f in napi_create_object () from node' }),
    ).toBeNull();
  });

  it('by SIGKILL is the host’s, unless the text says otherwise', () => {
    expect(classifyExit({ code: null, signal: 'SIGKILL', stderr: 'loading model' })).toBeNull();
    expect(classifyExit({ code: 137 })).toBeNull();
    expect(classifyExit({ code: 137, stderr: GGML_OOM })?.category).toBe('out-of-memory');
  });

  it('with an ordinary error code is judged by its text alone', () => {
    expect(classifyExit({ code: 1, stderr: 'CUDA error: out of memory' })).toMatchObject({
      category: 'out-of-memory',
      restart: 'none',
    });
    expect(classifyExit({ code: 1, stderr: "Error: Cannot find module './x'" })).toBeNull();
  });

  it('well is no failure, whatever it logged', () => {
    expect(classifyExit({ code: 0, signal: null, stderr: GGML_OOM })).toBeNull();
  });

  it('is judged by the last 64 KiB of its standard error, in whatever form it comes', () => {
    const noise = `${'x'.repeat(99)}\n`.repeat(1000);
    expect(classifyExit({ code: 134, stderr: GGML_OOM + noise })).toBeNull();
    expect(classifyExit({ code: 134, stderr: noise + GGML_OOM })).not.toBeNull();
    expect(classifyExit({ code: 134, stderr: Buffer.from(noise + GGML_OOM) })).not.toBeNull();
  });
});

describe('arguments of classifyExit', () => {
  it('a proxy whose traps throw is refused by name', () => {
    const traps = {
      ownKeys: () => {
        throw new Error('a trap');
      },
    };
    expect(() => classifyExit(new Proxy({}, traps))).toThrow(
      /^exit must be an object with none but code, signal, stderr; got a Proxy$/,
    );
  });

  it.each([
    [undefined, /exit must be an object/],
    [null, /exit must be an object/],
    ['134', /exit must be an object/],
    [[], /exit must be an object with none but code, signal, stderr; got an array/],
    [{ exitCode: 134 }, /exit\.exitCode is not an option; allowed: code, signal, stderr/],
    [{ code: '134' }, /exit\.code must be an integer or null; got string/],
    [{ code: 1.5 }, /exit\.code must be an integer or null; got 1\.5/],
    [{ signal: 6 }, /exit\.signal must be/],
    [{ stderr: ['x'] }, /exit\.stderr must be/],
  ])('%p is refused by name', (exit, message) => {
    expect(() => classifyExit(exit as never)).toThrow(TypeError);
    expect(() => classifyExit(exit as never)).toThrow(message);
  });

  it('may be left out', () => {
    expect(classifyExit({})).toBeNull();
  });
});
