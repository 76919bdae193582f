import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import koffi from 'koffi';
import {
  Kernel,
  Module,
  Stream,
  alloc,
  compile,
  libraries,
  loadModule,
  synchronize,
} from '../../../lib/cuda/index.js';
import type { GPUException, GPUFailure } from '../../../lib/index.js';
import { useMock } from '../../../lib/mock/index.js';
import { SOURCE, eachTestHasKernels, fresh, loaded } from './kernel-work';
import { failureOf, thrownBy } from './support';

eachTestHasKernels();

describe('a module', () => {
  it.each([
    ['PTX text', async () => (await compile(SOURCE)).ptx],
    ['PTX as bytes', async () => Buffer.from((await compile(SOURCE)).ptx)],
    ['PTX with its NUL', async () => Buffer.from(`${(await compile(SOURCE)).ptx}\0`)],
    ['a cubin', async () => (await compile(SOURCE, { arch: 'sm_90' })).cubin],
    ['a program', async () => compile(SOURCE, { arch: 'sm_90' })],
    [
      'an ArrayBuffer',
      async () => new Uint8Array((await compile(SOURCE, { arch: 'sm_90' })).cubin ?? []).buffer,
    ],
  ])('is loaded from %s', async (_, image) => {
    const other = loadModule((await image()) as string);
    expect(other.kernel('saxpy').parameters).toMatchObject([
      { offset: 0, size: 4 },
      { offset: 4, size: 4 },
      { offset: 8, size: 8 },
      { offset: 16, size: 8 },
    ]);
    other.unload();
  });

  it('has kernels by name, each once', () => {
    expect(loaded.kernel('saxpy')).toBe(loaded.kernel('saxpy'));
    expect(loaded.kernel('saxpy')).toBeInstanceOf(Kernel);
    expect(failureOf(() => loaded.kernel('sax'))).toMatchObject({
      name: 'CUDA_ERROR_NOT_FOUND',
      call: 'cuModuleGetFunction',
      device: 0,
    });
  });

  it('tells what the translator said', () => {
    const broken = `.version 9.0\n.target sm_90\n.visible .entry k(\n{ ret; }`;
    const error = thrownBy(() => loadModule(broken)) as GPUException;
    expect(error.failure).toMatchObject({
      name: 'CUDA_ERROR_INVALID_PTX',
      call: 'cuModuleLoadDataEx',
    });
    expect((error.cause as Error).message).toContain('ptxas application ptx input, line 4');
    expect(error.message).not.toContain('ptxas');
  });

  it('refuses code for another architecture', async () => {
    const { cubin } = await compile(SOURCE, { arch: 'sm_100' });
    expect(failureOf(() => loadModule(cubin ?? ''))).toMatchObject({
      name: 'CUDA_ERROR_NO_BINARY_FOR_GPU',
    });
  });

  it('stays until the launches of its kernels are done', async () => {
    const mock = await fresh();
    using stream = new Stream({ nonBlocking: true });
    using long = alloc(256 * 2 ** 20);
    for (let i = 0; i < 4; ++i) void long.fill(i, { stream });
    loaded.kernel('none').launch({ grid: 1, block: 1, stream });
    let done = false;
    void stream.synchronize().then(() => (done = true));
    loaded.unload();
    while (mock.calls('cuModuleUnload') === 0) await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(done).toBe(true);
  });

  it('is loaded again after somebody has reset the device', async () => {
    await fresh();
    const { path } = libraries().find(({ library }) => library === 'cudart') ?? {};
    const reset = koffi.load(path ?? '').func('int cudaDeviceReset()') as () => number;
    const program = await compile(SOURCE);
    expect(reset()).toBe(0);
    const kernel = loadModule(program).kernel('none');
    kernel.launch({ grid: 1, block: 1 });
    await synchronize();
  });

  it('is unloaded on a thread that had no context', async () => {
    const mock = await fresh();
    const told: unknown[] = [];
    const hear = (message: unknown): void => {
      // Not of the runtime, which may have something to tell of an earlier test's work.
      const { failure } = message as { failure: GPUFailure };
      if (failure.library === 'cuda') told.push(failure);
    };
    subscribe('gpu-exceptions:failure', hear);
    loaded.unload();
    while (mock.calls('cuModuleUnload') === 0) await new Promise(setImmediate);
    await synchronize(); // the same thread
    unsubscribe('gpu-exceptions:failure', hear);
    expect(told).toEqual([]);
  });

  it('ends its kernels with it', async () => {
    const mock = await fresh();
    const kernel = loaded.kernel('none');
    loaded.unload();
    expect(loaded.unloaded).toBe(true);
    for (const use of [
      () => {
        kernel.launch({ grid: 1, block: 1 });
      },
      () => kernel.attributes(),
      () => kernel.occupancy({ block: 1 }),
      () => loaded.kernel('none'),
      () => {
        loaded.unload();
      },
    ]) {
      expect(thrownBy(use)).toBeInstanceOf(TypeError);
      expect(thrownBy(use).message).toMatch(/was unloaded before$/);
    }
    loaded[Symbol.dispose]();
    await synchronize();
    expect(mock.calls('cuModuleUnload')).toBe(1);
  });

  const image = '.version 9.0\n.target sm_90\n';
  const detached = new Uint8Array(300);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  it.each<[string, unknown, unknown, RegExp]>([
    ['nothing', undefined, {}, /^image must be PTX text/],
    ['other text', 'int main() {}', {}, /^image is neither PTX, nor a cubin, nor a fat binary$/],
    ['other bytes', Buffer.alloc(100), {}, /^image is neither/],
    ['text with NUL', `${image}\0`, {}, /^image is text with a NUL/],
    ['half a cubin', Buffer.from('\x7fELF\x02'), {}, /^image was cut off: it has 5 bytes$/],
    ['half a program', { image: 5 }, {}, /^image.image must be PTX text/],
    ['an empty program', { image: undefined }, {}, /^image must be PTX text/],
    ['a program that throws', { get image() { throw new Error('mine'); } }, {}, /^image could not be read; got an object$/], // prettier-ignore
    ['detached memory', detached.buffer, {}, /^image is detached$/],
    ['a detached view', detached, {}, /^image is detached$/],
    ['a program of detached memory', { image: detached }, {}, /^image.image is detached$/],
    ['an ELF file of 32 bits', Buffer.from(`\x7fELF\x01\x01${'\0'.repeat(58)}`), {}, /^image is neither PTX/], // prettier-ignore
    ['a wrong device', image, { device: -1 }, /^options.device must be an integer/],
    ['a wrong option', image, { gpu: 0 }, /^options.gpu is not an option/],
  ])('is refused: %s', (_, given, options, message) => {
    const mock = useMock();
    expect(thrownBy(() => loadModule(given as string, options as object)).message).toMatch(message);
    expect(mock.calls('cuModuleLoadDataEx')).toBe(0);
  });

  it('that was cut off anywhere is refused', async () => {
    const { cubin } = await compile(SOURCE, { arch: 'sm_90' });
    const bytes = cubin ?? new Uint8Array();
    expect(bytes.length).toBeGreaterThan(64);
    for (let end = 4; end < bytes.length; ++end) {
      expect(thrownBy(() => loadModule(bytes.subarray(0, end))).message).toMatch(
        /^image was cut off/,
      );
    }
  });

  it('cannot be constructed', () => {
    const Constructor = Module as unknown as new () => Module;
    expect(() => new Constructor()).toThrow(/call loadModule/);
  });
});
