import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { STAND_IN, compile, describePrograms, run, sweep } from './programs';

afterAll(sweep);

/** `what value` lines as pairs, in their order. */
function said(stdout: string): [string, number][] {
  return stdout
    .split('\n')
    .map((line) => /^(.*) (-?\d+)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, what = '', value]) => [what, Number(value)]);
}

function only(pairs: [string, number][], what: string): number[] {
  return pairs.filter(([name]) => name === what).map(([, value]) => value);
}

describePrograms('a program on libcudart.so.13', () => {
  let program = '';
  beforeAll(() => {
    program = compile('runtime.cc', ['libcudart.so.13']);
  });
  const answers = (part: string, scenario: object = {}): [string, number][] => {
    const { stdout, stderr, status } = run(program, [part], { scenario });
    if (status !== 0) throw new Error(stderr);
    return said(stdout);
  };

  test('copies for real, and asynchronously where both ends allow it', () => {
    const pairs = answers('copies');
    expect(only(pairs, 'pinned memory is aligned to 32 bytes')).toEqual([1]);
    expect(only(pairs, 'cudaStreamQuery before')).toEqual([600]);
    expect(only(pairs, 'not ready is no error')).toEqual([0]);
    expect(only(pairs, 'cudaStreamQuery after')).toEqual([0]);
    // What the host wrote after the call and before the stream's turn.
    expect(only(pairs, 'copied')).toEqual([2]);
    expect(only(pairs, 'set')).toEqual([1]);
    expect(only(pairs, 'a copy past the end')).toEqual([1]);
    expect(only(pairs, 'a copy into the host that says device')).toEqual([1]);
    expect(only(pairs, 'a copy in no direction')).toEqual([21]);
    expect(only(pairs, 'per-thread stream')).toEqual([0]);
    expect(only(pairs, 'its synchronisation')).toEqual([0]);
    expect(only(pairs, 'a destroyed stream')).toEqual([400]);
    expect(only(pairs, 'cudaFreeHost')).toEqual([0]);
    expect(only(pairs, 'cudaFreeHost again')).toEqual([1]);
  });

  test('orders streams by events and by the default stream', () => {
    const pairs = answers('order');
    expect(only(pairs, 'cudaEventQuery')).toEqual([600, 0]);
    expect(only(pairs, 'done before the gate opened')).toEqual([0]);
    expect(only(pairs, 'then')).toEqual([1, 2, 3, 4]);
    expect(only(pairs, 'elapsed, never recorded')).toEqual([400]);
    expect(only(pairs, 'elapsed')).toEqual([0]);
    expect(only(pairs, 'not negative')).toEqual([1]);
    expect(only(pairs, 'elapsed, without timing')).toEqual([400]);
    expect(only(pairs, 'a destroyed event')).toEqual([400]);
  });

  test('runs host implementations of kernels; out of bounds is a sticky 700', () => {
    const pairs = answers('kernels', { devices: 2 });
    expect(only(pairs, 'host implementation')).toEqual([0]);
    expect(only(pairs, 'unknown function')).toEqual([98]);
    expect(only(pairs, 'too many threads')).toEqual([9]);
    expect(only(pairs, 'no block')).toEqual([9]);
    expect(only(pairs, 'too much shared memory')).toEqual([1]);
    expect(only(pairs, 'cudaFuncSetAttribute')).toEqual([0]);
    expect(only(pairs, 'most shared memory')).toEqual([65536, 49152]); // of each device
    expect(only(pairs, 'sum')).toEqual([6]);
    expect(only(pairs, 'launch')).toEqual([0, 0]);
    expect(only(pairs, 'cudaDeviceSynchronize')).toEqual([700]);
    expect(only(pairs, 'sticky')).toEqual([700, 700]);
    expect(only(pairs, 'cudaMalloc').at(-1)).toBe(700);
  });

  test('calls no host function on a device that is lost', () => {
    const pairs = answers('lost', { devices: 2 });
    expect(only(pairs, 'before')).toEqual([0, 0, 0, 0]);
    expect(only(pairs, 'launch')).toEqual([0]);
    expect(only(pairs, 'cudaStreamSynchronize')).toEqual([700]);
    expect(only(pairs, 'after')).toEqual([700]);
    expect(only(pairs, 'cudaFreeHost')).toEqual([0]);
    expect(only(pairs, 'called')).toEqual([0]);
  });

  test('sees a launch fail by rule', () => {
    const rules = [
      { library: 'cudart', call: '*aunchKernel', code: 'cudaErrorLaunchOutOfResources' },
    ];
    expect(only(answers('kernels', { rules }), 'launch')).toEqual([701, 701]);
  });

  test('keeps the last error per thread, and names errors as the real one does', () => {
    const pairs = answers('errors');
    expect(only(pairs, "another thread's last error")).toEqual([0]);
    expect([only(pairs, 'peek'), only(pairs, 'get')]).toEqual([[2], [2, 0]]);
    expect(only(pairs, 'virtual memory')).toEqual([0]);
    expect([only(pairs, 'no attribute'), only(pairs, 'no device')]).toEqual([[1], [101]]);
    const { stdout } = run(program, ['errors']);
    expect(stdout).toContain('cudaErrorMemoryAllocation\nout of memory\nunrecognized error code\n');
  });

  test('knows pinned, registered, managed and device memory apart', () => {
    const pairs = answers('memory');
    expect(only(pairs, 'type')).toEqual([3, 2, 0, 1]);
    expect(only(pairs, 'copied')).toEqual([7]);
    expect(only(pairs, 'again')).toEqual([712, 713]);
    expect(only(pairs, 'second row')).toEqual([1]);
    expect(only(pairs, 'a pitch too small')).toEqual([12]);
    expect(only(pairs, 'given back')).toEqual([1]);
    expect(only(pairs, 'freed by it')).toEqual([1]);
  });

  test('holds under eight threads on four devices', () => {
    const { stdout, stderr, status } = run(program, ['crowd', '5'], { scenario: { devices: 4 } });
    expect([status, stderr, stdout]).toEqual([0, '', 'failures 0\n']);
  });

  test('is told what is not modelled, by name', () => {
    const { stderr, status, stdout } = run(program, ['errors']);
    expect(only(said(stdout), 'capture')).toEqual([801]);
    expect(only(said(stdout), 'its last error')).toEqual([801]);
    expect(stderr).toBe(
      'gpu-exceptions mock: cudaStreamBeginCapture of cudart is not modelled; it answers cudaErrorNotSupported\n',
    );
    expect(status).toBe(0);
  });

  test('ends at such a call in strict mode', () => {
    const { stderr, signal } = run(program, ['errors'], {
      env: { GPU_EXCEPTIONS_MOCK_STRICT: '1' },
    });
    expect(signal).toBe('SIGABRT');
    expect(stderr).toContain('cudaStreamBeginCapture of cudart is not modelled');
  });
});

describePrograms("the libraries with NVIDIA's names", () => {
  const libraries = readdirSync(STAND_IN).filter((name) => name.startsWith('lib'));

  test.each(libraries)('%s loads, and says what it is', (name) => {
    const symbols = spawnSync('readelf', ['--dyn-syms', '-dW', path.join(STAND_IN, name)], {
      encoding: 'utf8',
    }).stdout;
    expect(symbols).toContain(`Library soname: [${name}]`);
    const versioned = /^lib(cudart|cublas|cudnn|nvrtc)\.so/.test(name);
    const marker = /\s(gpuExceptionsMockVersion\S*)/.exec(symbols)?.[1];
    expect(marker).toBe(
      versioned ? `gpuExceptionsMockVersion@@${name}` : 'gpuExceptionsMockVersion',
    );
  });

  test('answer “not supported” where nothing is modelled, and say so', () => {
    const koffi = JSON.stringify(require.resolve('koffi'));
    const script = `
      const ask = (library, name) => require(${koffi}).load(library).func(name, 'int', [])();
      console.log(ask('libcublas.so.13', 'cublasDgemm_v2'), ask('libcublas.so.12', 'cublasSetPointerMode_v2'),
        ask('libcudnn.so.9', 'cudnnConvolutionForward'), ask('libcudnn.so.9', 'cudnnBackendExecute'));`;
    const { stdout, stderr, status } = run(process.execPath, ['-e', script]);
    expect([status, stdout]).toEqual([0, '15 15 3000 3000\n']);
    expect(stderr).toContain(
      'cudnnConvolutionForward of cudnn is not modelled; it answers CUDNN_STATUS_NOT_SUPPORTED',
    );
    const strict = run(process.execPath, ['-e', script], { scenario: { strict: true } });
    expect(strict.signal).toBe('SIGABRT');
    expect(strict.stderr).toContain('cublasDgemm_v2 of cublas is not modelled');
  });

  test('are one machine in one process', () => {
    const program = compile('one_machine.cc', []);
    const { stdout, stderr, status } = run(program, libraries, {
      scenario: { devices: [{ memoryBytes: 2 ** 34, name: 'NVIDIA X' }] },
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({
      runtime13: 13000,
      runtime12: 12090,
      freeBefore: expect.any(Number),
      seenByDriver: 2 ** 30,
      seenByRuntime12: 2 ** 30,
      seenByNvml: 2 ** 30,
      name13: 'NVIDIA X',
      name12: 'NVIDIA X',
      major13: 9,
      major12: 9,
      total13: 2 ** 34,
      total12: 2 ** 34,
    });
  });
});
