/** Kernels that JavaScript computes, so that a program on the stand-in gets true results. */

import { describe } from '../guard/arguments.js';
import { loadBinding } from '../native/load.js';

interface Arrays {
  i8: Int8Array;
  u8: Uint8Array;
  i16: Int16Array;
  u16: Uint16Array;
  i32: Int32Array;
  u32: Uint32Array;
  i64: BigInt64Array;
  u64: BigUint64Array;
  f32: Float32Array;
  f64: Float64Array;
}

/** A number of a kernel's: its type as in `i32(5)`. */
export type MockScalarType = keyof Arrays;
/** What a parameter is: a number, or with `*` a pointer to numbers. */
export type MockParameterType = MockScalarType | `${MockScalarType}*`;

type Element<T extends MockScalarType> = T extends 'i64' | 'u64' ? bigint : number;

/**
 * The device memory behind a pointer, up to the end of its allocation: the real one, not a copy. It
 * reads and writes like a typed array, and is checked: an index outside is the kernel's fault, as an
 * illegal access on a GPU is. Void when the kernel returns.
 */
export interface MockSpan<T extends MockScalarType = MockScalarType> {
  readonly length: number;
  /** The same memory, faster and not checked: what lies outside is `undefined`, and not written. */
  readonly array: Arrays[T];
  [index: number]: Element<T>;
}

export type MockArgument<P extends MockParameterType> =
  P extends `${infer T extends MockScalarType}*`
    ? MockSpan<T>
    : P extends MockScalarType
      ? Element<P>
      : never;

/** One launch. The function runs once for all of its threads. */
export interface MockLaunch {
  /** As the compiler named it. */
  readonly kernel: string;
  readonly grid: readonly [x: number, y: number, z: number];
  readonly block: readonly [x: number, y: number, z: number];
  readonly sharedBytes: number;
  /** Of all blocks. */
  readonly threads: number;
}

/** What a kernel computes. What it throws is the kernel's fault, and told as a process warning. */
export type MockKernelBody<P extends readonly MockParameterType[]> = (
  launch: MockLaunch,
  ...args: { [I in keyof P]: MockArgument<P[I]> }
) => void;

const ARRAYS = {
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const;

/** Something that a kernel must not touch. */
class KernelFault extends Error {}

/**
 * Gives a kernel an implementation in JavaScript, by the name in its image or, of a function in no
 * namespace, by its plain one. It stays through `useMock()` and `reset()`; a later one of that name
 * replaces it. It runs on the thread that calls this: on its event loop, or within a call that waits
 * for the stream. A stream waits until the kernel has run, so that a thread that never returns to its
 * loop holds it up. Within a kernel no call of CUDA is permitted (`cudaErrorNotPermitted`).
 *
 * @param parameters their types in order, e.g. `['i32', 'f32', 'f32*', 'f32*']`.
 * @returns takes it back; then nothing is computed, as before.
 * @throws {TypeError} a wrong argument.
 * @throws {Error} the stand-in is not in use.
 */
export function mockKernel<const P extends readonly MockParameterType[]>(
  name: string,
  parameters: P,
  body: MockKernelBody<P>,
): () => void {
  if (typeof name !== 'string' || name === '' || name.includes('\0')) {
    throw new TypeError(
      `name must be a string, not empty and without NUL characters; got ${describe(name)}`,
    );
  }
  const types = readTypes(parameters);
  if (typeof body !== 'function') {
    throw new TypeError(`body must be a function; got ${describe(body)}`);
  }
  const kinds = types.map(({ isPointer, type }) =>
    isPointer ? 'p' : String(ARRAYS[type].BYTES_PER_ELEMENT),
  );
  const run = body as unknown as (launch: MockLaunch, ...args: unknown[]) => unknown;
  loadBinding().mockKernel(
    name,
    kinds.join(''),
    (kernel, gx, gy, gz, bx, by, bz, sharedBytes, values, memory) => {
      const launch: MockLaunch = {
        kernel,
        grid: [gx, gy, gz],
        block: [bx, by, bz],
        sharedBytes,
        threads: gx * gy * gz * bx * by * bz,
      };
      const view = new DataView(values);
      const open: { fault: boolean } = { fault: false };
      const args = types.map(({ isPointer, type }, i) =>
        isPointer ? spanOver(memory[i] ?? null, type, open) : readNumber(view, 16 * i, type),
      );
      try {
        run(launch, ...args);
      } catch (error) {
        if (!(error instanceof KernelFault)) warn(name, error);
        return 1;
      }
      return open.fault ? 1 : 0;
    },
  );
  return () => {
    loadBinding().forgetMockKernel(name);
  };
}

interface ParameterType {
  type: MockScalarType;
  isPointer: boolean;
}

function readTypes(parameters: unknown): ParameterType[] {
  if (!Array.isArray(parameters)) {
    throw new TypeError(`parameters must be an array of types; got ${describe(parameters)}`);
  }
  return parameters.map((given: unknown, i) => {
    const isPointer = typeof given === 'string' && given.endsWith('*');
    const type = isPointer ? given.slice(0, -1) : given;
    if (typeof type === 'string' && Object.hasOwn(ARRAYS, type)) {
      return { type: type as MockScalarType, isPointer };
    }
    throw new TypeError(
      `parameters[${String(i)}] must be one of ${Object.keys(ARRAYS).join(', ')}, or with a * behind it; got ${describe(given)}`,
    );
  });
}

function readNumber(view: DataView, at: number, type: MockScalarType): number | bigint {
  const Constructor = ARRAYS[type];
  return new Constructor(view.buffer as ArrayBuffer, at, 1)[0] as number | bigint;
}

/** `open.fault` is set by whoever touches what is not there, also where the error is caught. */
function spanOver(
  memory: ArrayBuffer | null,
  type: MockScalarType,
  open: { fault: boolean },
): object {
  const Constructor = ARRAYS[type];
  const buffer = memory ?? new ArrayBuffer(0);
  const length = Math.floor(buffer.byteLength / Constructor.BYTES_PER_ELEMENT);
  const array = new Constructor(buffer, 0, length);
  const fault = (index: string): never => {
    open.fault = true;
    throw new KernelFault(`index ${index} is outside of ${String(length)}`);
  };
  const outside = (key: string): boolean => Number.isInteger(Number(key)) && !(key in array);
  return new Proxy(array, {
    get(target, key) {
      if (typeof key === 'symbol') return Reflect.get(target, key, target) as unknown;
      if (key === 'array') return target;
      if (outside(key)) return fault(key);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
    set(target, key, value) {
      if (typeof key === 'string' && outside(key)) return fault(key);
      return Reflect.set(target, key, value, target);
    },
  });
}

function warn(name: string, error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.emitWarning(`The implementation of the kernel ${name} threw: ${text}`, {
    type: 'GpuExceptionsWarning',
    code: 'GPU_EXCEPTIONS_MOCK_KERNEL',
  });
}
