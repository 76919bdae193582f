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

describe('the GPU process of Chromium', () => {
  const program = 'chromium-gpu';

  it.each([
    ['context lost', 34, 'device-lost', 'RESULT_CODE_GPU_EXIT_ON_CONTEXT_LOST'],
    ['context lost, as wait(2) says it', 34 << 8, 'device-lost', null],
    ['dead on arrival', 4, 'no-device', 'RESULT_CODE_GPU_DEAD_ON_ARRIVAL'],
    ['dead on arrival, as wait(2) says it', 4 << 8, 'no-device', null],
    ['a failed check on Windows', -2147483645, 'aborted', null],
    ['a fail-fast', -1073740791, 'aborted', null],
    ['an access violation', -1073741819, 'aborted', null],
    ['SIGTRAP without a core', 5, 'aborted', null],
    ['SIGSEGV with a core', 139, 'aborted', null],
    ['SIGSEGV without a core', 11, 'aborted', null],
  ])('%s', (_what, code, category, name) => {
    const failure = classifyExit({ program, code });
    expect(failure).toMatchObject({ category, evidence: 'exit' });
    expect(failure?.restart).toBe(category === 'no-device' ? 'environment' : 'process');
    if (name !== null) expect(failure).toMatchObject({ name, code });
    // The same number from a program that nobody named says nothing.
    expect(classifyExit({ code })).toBeNull();
  });

  it.each([
    ['killed from outside', 1],
    ['killed by SIGKILL', 9],
    ['ended by SIGTERM', 15],
    ['a bad message', 3],
    ['its sandbox', 7006],
    ['a library that Windows did not find', -1073741515],
    ['no code at all', null],
  ])('%s is not the GPU’s', (_what, code) => {
    expect(classifyExit({ program, code })).toBeNull();
  });

  it('is judged by its words first, and by the signal where a parent has one', () => {
    const stderr = 'VK_ERROR_OUT_OF_DEVICE_MEMORY';
    expect(classifyExit({ program, code: 34, stderr })?.category).toBe('out-of-memory');
    expect(classifyExit({ program, signal: 'SIGSEGV' })?.category).toBe('aborted');
    expect(classifyExit({ program, signal: 'SIGKILL' })).toBeNull();
    expect(classifyExit({ program: null, code: 34 })).toBeNull();
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
      /^exit must be an object with none but code, signal, stderr, program; got a Proxy$/,
    );
  });

  it.each([
    [undefined, /exit must be an object/],
    [null, /exit must be an object/],
    ['134', /exit must be an object/],
    [[], /exit must be an object with none but code, signal, stderr, program; got an array/],
    [{ exitCode: 134 }, /exit\.exitCode is not an option; allowed: code, signal, stderr, program/],
    [{ code: '134' }, /exit\.code must be an integer or null; got string/],
    [{ code: 1.5 }, /exit\.code must be an integer or null; got 1\.5/],
    [{ signal: 6 }, /exit\.signal must be/],
    [{ stderr: ['x'] }, /exit\.stderr must be/],
    [{ program: 'chrome' }, /exit\.program must be 'chromium-gpu' or null; got string/],
  ])('%p is refused by name', (exit, message) => {
    expect(() => classifyExit(exit as never)).toThrow(TypeError);
    expect(() => classifyExit(exit as never)).toThrow(message);
  });

  it('may be left out', () => {
    expect(classifyExit({})).toBeNull();
  });
});
