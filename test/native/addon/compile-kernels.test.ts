import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KernelCompileError, compile } from '../../../lib/cuda/index.js';
import { GPUException, serializeException, deserializeException } from '../../../lib/index.js';
import { useMock } from '../../../lib/mock/index.js';
import { callsOf } from './support';

const SAXPY = `extern "C" __global__ void saxpy(int n, float a, const float* x, float* y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = a * x[i] + y[i];
}
`;

async function refusal(source: string, options = {}): Promise<KernelCompileError> {
  const error: unknown = await compile(source, options).catch((thrown: unknown) => thrown);
  if (!(error instanceof KernelCompileError))
    throw new Error(`no KernelCompileError: ${String(error)}`);
  return error;
}

beforeEach(() => {
  useMock();
});

describe('compile', () => {
  it('answers PTX for a virtual architecture, a cubin for a real one', async () => {
    const ptx = await compile(SAXPY, { arch: 'compute_90', cache: false });
    expect(ptx).toMatchObject({ image: ptx.ptx, cubin: null, log: '', name: 'kernel.cu' });
    expect(ptx.ptx).toMatch(/\.target sm_90[^]*\.visible \.entry saxpy\([^]*\.f32 saxpy_param_1/);
    const real = await compile(SAXPY, { arch: 'sm_90', cache: false });
    expect(Buffer.from(real.cubin ?? []).toString('latin1', 0, 4)).toBe('\x7fELF');
    expect(real.image).toBe(real.cubin);
  });

  it('tells the names in the image of what it was asked for', async () => {
    const { loweredNames, ptx } = await compile(
      `template <class T> __global__ void scale(T* x, T by, int n) {}
       namespace image { __global__ void blur(const float* from, float* to) {} }`,
      { nameExpressions: ['scale<float>', 'scale<double>', 'image::blur'] },
    );
    expect(loweredNames).toEqual({
      'scale<float>': '_Z5scaleIfEvPT_S0_i',
      'scale<double>': '_Z5scaleIdEvPT_S0_i',
      'image::blur': '_ZN5image4blurEPKfPf',
    });
    for (const name of Object.values(loweredNames)) expect(ptx).toContain(`.entry ${name}(`);
  });

  it('reads headers that came along, and what is defined', async () => {
    const source = '#include "number.h"\n__global__ void k(NUMBER x, number* y) {}';
    const { loweredNames } = await compile(source, {
      headers: { 'number.h': '#pragma once\ntypedef unsigned char number;' },
      options: ['-DNUMBER=long long'],
      nameExpressions: ['k'],
    });
    expect(loweredNames).toEqual({ k: '_Z1kxPh' });
  });

  it('does not hold up the loop, and runs after one another', async () => {
    const order: string[] = [];
    const first = compile(SAXPY, { cache: false }).then(() => order.push('compiled'));
    order.push('goes on');
    await first;
    expect(order).toEqual(['goes on', 'compiled']);
  });
});

describe('a source that does not compile', () => {
  it('is an exception of ours with the log and the line', async () => {
    const error = await refusal(SAXPY.replace('y[i];', 'y[i]'), { name: 'saxpy.cu' });
    expect(error).toBeInstanceOf(GPUException);
    expect(error.failure).toMatchObject({
      category: 'invalid-argument',
      library: 'nvrtc',
      name: 'NVRTC_ERROR_COMPILATION',
      call: 'nvrtcCompileProgram',
      retryable: false,
      restart: 'none',
    });
    expect([error.name, error.line]).toEqual(['KernelCompileError', 4]);
    expect(error.log).toBe(
      'saxpy.cu(4): error: expected a ";"\n  }\n  ^\n\n1 error detected in the compilation of "saxpy.cu".\n',
    );
    expect(error.messages).toEqual([
      { severity: 'error', file: 'saxpy.cu', line: 4, text: 'expected a ";"' },
    ]);
    expect(error.stack).toContain('compile-kernels.test');
  });

  it('has the line of the source alone, and says of what file another one is', async () => {
    const header = await refusal('#include "a.h"\n', { headers: { 'a.h': '\nint a\nint b;' } });
    expect(header.line).toBeNull();
    expect(header.messages[0]).toMatchObject({ severity: 'error', file: 'a.h', line: 2 });
    const expression = await refusal(SAXPY, { nameExpressions: ['saxpy<'] });
    expect(expression.line).toBeNull();
    expect(expression.messages[0]).toMatchObject({ severity: 'error', line: expect.any(Number) });
    expect(expression.messages[0]?.file).not.toBe('kernel.cu');
  });

  it('can be made for a test, of a source with a name or without one', () => {
    const log = 'saxpy.cu(6): error: expected a ";"\n';
    expect(new KernelCompileError({ log, name: 'saxpy.cu' }).line).toBe(6);
    expect(new KernelCompileError({ log }).line).toBeNull();
    expect(new KernelCompileError({ log: log.replace('saxpy', 'kernel') }).line).toBe(6);
    expect(() => new KernelCompileError({ log, name: 5 as never })).toThrow(
      /^options\.name must be a string; got 5$/,
    );
  });

  it('shows a client nothing of the source', async () => {
    const error = await refusal('secret;');
    expect(`${error.message}${JSON.stringify(error)}`).not.toContain('secret');
    const other = deserializeException(serializeException(error));
    expect(other).toBeInstanceOf(GPUException);
    expect(other).toMatchObject({ failure: { name: 'NVRTC_ERROR_COMPILATION' } });
  });

  it('tells of an option that is not known', async () => {
    const error = await refusal(SAXPY, { options: ['--fast'] });
    expect(error.failure?.name).toBe('NVRTC_ERROR_INVALID_OPTION');
    expect([error.line, error.log]).toEqual([
      null,
      'nvrtc: error: unrecognized option --fast found\n',
    ]);
  });

  it.each([undefined, null, {}, { log: 5 }])('is not made of %p', (options) => {
    expect(() => new KernelCompileError(options as never)).toThrow(
      /^options\.log must be a string; got/,
    );
  });

  it('is an ordinary exception when NVRTC fails otherwise', async () => {
    useMock({ rules: [{ library: 'nvrtc', call: 'nvrtcCompileProgram', code: 7 }] });
    const error: unknown = await compile(SAXPY, { cache: false }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(GPUException);
    expect(error).not.toBeInstanceOf(KernelCompileError);
    expect((error as GPUException).failure).toMatchObject({ category: 'library', code: 7 });
  });
});

describe('what is given to compile', () => {
  const throwing = new Proxy([], {
    get() {
      throw new Error('mine');
    },
    getPrototypeOf() {
      throw new Error('mine');
    },
    ownKeys() {
      throw new Error('mine');
    },
  });
  const bad: [string, unknown, unknown, RegExp][] = [
    ['no source', undefined, {}, /^source must be a string/],
    ['a source with NUL', 'a\0b', {}, /^source must be a string without NUL/],
    ['no options', '', null, /^options must be an object/],
    [
      'a word that is none',
      '',
      { architecture: 'sm_90' },
      /^options.architecture is not an option/,
    ],
    ['an architecture that is none', '', { arch: 90 }, /^options.arch must be such as "sm_90"/],
    [
      'two architectures',
      '',
      { arch: 'sm_90', options: ['-arch=sm_80'] },
      /^options.arch is given/,
    ],
    ['flags that are no list', '', { options: '-G' }, /^options.options must be an array/],
    [
      'a flag that is no text',
      '',
      { options: ['-G', 1] },
      /^options.options\[1\] must be a string/,
    ],
    ['headers that are no object', '', { headers: [] }, /^options.headers must be a plain object/],
    ['a Map of headers', '', { headers: new Map([['a.h', '']]) }, /^options.headers must be a plain object of texts by name; got an object$/], // prettier-ignore
    ['a date for headers', '', { headers: new Date() }, /^options.headers must be a plain object/],
    [
      'a header that is no text',
      '',
      { headers: { 'a.h': 1 } },
      /^options.headers\["a.h"\] must be/,
    ],
    ['headers that throw', '', { headers: new Proxy({}, { ownKeys() { throw new Error('mine'); } }) }, /^options.headers could not be read; got a Proxy$/], // prettier-ignore
    ['flags that throw', '', { options: throwing }, /^options.options could not be read; got a Proxy$/], // prettier-ignore
    ['an empty name', '', { name: '' }, /^options.name must be a string, not empty/],
    ['a name of two lines', '', { name: 'a\nb(1): error: c' }, /^options.name must have no control characters; got "a\\nb\(1\): error: c"$/], // prettier-ignore
    ['a name with an escape', '', { name: 'a\x1b[1m' }, /^options.name must have no control characters/], // prettier-ignore
    ['an expression that is none', '', { nameExpressions: [''] }, /^options.nameExpressions\[0\]/],
    ['a cache that is none', '', { cache: 1 }, /^options.cache must be an object/],
    ['half an entry', '', { cache: { entries: 0.5 } }, /^options.cache.entries must be an integer/],
  ];
  it.each(bad)('%s', async (_, source, options, message) => {
    const mock = useMock();
    const made = compile(source as string, options as object);
    await expect(made).rejects.toThrow(message);
    await expect(made).rejects.not.toBeInstanceOf(GPUException);
    expect(mock.calls('nvrtcCreateProgram')).toBe(0);
  });
});

describe('what was compiled before', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gpuex-cache-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const unique = (text: string): string => `// ${text}\n${SAXPY}`;

  it('is kept in memory, by all that decides about it', async () => {
    const mock = useMock();
    const source = unique('memory');
    const answers = [
      await compile(source),
      await compile(source),
      await compile(source, { arch: 'compute_90' }),
      await compile(source, { options: ['-DX'] }),
      await compile(source, { cache: false }),
    ].map(({ cached }) => cached);
    expect(answers).toEqual([null, 'memory', null, null, null]);
    expect(mock.calls('nvrtcCompileProgram')).toBe(4);
    useMock({ cudaRuntimeVersion: 12090 });
    expect((await compile(source)).cached).toBeNull();
  });

  it('is told apart by a question to NVRTC alone, on its own thread, once', async () => {
    const mock = useMock({ callLog: 1000 });
    await compile(unique('question'));
    await compile(unique('question'));
    await compile(unique('another question'));
    const version = mock.callLog().filter(({ call }) => call === 'nvrtcVersion');
    const compiled = mock.callLog().filter(({ call }) => call === 'nvrtcCompileProgram');
    expect(compiled.map(({ thread }) => thread)).toEqual([version[0]?.thread, version[0]?.thread]);
    expect(version).toHaveLength(1);
    expect(Object.keys(callsOf(mock)).filter((call) => !call.startsWith('nvrtc'))).toEqual([]);
  });

  it('is told apart where NVRTC would not say which one it is', async () => {
    const mock = useMock({
      rules: [{ library: 'nvrtc', call: 'nvrtcVersion', code: 11, times: 1 }],
    });
    expect((await compile(unique('untold'))).cached).toBeNull();
    expect((await compile(unique('untold'))).cached).toBeNull();
    expect((await compile(unique('untold'))).cached).toBe('memory');
    expect(mock.calls('nvrtcVersion')).toBe(2);
  });

  it('is compiled once when it is asked for twice at the same time', async () => {
    const mock = useMock();
    await Promise.all([compile(unique('twice')), compile(unique('twice'))]);
    expect(mock.calls('nvrtcCompileProgram')).toBe(1);
  });

  it('is not changed by whoever holds it', async () => {
    const options = { arch: 'sm_90' };
    const first = await compile(unique('own'), options);
    first.cubin?.fill(0);
    expect((await compile(unique('own'), options)).cubin?.[0]).toBe(0x7f);
  });

  it('is kept no longer than it was asked to', async () => {
    const cache = { entries: 2 };
    for (const name of ['a', 'b', 'c']) await compile(unique(`bound ${name}`), { cache });
    expect((await compile(unique('bound b'), { cache })).cached).toBe('memory');
    expect((await compile(unique('bound a'), { cache })).cached).toBeNull();
  });

  it('is not kept when files decide about it', async () => {
    const options = { options: [`--include-path=${folder}`] };
    writeFileSync(join(folder, 'a.h'), 'typedef int number;');
    const source = '#include <a.h>\nextern "C" __global__ void k(number* x, number y) {}';
    expect((await compile(source, options)).ptx).toContain('.u32 k_param_1');
    writeFileSync(join(folder, 'a.h'), 'typedef double number;');
    expect((await compile(source, options)).ptx).toContain('.f64 k_param_1');
  });

  it.each([
    ['#include "number.h"', { 'number.h': 'typedef int number;' }, 'memory'],
    ['#include "number.h"', {}, null],
    ['#  /* a */ include /* b */ <number.h>', {}, null],
    ['#inc\\\nlude <number.h>', {}, null],
    ['%:include <number.h>', {}, null],
    ['#define NUMBER <number.h>\n#include NUMBER', {}, null],
    ['#include "other.h"', { 'other.h': '#include "number.h"' }, null],
    ['#if __has_include(<number.h>)\n#endif\ntypedef int number;', {}, null],
  ])('with %p is kept only where that is among the headers', async (line, headers, from) => {
    const source = `${line}\nextern "C" __global__ void k(int x) {}`;
    const attempt = async (): Promise<unknown> =>
      compile(source, { headers }).then(
        ({ cached }) => cached,
        (error: unknown) => (error as Error).name,
      );
    const first = await attempt();
    expect([null, 'KernelCompileError']).toContain(first);
    expect(await attempt()).toBe(first === null ? from : first);
  });

  const inFolder = (entries = 0): object => ({
    cache: { directory: join(folder, 'kept'), entries },
  });
  const files = (): string[] => readdirSync(join(folder, 'kept'));

  it('is kept in a folder', async () => {
    const mock = useMock();
    const source = unique('folder');
    const first = await compile(source, { arch: 'sm_90', ...inFolder() });
    const second = await compile(source, { arch: 'sm_90', ...inFolder() });
    expect([first.cached, second.cached]).toEqual([null, 'directory']);
    expect({ ...second, cached: null }).toEqual(first);
    expect(files()).toHaveLength(1);
    expect(mock.calls('nvrtcCompileProgram')).toBe(1);
  });

  it('is kept in a folder also where it is in memory, or under way for others', async () => {
    const mock = useMock();
    const directory = join(folder, 'kept');
    await compile(unique('without'));
    const hit = await compile(unique('without'), { cache: { directory } });
    expect([hit.cached, files().length]).toEqual(['memory', 1]);
    rmSync(directory, { recursive: true });
    const [, second] = await Promise.all([
      compile(unique('at once')),
      compile(unique('at once'), { cache: { directory } }),
    ]);
    expect([second.cached, files().length]).toEqual(['memory', 1]);
    const file = join(directory, files()[0] ?? '');
    const { mtimeMs, ino } = statSync(file);
    await compile(unique('at once'), { cache: { directory } }); // which is there by now
    expect(statSync(file)).toMatchObject({ mtimeMs, ino });
    expect(mock.calls('nvrtcCompileProgram')).toBe(2);
  });

  it('that is refused, is refused with an exception for each', async () => {
    const mock = useMock();
    const broken = `${unique('refused twice')};;;)`;
    const [first, second] = await Promise.all([refusal(broken), refusal(broken)]);
    expect(first).not.toBe(second);
    expect(first.log).toBe(second.log);
    expect(second.stack).toContain('compile-kernels.test');
    expect(mock.calls('nvrtcCompileProgram')).toBe(1);
  });

  it('is compiled again when its file was damaged', async () => {
    const source = unique('damaged');
    await compile(source, inFolder());
    const file = join(folder, 'kept', files()[0] ?? '');
    const whole = readFileSync(file);
    for (const damaged of [
      whole.subarray(0, whole.length - 1),
      Buffer.concat([whole, Buffer.of(0)]),
      Buffer.from(whole).fill(1, 60, 61),
      Buffer.alloc(0),
      Buffer.alloc(64),
    ]) {
      writeFileSync(file, damaged);
      expect((await compile(source, inFolder())).cached).toBeNull();
      expect(readFileSync(file)).toEqual(whole);
    }
  });

  it('is not waited for where it cannot be kept', async () => {
    writeFileSync(join(folder, 'kept'), 'a file');
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    expect((await compile(unique('nowhere'), inFolder())).cached).toBeNull();
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining('could not be kept'), expect.objectContaining({ code: 'GPU_EXCEPTIONS_COMPILE_CACHE' })], // prettier-ignore
    ]);
    warn.mockRestore();
    expect(existsSync(join(folder, 'kept'))).toBe(true);
  });
});
