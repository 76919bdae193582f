import { inspect } from 'node:util';
import {
  Kernel,
  KernelArgument,
  Stream,
  alloc,
  compile,
  f32,
  f64,
  i16,
  i32,
  i64,
  i8,
  loadModule,
  pointer,
  synchronize,
  u16,
  u32,
  u64,
  u8,
} from '../../../lib/cuda/index.js';
import type { DeviceBuffer, LaunchArgument } from '../../../lib/cuda/index.js';
import { SOURCE, eachTestHasKernels, fresh, loaded, x, y } from './kernel-work';
import { failureOf, thrownBy } from './support';

eachTestHasKernels();

const PTX = `.version 9.0
.target sm_75
.address_size 64
.visible .entry sizes(.param .u8 a, .param .u32 b, .param .align 16 .b8 c[32], .param .b32 d) { ret; }
`;

describe('a kernel', () => {
  it('tells its parameters, and their kinds where the image does', async () => {
    const sizes = loadModule(PTX).kernel('sizes').parameters;
    expect(sizes).toEqual([
      { offset: 0, size: 1, kind: 'integer' },
      { offset: 4, size: 4, kind: 'integer' },
      { offset: 16, size: 32, kind: 'bytes' },
      { offset: 48, size: 4, kind: null },
    ]);
    await fresh({ cudaDriverVersion: 12030, cudaRuntimeVersion: 12030 }, { arch: 'sm_90' });
    const cubin = loadModule((await compile(SOURCE, { arch: 'sm_90' })).cubin ?? '');
    expect(cubin.kernel('saxpy').parameters).toBeNull();
  });

  it('tells its attributes and how many blocks fit', () => {
    const kernel = loaded.kernel('saxpy');
    expect(kernel.attributes()).toMatchObject({ maxThreadsPerBlock: 1024, binaryVersion: 90 });
    expect(kernel.occupancy({ block: 256 })).toEqual({ blocksPerMultiprocessor: 8, share: 1 });
    expect(kernel.occupancy({ block: [16, 16], sharedBytes: 100_000 })).toEqual({
      blocksPerMultiprocessor: 2,
      share: 0.25,
    });
  });

  it('is launched, with what CUDA calls a launch configuration', async () => {
    const mock = await fresh();
    const kernel = loaded.kernel('saxpy');
    kernel.launch({ grid: 4, block: 64 }, 256, 2, x, y);
    using stream = new Stream();
    kernel.launch({ grid: [4, 2], block: [8, 8, 1], sharedBytes: 60_000, stream }, 1, 0.5, x, y);
    kernel.launch({ grid: 2, block: 64, cooperative: true }, 1, 0.5, x, y);
    await stream.synchronize();
    await synchronize();
    expect(mock.state().launches).toEqual({ saxpy: 3 });
    expect(mock.calls('cuLaunchCooperativeKernel')).toBe(1);
    // More than a kernel has without asking.
    expect(mock.calls('cuFuncSetAttribute')).toBe(1);
    expect(kernel.attributes().maxDynamicSharedBytes).toBe(60_000);
  });

  it('asks for more shared memory only once nothing is wrong with the launch', async () => {
    const mock = await fresh();
    const kernel = loaded.kernel('saxpy');
    const shape = { grid: 1, block: 1, sharedBytes: 100_000 };
    for (const [wrong, args] of [
      [{}, [1, 'two', x, y]],
      [{ cooperative: 5 }, [1, 2, x, y]],
    ] as [object, LaunchArgument[]][]) {
      const launch = () => {
        kernel.launch({ ...shape, ...wrong }, ...args);
      };
      expect(launch).toThrow(TypeError);
    }
    expect(mock.calls('cuFuncSetAttribute')).toBe(0);
    expect(kernel.attributes().maxDynamicSharedBytes).toBe(49_152);
    kernel.launch(shape, 1, 2, x, y);
    kernel.launch({ ...shape, sharedBytes: 50_000 }, 1, 2, x, y); // there is more already
    expect(mock.calls('cuFuncSetAttribute')).toBe(1);
    expect(kernel.attributes().maxDynamicSharedBytes).toBe(100_000);
  });

  it('ignores symbols among its options, which others refuse by name', () => {
    const kernel = loaded.kernel('none');
    const odd = { [Symbol('shared')]: 1 };
    kernel.launch({ grid: 1, block: 1, ...odd });
    for (const call of [() => kernel.occupancy({ block: 1, ...odd }), () => alloc(16, odd)]) {
      expect(thrownBy(call).message).toMatch(/^options\.Symbol\(shared\) is not an option/);
    }
  });

  it('takes each type', async () => {
    const mock = await fresh();
    const point = new DataView(new ArrayBuffer(16));
    const kernel = loaded.kernel('many');
    kernel.launch({ grid: 1, block: 1 }, i8(-1), i16(-2), i32(-3), i64(-4n), f32(0.5), f64(0.25), point); // prettier-ignore
    kernel.launch({ grid: 1, block: 1 }, u8(255), u16(65535), u32(2 ** 32 - 1), u64(2n ** 64n - 1n), f32(NaN), f64(1), new Uint8Array(16)); // prettier-ignore
    kernel.launch({ grid: 1, block: 1 }, true, 7, 8, 9n, 0.5, 0.25, point);
    kernel.launch({ grid: 1, block: 1 }, 200, 7n, -8n, pointer(x.address), 1, 2, point);
    await synchronize();
    expect(mock.state().launches).toEqual({ many: 4 });
  });

  const bad: [string, (kernel: Kernel) => void, RegExp][] = [
    ['no options', (k) => { k.launch(undefined as never); }, /^options must be an object with grid/], // prettier-ignore
    ['an option that is none', (k) => { k.launch({ grid: 1, block: 1, shared: 1 } as never); }, /^options.shared is not an option/], // prettier-ignore
    ['no grid', (k) => { k.launch({ block: 1 } as never); }, /^options.grid must be a number or an array/], // prettier-ignore
    ['grid: 0', (k) => { k.launch({ grid: 0, block: 1 }); }, /^options.grid must be an integer from 1 to 2147483647; got 0/], // prettier-ignore
    ['half a block', (k) => { k.launch({ grid: 1, block: 0.5 }); }, /^options.block must be an integer from 1 to 1024; got 0.5/], // prettier-ignore
    ['too high a grid', (k) => { k.launch({ grid: [1, 65536], block: 1 }); }, /^options.grid.y must be an integer from 1 to 65535/], // prettier-ignore
    ['too deep a block', (k) => { k.launch({ grid: 1, block: [1, 1, 65] }); }, /^options.block.z must be an integer from 1 to 64/], // prettier-ignore
    ['four dimensions', (k) => { k.launch({ grid: [1, 1, 1, 1] as never, block: 1 }); }, /^options.grid must be a number or an array of one to three/], // prettier-ignore
    ['a block that is too large in all', (k) => { k.launch({ grid: 1, block: [64, 32] }); }, /^options.block has 2048 threads; this kernel can have 1024/], // prettier-ignore
    ['too much shared memory', (k) => { k.launch({ grid: 1, block: 1, sharedBytes: 2 ** 20 }); }, /^options.sharedBytes must be an integer from 0 to 232448/], // prettier-ignore
    ['a stream that is none', (k) => { k.launch({ grid: 1, block: 1, stream: {} as never }); }, /^options.stream must be a Stream/], // prettier-ignore
    ['cooperative that is no boolean', (k) => { k.launch({ grid: 1, block: 1, cooperative: 1 as never }); }, /^options.cooperative/], // prettier-ignore
    ['too few arguments', (k) => { k.launch({ grid: 1, block: 1 }, 1, 2, x); }, /^arguments: saxpy takes 4; got 3$/], // prettier-ignore
    ['too many arguments', (k) => { k.launch({ grid: 1, block: 1 }, 1, 2, x, y, 1); }, /^arguments: saxpy takes 4; got 5$/], // prettier-ignore
    ['a wrong size', (k) => { k.launch({ grid: 1, block: 1 }, 1, f64(2), x, y); }, /^arguments\[1\]: f64 has 8 bytes; the kernel's parameter has 4$/], // prettier-ignore
    ['an integer for a float', (k) => { k.launch({ grid: 1, block: 1 }, 1, i32(2), x, y); }, /^arguments\[1\]: i32 is an integer; the kernel's parameter is floating-point$/], // prettier-ignore
    ['a float for an integer', (k) => { k.launch({ grid: 1, block: 1 }, f32(1), 2, x, y); }, /^arguments\[0\]: f32 is floating-point; the kernel's parameter is an integer$/], // prettier-ignore
    ['a float for an address', (k) => { k.launch({ grid: 1, block: 1 }, 1, 2, x, f64(1)); }, /^arguments\[3\]: f64 is floating-point; the kernel's parameter is an integer$/], // prettier-ignore
    ['a fraction for an integer', (k) => { k.launch({ grid: 1, block: 1 }, 1.5, 2, x, y); }, /^arguments\[0\] has 4 bytes: write i32/], // prettier-ignore
    ['an integer that is too large', (k) => { k.launch({ grid: 1, block: 1 }, 2 ** 32, 2, x, y); }, /^arguments\[0\] must fit 4 bytes/], // prettier-ignore
    ['an address as a number', (k) => { k.launch({ grid: 1, block: 1 }, 1, 2, 4096, y); }, /^arguments\[2\] has 8 bytes: write i64\(…\), u64\(…\), pointer\(…\) or a DeviceBuffer; got 4096$/], // prettier-ignore
    ['a string', (k) => { k.launch({ grid: 1, block: 1 }, 1, 'a' as never, x, y); }, /^arguments\[1\] has 4 bytes: write a number or f32\(…\); got "a"$/], // prettier-ignore
    ['what only looks like a typed argument', (k) => { k.launch({ grid: 1, block: 1 }, Object.create(i32(1)) as never, 2, x, y); }, /^arguments\[0\] has 4 bytes: write i32/], // prettier-ignore
    ['a number where a buffer is due', (k) => { k.launch({ grid: 1, block: 1 }, x, 2, x, y); }, /^arguments\[0\]: a device address has 8 bytes; the kernel's parameter has 4$/], // prettier-ignore
    ['bytes of another length', (k) => { k.launch({ grid: 1, block: 1 }, 1, 2, x, new Uint8Array(4)); }, /^arguments\[3\]: this value has 4 bytes/], // prettier-ignore
  ];
  it.each(bad)('is not launched with %s', async (_, launch, message) => {
    const mock = await fresh();
    const error = thrownBy(() => {
      launch(loaded.kernel('saxpy'));
    });
    expect(error.message).toMatch(message);
    expect(error).toHaveProperty('name', expect.stringMatching(/^(?:Type|Range)Error$/));
    expect(mock.calls('cuLaunchKernel')).toBe(0);
  });

  it('takes no address and no integer for a double', () => {
    const kernel = loaded.kernel('many');
    const launch = (double: LaunchArgument) => () => {
      kernel.launch({ grid: 1, block: 1 }, 1, 2, 3, 4n, 5, double, new Uint8Array(16));
    };
    const given = { 'a device address': x, pointer: pointer(x.address), i64: i64(1), u64: u64(1) };
    for (const [what, double] of Object.entries(given)) {
      expect(thrownBy(launch(double)).message).toBe(
        `arguments[5]: ${what} is an integer; the kernel's parameter is floating-point`,
      );
    }
    launch(f64(1))();
  });

  it('takes an address for an integer of its size, and either where the kind is not known', async () => {
    const mock = await fresh();
    const struct = new Uint8Array(16);
    const many = loaded.kernel('many');
    many.launch({ grid: 1, block: 1 }, 1, 2, 3, x, 5, 6, struct);
    many.launch({ grid: 1, block: 1 }, 1, 2, 3, pointer(x.address), 5, 6, struct);
    const sizes = loadModule(PTX).kernel('sizes');
    for (const either of [i32(1), f32(1)]) {
      sizes.launch({ grid: 1, block: 1 }, 1, 2, new Uint8Array(32), either);
    }
    await synchronize();
    expect(mock.state().launches).toEqual({ many: 2, sizes: 2 });
  });

  // Else the driver reads what was never written, and the process ends.
  it('is launched with too little where only a wrong text tells what it takes', async () => {
    const mock = await fresh({ cudaDriverVersion: 12030, cudaRuntimeVersion: 12030 });
    const ran: unknown[] = [];
    mock.kernel('two', ['f32*', 'i32'], (_, __, n) => ran.push(n));
    const image = (parameters: string) =>
      `.version 8.0\n.target sm_75\n.address_size 64\n.visible .entry two(${parameters}) { ret; }\n`;
    const right = image('.param .u64 a, .param .u32 b');
    loadModule({ image: right, ptx: image('') })
      .kernel('two')
      .launch({ grid: 1, block: 1 });
    await synchronize();
    expect(ran).toHaveLength(1);
  });

  it('is launched with too little where nothing tells how many it takes', async () => {
    const mock = await fresh({ cudaDriverVersion: 12030, cudaRuntimeVersion: 12030 });
    const ran: unknown[] = [];
    const types = Array.from({ length: 300 }, () => 'i32' as const);
    mock.kernel('wide', types, (_, first) => ran.push(first));
    const parameters = types.map((_, i) => `int p${String(i)}`).join();
    const source = `extern "C" __global__ void wide(${parameters}) {}`;
    const { cubin } = await compile(source, { arch: 'sm_90' });
    const kernel = loadModule(cubin ?? '').kernel('wide');
    kernel.launch({ grid: 1, block: 1 }, i32(7));
    // Also where it waits for its turn.
    using stream = new Stream();
    const busy = alloc(2 ** 21);
    void busy.write(new Uint8Array(busy.byteLength), { stream });
    kernel.launch({ grid: 1, block: 1, stream }, i32(8));
    await stream.synchronize();
    await synchronize();
    busy.free();
    expect(ran).toEqual([7, 8]);
  });

  it('is not launched with a part of another launch', async () => {
    const mock = await fresh();
    const kernel = loaded.kernel('none');
    const grid = Object.defineProperty([0, 2], '0', {
      get: () => {
        kernel.launch({ grid: 9, block: 9 });
        return 1;
      },
    });
    const launch = () => {
      kernel.launch({ grid: [1, 1], block: grid as never });
    };
    expect(launch).toThrow(/^launch\(\): reading its options or arguments made another launch$/);
    expect(mock.calls('cuLaunchKernel')).toBe(1);
    kernel.launch({ grid: 1, block: 1 });
  });

  it('is not launched with what another question has written meanwhile', async () => {
    const mock = await fresh();
    const kernel = loaded.kernel('none');
    const block = Object.defineProperty([64, 0], '1', {
      get: () => {
        kernel.occupancy({ block: 32 });
        return 2;
      },
    });
    expect(() => {
      kernel.launch({ grid: 2, block: block as never });
    }).toThrow(/made another launch$/);
    expect(mock.calls('cuLaunchKernel')).toBe(0);
  });

  it('is launched with the bytes of a view, whatever the view says of itself', async () => {
    const mock = await fresh();
    const ran: unknown[] = [];
    mock.kernel('saxpy', ['i32', 'f32', 'f32*', 'f32*'], (_, n) => ran.push(n));
    const view = Object.defineProperties(Int32Array.of(0, 7).subarray(1), {
      buffer: { value: new ArrayBuffer(64) },
      byteOffset: { value: 32 },
      byteLength: { value: 'four' },
    });
    loaded.kernel('saxpy').launch({ grid: 1, block: 1 }, view, 2, x, y);
    await synchronize();
    expect(ran).toEqual([7]);
  });

  it('is not launched with a view of memory that was detached', () => {
    const view = new DataView(new ArrayBuffer(16));
    structuredClone(view.buffer, { transfer: [view.buffer] });
    expect(() => {
      loaded.kernel('many').launch({ grid: 1, block: 1 }, 1, 2, 3, 4n, 5, 6, view);
    }).toThrow(/^arguments\[6\] is detached, or out of bounds$/);
  });

  it('cannot be constructed', () => {
    const Constructor = Kernel as unknown as new (...args: unknown[]) => Kernel;
    for (const args of [[], ['saxpy', 1, { parameters: null, told: false }, {}]]) {
      expect(() => new Constructor(...args)).toThrow(
        /^Kernel cannot be constructed; call module.kernel\(name\)$/,
      );
    }
  });

  it('has parameters that nobody can change', () => {
    const { parameters } = loaded.kernel('saxpy');
    expect(() => (parameters as unknown[]).pop()).toThrow(TypeError);
    expect(() => Object.assign(parameters?.[0] ?? {}, { size: 8 })).toThrow(TypeError);
  });

  it('takes no more arguments than there is room for', async () => {
    const old = { cudaDriverVersion: 12030, cudaRuntimeVersion: 12030 };
    await fresh(old);
    const { cubin } = await compile(SOURCE, { arch: 'sm_90' });
    const kernel = loadModule(cubin ?? '').kernel('none');
    const launch = (...args: (KernelArgument | Uint8Array)[]) => {
      kernel.launch({ grid: 1, block: 1 }, ...args);
    };
    launch(...Array.from({ length: 256 }, () => i32(1)));
    launch(new Uint8Array(32768 - 16), new Uint8Array(16));
    const tooMany = /^arguments: at most 256, with 32768 bytes in all$/;
    for (const args of [
      Array.from({ length: 257 }, () => i32(1)),
      [new Uint8Array(32769)],
      [new Uint8Array(32768), i32(1)],
      [i32(1), new Uint8Array(32768)],
    ]) {
      expect(() => {
        launch(...args);
      }).toThrow(tooMany);
    }
  });

  it('is not launched with memory that was freed or is elsewhere', async () => {
    await fresh({ devices: 2 });
    const kernel = loaded.kernel('saxpy');
    const launch = (buffer: DeviceBuffer) => () => {
      kernel.launch({ grid: 1, block: 1 }, 1, 2, x, buffer);
    };
    expect(thrownBy(launch(alloc(16, { device: 1 }))).message).toBe(
      'arguments[3] is a DeviceBuffer of device 1; device 0 is needed',
    );
    y.free();
    expect(thrownBy(launch(y)).message).toBe('arguments[3]: this DeviceBuffer was freed before');
    using other = new Stream({ device: 1 });
    expect(() => {
      kernel.launch({ grid: 1, block: 1, stream: other }, 1, 2, x, x);
    }).toThrow(/^options.stream is a Stream of device 1/);
  });

  it('asks for types where the parameters are not known', async () => {
    const old = { cudaDriverVersion: 12030, cudaRuntimeVersion: 12030 };
    await fresh(old);
    const { cubin } = await compile(SOURCE, { arch: 'sm_90' });
    const kernel = loadModule(cubin ?? '').kernel('saxpy');
    kernel.launch({ grid: 1, block: 1 }, i32(1), f32(2), x, y);
    expect(() => {
      kernel.launch({ grid: 1, block: 1 }, 1, f32(2), x, y);
    }).toThrow(/^arguments\[0\] must say its type, because the kernel's parameters are not known/);
  });

  it('that the driver refuses is an exception of ours', async () => {
    await fresh({ rules: [{ library: 'cuda', call: 'cuLaunchKernel', code: 701 }] });
    expect(
      failureOf(() => {
        loaded.kernel('none').launch({ grid: 1, block: 1 });
      }),
    ).toMatchObject({ call: 'cuLaunchKernel', code: 701, device: 0 });
  });

  it('waits for its turn behind what waits', async () => {
    const mock = await fresh();
    using stream = new Stream();
    // A copy of ordinary memory is made on the lane; see buffers.
    for (let i = 0; i < 20; ++i) loaded.kernel('none').launch({ grid: 1, block: 1, stream });
    await stream.synchronize();
    expect(mock.state().launches).toEqual({ none: 20 });
  });

  it('is launched, when its turn comes, with what it was given at the call', async () => {
    const mock = await fresh();
    const ran: unknown[] = [];
    mock.kernel('saxpy', ['i32', 'f32', 'f32*', 'f32*'], (_, n, a) => ran.push([n, a]));
    using stream = new Stream({ nonBlocking: true });
    using other = new Stream({ nonBlocking: true });
    using busy = alloc(4 * 2 ** 20);
    const view = Int32Array.of(7);
    const kernel = loaded.kernel('saxpy');
    // Behind a copy that this loop makes, which it does in later turns.
    void busy.write(new Uint8Array(busy.byteLength), { stream });
    kernel.launch({ grid: 1, block: 1, stream }, view, 0.5, x, y);
    view[0] = 8;
    kernel.launch({ grid: 1, block: 1, stream: other }, 9, 0.25, y, x);
    expect(mock.calls('cuLaunchKernel')).toBe(1);
    await Promise.all([stream.synchronize(), other.synchronize()]);
    expect(ran).toEqual([[9, 0.25], [7, 0.5]]); // prettier-ignore
  });

  it('keeps memory of another stream until it has run', async () => {
    const mock = await fresh();
    using stream = new Stream({ nonBlocking: true });
    using other = new Stream({ nonBlocking: true });
    using busy = alloc(32 * 2 ** 20);
    const buffer = alloc(4096, { stream });
    const written = busy.write(new Uint8Array(busy.byteLength), { stream: other });
    // Behind the copy, for which the thread of the addon waits.
    loaded.kernel('saxpy').launch({ grid: 1, block: 1, stream: other }, 1, 1, buffer, buffer);
    buffer.free();
    expect(mock.calls('cudaFreeAsync')).toBe(0);
    await written;
    while (mock.calls('cudaFreeAsync') === 0) await new Promise(setImmediate);
    expect(mock.state().launches).toEqual({ saxpy: 1 });
  });
});

describe('typed arguments', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['i8', () => i8(128), /^i8 must be an integer from -128 to 127; got 128$/],
    ['u8', () => u8(-1), /^u8 must be an integer from 0 to 255/],
    ['i16', () => i16(1.5), /^i16 must be an integer/],
    ['u16', () => u16('1' as never), /^u16 must be an integer/],
    ['i32', () => i32(2 ** 31), /^i32 must be an integer/],
    ['u32', () => u32(NaN), /^u32 must be an integer/],
    ['i64', () => i64(2n ** 63n), /^i64 must be from -9223372036854775808 to/],
    ['i64', () => i64(2 ** 53), /^i64 must be a bigint or a safe integer; got 9007199254740992$/],
    ['u64', () => u64(-1n), /^u64 must be from 0 to 18446744073709551615; got -1n$/],
    ['f32', () => f32(1n as never), /^f32 must be a number; got 1n$/],
    ['f64', () => f64(null as never), /^f64 must be a number; got null$/],
    ['pointer', () => pointer(1 as never), /^pointer must be a bigint; got 1$/],
  ])('%s checks what it is given', (_, make, message) => {
    expect(thrownBy(make).message).toMatch(message);
  });

  it('keep their value', () => {
    expect(i32(-5)).toBeInstanceOf(KernelArgument);
    expect(u64(5)).toMatchObject({ type: 'u64', value: 5n });
    expect(inspect([i32(-5), u64(5)])).toBe('[ i32(-5), u64(5n) ]');
  });

  it('are made by their functions alone, and stay what they are', async () => {
    const Constructor = KernelArgument as unknown as new (...args: unknown[]) => KernelArgument;
    for (const args of [[], ['i32', 'abc'], [Symbol('i32'), 'i32', 5]]) {
      expect(() => new Constructor(...args)).toThrow(
        /^KernelArgument cannot be constructed; call i32\(value\)/,
      );
    }
    const mock = await fresh();
    const seen: unknown[] = [];
    mock.kernel('saxpy', ['i32', 'f32', 'f32*', 'f32*'], (_, n) => seen.push(n));
    const five = i32(5);
    expect(() => Object.assign(five, { type: 'pointer' })).toThrow(TypeError);
    expect(() => Object.assign(five, { value: 6 })).toThrow(TypeError);
    Object.defineProperty(five, 'type', { value: 'pointer' });
    Object.defineProperty(five, 'value', { get: () => 'six' });
    loaded.kernel('saxpy').launch({ grid: 1, block: 1 }, five, 2, x, y);
    await synchronize();
    expect(seen).toEqual([5]);
  });
});
