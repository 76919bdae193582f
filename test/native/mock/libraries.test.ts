/** cuBLAS and cuDNN: what they compute, refuse and say. */

import { call, configure, inject, malloc, out, prototype } from './stand-in';

const toDevice = prototype('int cudaMemcpy(uintptr_t to, void *from, size_t bytes, int kind)');
const toHost = prototype('int cudaMemcpy(void *to, uintptr_t from, size_t bytes, int kind)');
const synchronize = prototype('int cudaDeviceSynchronize()');
const createStream = prototype('int cudaStreamCreate(void *stream)');

/** The bytes, in device memory. */
function upload(bytes: Buffer): bigint {
  const { address, status } = malloc(bytes.length);
  if (status !== 0 || Number(toDevice(address, bytes, bytes.length, 1)) !== 0) {
    throw new Error('no upload');
  }
  return address;
}
function download(address: bigint, bytes: number): Buffer {
  const into = Buffer.alloc(bytes);
  expect(toHost(into, address, bytes, 2)).toBe(0);
  return into;
}
const singles = (values: readonly number[]): Buffer =>
  Buffer.from(Float32Array.from(values).buffer);
const asSingles = (bytes: Buffer): number[] => [
  ...new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4),
];
const pointers = (addresses: readonly bigint[]): Buffer =>
  Buffer.from(BigUint64Array.from(addresses).buffer);

describe('cuBLAS', () => {
  const create = prototype('int cublasCreate_v2(void *handle)');
  const destroy = prototype('int cublasDestroy_v2(uintptr_t handle)');
  const setStream = prototype('int cublasSetStream_v2(uintptr_t handle, uintptr_t stream)');
  const sgemm = prototype(
    'int cublasSgemm_v2(uintptr_t h, int ta, int tb, int m, int n, int k, void *alpha, uintptr_t A, int lda, uintptr_t B, int ldb, void *beta, uintptr_t C, int ldc)',
  );
  const gemmEx = prototype(
    'int cublasGemmEx(uintptr_t h, int ta, int tb, int m, int n, int k, void *alpha, uintptr_t A, int at, int lda, uintptr_t B, int bt, int ldb, void *beta, uintptr_t C, int ct, int ldc, int compute, int algo)',
  );
  const strided = prototype(
    'int cublasSgemmStridedBatched(uintptr_t h, int ta, int tb, int m, int n, int k, void *alpha, uintptr_t A, int lda, long long sa, uintptr_t B, int ldb, long long sb, void *beta, uintptr_t C, int ldc, long long sc, int batches)',
  );
  const batched = prototype(
    'int cublasSgemmBatched(uintptr_t h, int ta, int tb, int m, int n, int k, void *alpha, uintptr_t A, int lda, uintptr_t B, int ldb, void *beta, uintptr_t C, int ldc, int batches)',
  );
  const trsm = prototype(
    'int cublasStrsmBatched(uintptr_t h, int side, int uplo, int trans, int diag, int m, int n, void *alpha, uintptr_t A, int lda, uintptr_t B, int ldb, int batches)',
  );
  const [ONE, ZERO] = [singles([1]), singles([0])];
  const [F32, F16, BF16, COMPUTE_32F, COMPUTE_16F] = [0, 2, 14, 68, 64];
  const NOT_INITIALIZED = 1;
  const INVALID_VALUE = 7;
  const EXECUTION_FAILED = 13;
  const NOT_SUPPORTED = 15;

  const handle = (): bigint => {
    const made = out(8);
    expect(create(made)).toBe(0);
    return made.readBigUInt64LE();
  };
  beforeEach(() => configure({ devices: 2 }));

  /** Small whole numbers: every sum is exact, whatever its order. */
  const matrix = (elements: number, seed: number): number[] =>
    Array.from({ length: elements }, (_, i) => ((i * 7 + seed * 13) % 11) - 5);

  test.each([
    [0, 0],
    [1, 0],
    [0, 1],
    [2, 1],
  ])('multiplies, with operations %i and %i', (ta, tb) => {
    const [m, n, k, lda, ldb, ldc] = [3, 4, 5, 7, 8, 6];
    const a = matrix(lda * Math.max(m, k), 1);
    const b = matrix(ldb * Math.max(n, k), 2);
    const c = matrix(ldc * n, 3);
    const expected = [...c];
    for (let i = 0; i < m; ++i) {
      for (let j = 0; j < n; ++j) {
        let sum = 0;
        for (let l = 0; l < k; ++l) {
          const left = ta === 0 ? a[i + l * lda] : a[l + i * lda];
          const right = tb === 0 ? b[l + j * ldb] : b[j + l * ldb];
          sum += (left ?? NaN) * (right ?? NaN);
        }
        expected[i + j * ldc] = 2 * sum + 3 * (c[i + j * ldc] ?? NaN);
      }
    }
    const target = upload(singles(c));
    const status = Number(
      sgemm(
        handle(), ta, tb, m, n, k, singles([2]), upload(singles(a)), lda, upload(singles(b)), ldb,
        singles([3]), target, ldc,
      ), // prettier-ignore
    );
    expect(status).toBe(0);
    expect(asSingles(download(target, c.length * 4))).toEqual(expected);
  });

  test('does not read C where beta is 0', () => {
    const target = upload(singles([NaN]));
    const a = upload(singles([6]));
    expect(sgemm(handle(), 0, 0, 1, 1, 1, ONE, a, 1, a, 1, ZERO, target, 1)).toBe(0);
    expect(asSingles(download(target, 4))).toEqual([36]);
  });

  test('multiplies every member of a batch, side by side or listed', () => {
    const a = upload(singles([1, 2, 3, 4]));
    const b = upload(singles([10, 20, 30, 40]));
    const c = upload(Buffer.alloc(16));
    expect(strided(handle(), 0, 0, 1, 1, 1, ONE, a, 1, 1n, b, 1, 1n, ZERO, c, 1, 1n, 4)).toBe(0);
    expect(asSingles(download(c, 16))).toEqual([10, 40, 90, 160]);
    const list = (base: bigint): bigint =>
      upload(pointers([3, 2, 1, 0].map((i) => base + BigInt(4 * i))));
    const lists = [list(a), list(b), list(c)] as const;
    const twice = singles([2]);
    expect(
      batched(handle(), 0, 0, 1, 1, 1, twice, lists[0], 1, lists[1], 1, ZERO, lists[2], 1, 4),
    ).toBe(0);
    expect(asSingles(download(c, 16))).toEqual([20, 80, 180, 320]);
  });

  /** Every half-precision number, by its bits. */
  const allHalves = Buffer.from(Uint16Array.from({ length: 65536 }, (_, i) => i).buffer);
  const half = (bits: number): number => {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const sign = bits & 0x8000 ? -1 : 1;
    if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
    return (
      sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
    );
  };
  const scaleAll = (
    type: number,
    unit: number,
    to: number,
    alpha: Buffer,
    compute: number,
  ): Buffer => {
    const one = upload(Buffer.from(Uint16Array.from([unit]).buffer));
    const source = upload(allHalves);
    const bytes = 65536 * (to === F32 ? 4 : 2);
    const target = upload(Buffer.alloc(bytes));
    expect(
      gemmEx(
        handle(), 0, 0, 65536, 1, 1, alpha, source, type, 65536, one, type, 1,
        compute === COMPUTE_16F ? Buffer.alloc(2) : ZERO, target, to, 65536, compute, -1,
      ), // prettier-ignore
    ).toBe(0);
    return download(target, bytes);
  };

  test('reads and writes every half-precision number as it is', () => {
    const read = asSingles(scaleAll(F16, 0x3c00, F32, ONE, COMPUTE_32F));
    const misread = read.filter((value, bits) => !Object.is(value + 0, half(bits) + 0));
    expect(misread).toEqual([]);
    const same = scaleAll(F16, 0x3c00, F16, ONE, COMPUTE_32F);
    const changed = read.filter((value, bits) => {
      const seen = same.readUInt16LE(bits * 2);
      return Number.isNaN(value) ? !Number.isNaN(half(seen)) : value !== 0 && seen !== bits;
    });
    expect(changed).toEqual([]);
  });

  test('rounds to the nearest half, ties to even', () => {
    const values = Array.from({ length: 0x7c01 }, (_, bits) =>
      bits === 0x7c00 ? 65536 : half(bits),
    );
    const nearest = (value: number): number => {
      let [low, high] = [0, 0x7c00];
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if ((values[middle] ?? NaN) <= value) low = middle;
        else high = middle;
      }
      const [below = NaN, above = NaN] = [values[low], values[high]];
      if (value - below === above - value) return low % 2 === 0 ? low : high;
      return value - below < above - value ? low : high;
    };
    for (const alpha of [1 / 3, 1.7]) {
      const seen = scaleAll(F16, 0x3c00, F16, singles([alpha]), COMPUTE_32F);
      const wrong = Array.from({ length: 0x7bff }, (_, i) => i + 1).filter((bits) => {
        const exact = Math.fround(Math.fround(alpha) * half(bits));
        return seen.readUInt16LE(bits * 2) !== (exact >= 65536 ? 0x7c00 : nearest(exact));
      });
      expect(wrong).toEqual([]);
    }
  });

  test('computes in half precision where that is asked for', () => {
    const two = Buffer.from(Uint16Array.from([0x4000]).buffer);
    const seen = scaleAll(F16, 0x3c00, F16, two, COMPUTE_16F);
    expect(half(seen.readUInt16LE(0x3c00 * 2))).toBe(2);
  });

  test('knows bfloat16, the upper half of a float', () => {
    const seen = asSingles(scaleAll(BF16, 0x3f80, F32, ONE, COMPUTE_32F));
    expect([seen[0x4049], seen[0xbf80], seen[0x7f80]]).toEqual([3.140625, -1, Infinity]);
    // Half a step above 1 goes to the even neighbour, three halves to the next one.
    const scaled = (alpha: number): number =>
      scaleAll(BF16, 0x3f80, BF16, singles([alpha]), COMPUTE_32F).readUInt16LE(0x3f80 * 2);
    expect([1 + 2 ** -8, 1 + 3 * 2 ** -8].map(scaled)).toEqual([0x3f80, 0x3f82]);
  });

  test.each([
    [0, 1, 0], // from the left, upper
    [0, 0, 0],
    [0, 1, 1],
    [1, 1, 0], // from the right
    [1, 0, 1],
  ])('solves triangular systems: side %i, fill %i, operation %i', (side, uplo, trans) => {
    const [m, n] = [3, 2];
    const order = side === 0 ? m : n;
    const a = Array.from({ length: order * order }, (_, at) => {
      const [row, column] = [at % order, Math.floor(at / order)];
      if (row === column) return 2;
      const stored = uplo === 1 ? row < column : row > column;
      return stored ? row + column : NaN; // the other half is never looked at
    });
    const opA = (row: number, column: number): number => {
      const value = (trans === 0 ? a[row + column * order] : a[column + row * order]) ?? NaN;
      return Number.isNaN(value) ? 0 : value;
    };
    const x = [1, -2, 3, 4, 5, -6]; // columns of 3
    const b = x.map((_, at) => {
      const [row, column] = [at % m, Math.floor(at / m)];
      let sum = 0;
      for (let l = 0; l < order; ++l) {
        sum +=
          side === 0
            ? opA(row, l) * (x[l + column * m] ?? NaN)
            : (x[row + l * m] ?? NaN) * opA(l, column);
      }
      return sum;
    });
    const target = upload(singles(b));
    const lists = [upload(pointers([upload(singles(a))])), upload(pointers([target]))] as const;
    expect(trsm(handle(), side, uplo, trans, 0, m, n, ONE, lists[0], order, lists[1], m, 1)).toBe(
      0,
    );
    expect(asSingles(download(target, 24))).toEqual(x);
  });

  test('refuses wrong arguments, before anything else happens', () => {
    const h = handle();
    const a = upload(singles([1, 2, 3, 4]));
    const with_ = (changed: Record<number, number | null>): number => {
      const values = [h, 0, 0, 2, 2, 2, ONE, a, 2, a, 2, ZERO, a, 2];
      for (const [at, value] of Object.entries(changed)) values[Number(at)] = value as number;
      return Number(sgemm(...values));
    };
    expect(with_({})).toBe(0);
    for (const wrong of [
      { 1: 3 },
      { 2: -1 },
      { 3: -1 },
      { 4: -1 },
      { 5: -1 },
      { 8: 1 },
      { 10: 1 },
    ]) {
      expect([wrong, with_(wrong)]).toEqual([wrong, INVALID_VALUE]);
    }
    expect(with_({ 13: 1 })).toBe(INVALID_VALUE);
    expect(with_({ 6: null })).toBe(INVALID_VALUE);
    expect(with_({ 11: null })).toBe(INVALID_VALUE);
    expect(with_({ 3: 0, 6: null })).toBe(0); // nothing to do
    const types = (at: number, bt: number, ct: number, compute: number): number =>
      Number(gemmEx(h, 0, 0, 1, 1, 1, ONE, a, at, 1, a, bt, 1, ZERO, a, ct, 1, compute, -1));
    expect(types(F32, F32, F32, COMPUTE_32F)).toBe(0);
    expect(types(F32, F16, F32, COMPUTE_32F)).toBe(NOT_SUPPORTED);
    expect(types(F32, F32, F16, COMPUTE_32F)).toBe(NOT_SUPPORTED);
    expect(types(F32, F32, F32, COMPUTE_16F)).toBe(NOT_SUPPORTED);
    expect(types(3, 3, 3, COMPUTE_32F)).toBe(NOT_SUPPORTED);
    expect(destroy(h)).toBe(0);
    expect(with_({})).toBe(NOT_INITIALIZED);
  });

  test('loses the context where an operand leaves its memory', () => {
    const h = handle();
    const a = upload(singles(Array<number>(64).fill(1)));
    const status = sgemm(h, 0, 0, 8, 8, 9, ONE, a, 8, a, 9, ZERO, a, 8);
    expect(status).toBe(0);
    expect(synchronize()).toBe(700);
    expect(sgemm(h, 0, 0, 1, 1, 1, ONE, a, 1, a, 1, ZERO, a, 1)).toBe(EXECUTION_FAILED);
  });

  test('works in the stream and on the device of its handle', () => {
    const h = handle();
    const stream = out(8);
    expect(createStream(stream)).toBe(0);
    expect(setStream(h, stream.readBigUInt64LE())).toBe(0);
    expect(setStream(h, 0xdeadn)).toBe(INVALID_VALUE);
    const a = upload(singles([3]));
    const c = upload(singles([0]));
    expect(call('cudaSetDevice', 1)).toBe(0);
    expect(sgemm(h, 0, 0, 1, 1, 1, ONE, a, 1, a, 1, ZERO, c, 1)).toBe(0);
    expect(call('cudaSetDevice', 0)).toBe(0);
    expect(synchronize()).toBe(0);
    expect(asSingles(download(c, 4))).toEqual([9]);
  });

  test('obeys rules', () => {
    const h = handle();
    inject({
      library: 'cublas',
      call: 'cublasSgemm*',
      code: 'CUBLAS_STATUS_ALLOC_FAILED',
      device: 0,
    });
    expect(sgemm(h, 0, 0, 1, 1, 1, ONE, 0n, 1, 0n, 1, ZERO, 0n, 1)).toBe(3);
  });
});

describe('cuDNN', () => {
  const create = prototype('int cudnnCreate(void *handle)');
  const destroy = prototype('int cudnnDestroy(uintptr_t handle)');
  const setStream = prototype('int cudnnSetStream(uintptr_t handle, uintptr_t stream)');
  const getStream = prototype('int cudnnGetStream(uintptr_t handle, void *stream)');
  const errorString = prototype('str cudnnGetErrorString(int status)');
  const lastErrorString = prototype('void cudnnGetLastErrorString(void *message, size_t size)');

  const lastError = (): string => {
    const text = Buffer.alloc(256, 1);
    lastErrorString(text, text.length);
    return text.toString('utf8', 0, text.indexOf(0));
  };

  describe.each([
    ['9.13.0', { BAD_PARAM: 2000, EXECUTION_FAILED: 5000, MAPPING: 4006, ALLOC: 4003 }],
    ['8.9.7', { BAD_PARAM: 3, EXECUTION_FAILED: 8, MAPPING: 7, ALLOC: 2 }],
  ])('%s', (cudnnVersion, codes) => {
    test('gives handles, each with a stream', () => {
      configure({ cudnnVersion, devices: 2 });
      expect(create(null)).toBe(codes.BAD_PARAM);
      const made = out(8);
      expect(create(made)).toBe(0);
      const handle = made.readBigUInt64LE();
      const stream = out(8);
      expect(createStream(stream)).toBe(0);
      expect(setStream(handle, stream.readBigUInt64LE())).toBe(0);
      const seen = out(8);
      expect(getStream(handle, seen)).toBe(0);
      expect(seen.readBigUInt64LE()).toBe(stream.readBigUInt64LE());
      expect(setStream(handle, 0xdeadn)).toBe(codes.BAD_PARAM);
      call('cudaSetDevice', 1);
      expect(createStream(stream)).toBe(0);
      expect(setStream(handle, stream.readBigUInt64LE())).toBe(codes.MAPPING);
      expect(destroy(handle)).toBe(0);
      expect(destroy(handle)).toBe(codes.BAD_PARAM);
      expect(destroy(0n)).toBe(0);
    });

    test('fails with its context', () => {
      configure({ cudnnVersion, devices: [{ memoryBytes: 2 ** 20, reservedBytes: 0 }] });
      expect(create(out(8))).toBe(codes.ALLOC); // no room for a context
      configure({ cudnnVersion });
      const made = out(8);
      expect(create(made)).toBe(0);
      inject({ library: 'cudart', call: 'cudaMalloc', code: 'cudaErrorIllegalAddress' });
      expect(malloc(1).status).toBe(700);
      expect(setStream(made.readBigUInt64LE(), 0n)).toBe(codes.EXECUTION_FAILED);
    });

    test('names its codes', () => {
      configure({ cudnnVersion });
      expect(errorString(0)).toBe('CUDNN_STATUS_SUCCESS');
      expect(errorString(codes.BAD_PARAM)).toBe('CUDNN_STATUS_BAD_PARAM');
      expect(errorString(987654)).toBe('CUDNN_UNKNOWN_STATUS');
    });
  });

  test('tells the last error of the thread', () => {
    configure();
    expect(lastError()).toBe('');
    expect(destroy(1n)).toBe(2000);
    expect(lastError()).toBe('CUDNN_STATUS_BAD_PARAM; cudnnDestroy failed');
    expect(lastError()).toBe(''); // as the real one: it is told once
    expect(setStream(1n, 0n)).toBe(2000);
    const short = Buffer.alloc(8, 1);
    lastErrorString(short, 6);
    expect(short.toString('latin1', 0, 7)).toBe('CUDNN\0\x01');
    inject({ library: 'cudnn', call: 'cudnnCreate', code: 1001 });
    expect(create(out(8))).toBe(1001);
    expect(lastError()).toBe('CUDNN_STATUS_NOT_INITIALIZED; cudnnCreate failed');
  });
});
