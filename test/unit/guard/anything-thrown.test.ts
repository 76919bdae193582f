import * as fc from 'fast-check';
import {
  catchGpuExceptions,
  classifyGpuFailure,
  deserializeException,
  GPUException,
  resetFatalState,
  serializeException,
} from '../../../lib/index.js';

type Serialized = Parameters<typeof deserializeException>[0];

/** How long each part is tried, e.g. by scripts/fuzz.cjs; else a fixed number of times. */
const seconds = Number(process.env['GPU_EXCEPTIONS_FUZZ_SECONDS'] ?? 0);
/** For each of the two properties of a part. */
const effort: fc.Parameters<unknown> =
  seconds > 0 ? { numRuns: 2 ** 31 - 1, interruptAfterTimeLimit: seconds * 500 } : { numRuns: 500 };

/** Words that engines and vendors use, between whatever else. */
const words = fc.constantFrom(
  'CUDA error: out of memory',
  'cudaMalloc failed',
  'CUDNN_STATUS_EXECUTION_FAILED',
  'an illegal memory access was encountered (700)',
  'hipErrorOutOfMemory',
  'barracuda',
  'cuda_device: field required',
  'CUDA failure 2: out of memory ; GPU=0 ; expr=cudaMalloc',
);
const text = fc.array(fc.oneof(words, fc.string({ unit: 'binary' })), { maxLength: 6 }).map((parts) => parts.join(' ')); // prettier-ignore

const errors = fc
  .record({ message: text, code: fc.oneof(fc.integer(), text), name: text, cause: fc.anything() })
  .map(({ message, cause, ...rest }) => Object.assign(new Error(message, { cause }), rest));

const hostile = fc.constantFrom<() => unknown>(
  () => new Proxy({}, { get: () => { throw new Error('trap'); } }), // prettier-ignore
  () => Object.freeze(new Error('CUDA error: out of memory')),
  () => {
    const error = new Error('CUDA error: out of memory');
    error.cause = error;
    return error;
  },
  () => Object.defineProperty({}, 'message', { get: () => { throw new Error('getter'); } }), // prettier-ignore
  () => Object.create(null) as unknown,
  () => Symbol('thrown'),
);

const thrown = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withSparseArray: true }),
  text,
  errors,
  hostile.map((make) => make()),
);

jest.setTimeout(60_000 + seconds * 2000);

afterEach(() => {
  resetFatalState();
});

/** What leaves the guard when `value` is thrown in it. */
function leaves(value: unknown): unknown {
  try {
    catchGpuExceptions(() => {
      throw value;
    });
  } catch (error) {
    return error;
  } finally {
    resetFatalState();
  }
  return undefined;
}

describe('whatever is thrown in the guard', () => {
  it('leaves it as the same value, or as a GPUException with it as the cause', () => {
    fc.assert(
      fc.property(thrown, (value) => {
        const left = leaves(value);
        if (Object.is(left, value)) return true;
        return left instanceof GPUException && Object.is(left.cause, value);
      }),
      effort,
    );
  });

  it('is judged alike by it and by classifyGpuFailure, which never throw themselves', () => {
    fc.assert(
      fc.property(thrown, (value) => {
        const failure = classifyGpuFailure(value);
        resetFatalState();
        const left = leaves(value);
        return (failure === null) === Object.is(left, value) || value instanceof GPUException;
      }),
      effort,
    );
  });
});

describe('serialisation', () => {
  it('carries through JSON what the guard threw, as the same failure', () => {
    fc.assert(
      fc.property(errors, (error) => {
        const left = leaves(error);
        if (!(left instanceof GPUException)) return true;
        const carried = JSON.parse(JSON.stringify(serializeException(left))) as Serialized;
        const back = deserializeException(carried);
        return (
          back instanceof GPUException &&
          back.name === left.name &&
          JSON.stringify(back.failure) === JSON.stringify(left.failure)
        );
      }),
      effort,
    );
  });

  it('answers an error or throws a TypeError, whatever it is to bring back', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        try {
          return deserializeException(value as Serialized) instanceof Error;
        } catch (error) {
          return error instanceof TypeError;
        }
      }),
      effort,
    );
  });
});
