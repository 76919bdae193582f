/**
 * NVIDIA's own CUDA runtime where there is no driver. A CUDA toolkit without a GPU is enough. Each
 * test has a process of its own, because the runtime tries to start once per process.
 */

import type { ContextHealth, LibraryReport } from '../../lib/cuda/index.js';
import type { DeviceMemory, GPUFailure, GPUTag } from '../../lib/failure/types.js';
import { answerOf, runProgram } from '../native/addon/support';
import { describeIf, realLibraries } from './support';

interface Outcome<T> {
  value?: T;
  name?: string;
  message?: string;
  cause?: string;
  failure?: GPUFailure;
}

interface Answers {
  peek: Outcome<GPUTag | null>;
  get: Outcome<GPUTag | null>;
  getAgain: Outcome<GPUTag | null>;
  getAtLast: Outcome<GPUTag | null>;
  count: Outcome<number>;
  alloc: Outcome<number>;
  memory: Outcome<DeviceMemory>;
  driverVersion: Outcome<number | null>;
  health: Outcome<ContextHealth>;
  latch: GPUFailure | null;
  tooLate: Outcome<unknown>;
  worker: { peek: Outcome<GPUTag | null>; get: Outcome<GPUTag | null> };
  libraries: LibraryReport[];
}

const ask = (env: Record<string, string> = {}): Answers =>
  answerOf<Answers>(runProgram('../real/runtime.cjs', env));

const { cudart, cuda } = realLibraries();
const missing = !cudart.loaded
  ? 'no libcudart was found here'
  : cudart.mock
    ? 'the libcudart found here is a stand-in'
    : cuda.loaded
      ? 'this machine has a driver'
      : null;

const INSUFFICIENT_DRIVER = 35;

describeIf(missing)('the real CUDA runtime without a driver', () => {
  it('is found with its path and version, and is no stand-in', () => {
    expect(cudart).toMatchObject({ loaded: true, mock: false });
    expect(cudart.path).toMatch(/cudart/);
    expect(cudart.version).toMatch(/^1[1-9]\.\d+$/);
    expect(cuda.loaded).toBe(false);
    expect(cuda.candidates.length).toBeGreaterThan(0);
    for (const { reason } of cuda.candidates) expect(reason).not.toBe('');
  });

  it('tells its version without starting', () => {
    const env = { GPU_EXCEPTIONS_CUDART: cudart.path ?? '' };
    const [report] = answerOf<LibraryReport[]>(runProgram('../addon/libraries.cjs', env));
    expect(report).toMatchObject({ loaded: true, foundBy: 'explicit', version: cudart.version });
  });

  it.each(['peek', 'get', 'count', 'alloc', 'driverVersion'])(
    'answers 35 with driver version 0 to everything, when the first call is %s',
    (order) => {
      const answers = ask({ ORDER: order });
      for (const { value } of [answers.peek, answers.get, answers.getAgain, answers.getAtLast]) {
        expect(value).toMatchObject({ library: 'cudart', code: INSUFFICIENT_DRIVER });
      }
      expect(answers.driverVersion.value).toBe(0);
      for (const { failure } of [answers.count, answers.alloc]) {
        expect(failure).toMatchObject({
          library: 'cudart',
          code: INSUFFICIENT_DRIVER,
          name: 'cudaErrorInsufficientDriver',
        });
      }
    },
  );

  it('gives the answer to every thread, and is not asked until it clears', () => {
    const { worker } = ask();
    expect(worker.peek.value).toMatchObject({ code: INSUFFICIENT_DRIVER });
    expect(worker.get.value).toMatchObject({ code: INSUFFICIENT_DRIVER });
  });

  it('is judged by the driver’s version: no device, and a remedy that names the driver', () => {
    const { count, alloc } = ask();
    for (const { name, failure } of [count, alloc]) {
      expect(name).toBe('GPUException');
      expect(failure).toMatchObject({
        category: 'no-device',
        restart: 'environment',
        retryable: false,
        sticky: false,
        memory: null,
      });
      expect(failure?.remedy).toMatch(/Install the NVIDIA driver.*libcuda\.so\.1/);
    }
    expect(count.failure?.call).toBe('cudaGetDeviceCount');
    expect(alloc.failure?.requestedBytes).toBe(4096);
    expect(alloc.cause).toMatch(/driver absent/);
    expect(alloc.message).not.toMatch(/driver|cuda/i);
  });

  it('fails with no-device, naming what was tried, where only the driver could answer', () => {
    const { memory, health } = ask();
    for (const { failure } of [memory, health]) {
      expect(failure).toMatchObject({ category: 'no-device', library: 'cuda', code: null });
      expect(failure?.remedy).toMatch(/Install the NVIDIA driver/);
    }
    expect(memory.cause).toMatch(/libcuda\.so\.1/);
  });

  it('never closes the fatal latch', () => {
    expect(ask().latch).toBeNull();
  });

  it('keeps the stand-in out once it is open', () => {
    const { tooLate } = ask();
    expect(tooLate.message).toMatch(/stand-in must be chosen before the first look at the GPU/);
    expect(tooLate.message).toContain(cudart.path);
  });

  it('is the copy that another binding has already opened', () => {
    const env = { RUNTIME: cudart.path ?? '' };
    const [report] = answerOf<LibraryReport[]>(runProgram('../real/already-loaded.cjs', env));
    expect(report).toMatchObject({ loaded: true, foundBy: 'already-loaded', path: cudart.path });
  });
});
