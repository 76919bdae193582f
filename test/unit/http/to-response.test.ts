import * as fc from 'fast-check';
import {
  AppException,
  AppFileUploadException,
  CUDAOutOfMemoryException,
  deserializeException,
  FalServerlessException,
  FieldException,
  FileTooLargeError,
  GPUException,
  GPUOutOfMemoryException,
  RequestCancelledException,
  serializeException,
  UnauthenticatedException,
} from '../../../lib/exceptions/index.js';
import type { GPUFailure } from '../../../lib/failure/types.js';
import { closeLatch } from '../../../lib/guard/fatal-latch.js';
import { toResponse } from '../../../lib/http/index.js';
import { catchGpuExceptions, resetFatalState } from '../../../lib/index.js';
import { anyValue, HOSTILE } from '../exceptions/hostile.js';
import { compileSecondCopy, loadInNewRealm } from '../exceptions/second-copy.js';

const INTERNAL = { status: 500, headers: {}, body: { detail: 'Internal Server Error' } };

/** A native text that must never show: engine, path, host. */
const NATIVE = 'ggml_cuda_host_malloc at /opt/engine/src on host-17';
const cause = new Error(NATIVE);

const failureWith = (part: Partial<GPUFailure>): GPUFailure => ({
  category: 'out-of-memory',
  evidence: 'code',
  library: 'cudart',
  code: 2,
  name: 'cudaErrorMemoryAllocation',
  call: 'cudaMalloc',
  device: 0,
  requestedBytes: null,
  memory: null,
  sticky: false,
  retryable: false,
  restart: 'none',
  mayBeEarlier: false,
  remedy: NATIVE,
  ...part,
});

describe("fal's own answers", () => {
  it.each([
    [new AppException('No such voice', 404, { cause }), 404, { detail: 'No such voice' }],
    [new AppException('cuda is a word here', 400), 400, { detail: 'cuda is a word here' }],
    [new GPUException({ cause }), 503, { detail: 'GPU error' }],
    [new GPUException('mine', 507), 507, { detail: 'mine' }],
    [new GPUOutOfMemoryException(), 503, { detail: 'GPU error' }],
    [new CUDAOutOfMemoryException(), 503, { detail: 'CUDA error: out of memory' }],
    [
      new FieldException('seed', 'too big', 422, 'value_error.max', 0, { cause }),
      422,
      { detail: [{ loc: ['body', 'seed'], msg: 'too big', type: 'value_error.max' }] },
    ],
    [
      new FieldException('seed', 'odd', 400),
      400,
      { detail: [{ loc: ['body', 'seed'], msg: 'odd', type: 'value_error' }] },
    ],
    [new RequestCancelledException('bye'), 499, { detail: 'bye' }],
    [new FalServerlessException('secret', { cause }), 500, { detail: 'Internal Server Error' }],
    [new TypeError('x is not a function'), 500, { detail: 'Internal Server Error' }],
  ])('%s', (error, status, body) => {
    expect(toResponse(error)).toEqual({ status, headers: {}, body });
  });
});

describe('answers that fal does not have', () => {
  it.each([
    [new RequestCancelledException(), 499, 'Request cancelled by the client.'],
    [new FileTooLargeError(), 413, 'File is too large.'],
    [new FileTooLargeError('At most 2 GiB'), 413, 'At most 2 GiB'],
    [new UnauthenticatedException(), 401, new UnauthenticatedException().message],
    [new AppFileUploadException('Upload failed', '/srv/app/x'), 500, 'Upload failed'],
  ])('%s', (error, status, detail) => {
    expect(toResponse(error)).toEqual({ status, headers: {}, body: { detail } });
  });

  it('an AbortError of any make is the client who went away', () => {
    const cancelled = {
      status: 499,
      headers: {},
      body: { detail: 'Request cancelled by the client.' },
    };
    const legacy = new DOMException('CUDA error: out of memory', 'AbortError');
    Object.defineProperty(legacy, 'name', { value: 'Renamed' });
    for (const error of [
      AbortSignal.abort().reason as unknown,
      new DOMException('nccl cancelled', 'AbortError'),
      legacy,
      Object.assign(new Error(NATIVE), { name: 'AbortError' }),
      Object.assign(new Error('CUDA out of memory'), { code: 'ABORT_ERR' }),
    ]) {
      expect(toResponse(error)).toEqual(cancelled);
    }
  });

  it('a time-out, or a library whose status is 20, is no cancellation', () => {
    expect(toResponse(new DOMException('late', 'TimeoutError')).status).toBe(500);
    expect(toResponse(Object.assign(new Error('x'), { code: 20 })).status).toBe(500);
  });
});

describe('billing', () => {
  const headers = (units: unknown): Record<string, string> =>
    toResponse(new FieldException('f', 'm', 422, 'value_error', units as number)).headers;

  it('names what the request costs', () => {
    expect(headers(42)).toEqual({ 'x-fal-billable-units': '42' });
    expect(headers('1_000')).toEqual({ 'x-fal-billable-units': '1000.00000000' });
    expect(headers(NaN)).toEqual({ 'x-fal-billable-units': 'nan' });
  });

  it('is silent for nothing', () => {
    for (const units of [0, '', null, false, 0n, undefined]) expect(headers(units)).toEqual({});
  });

  it('that is no number fails the answer', () => {
    const error = new FieldException('f', 'm', 422, 'value_error', 'many');
    expect(toResponse(error)).toEqual(INTERNAL);
  });
});

describe("headers for fal's platform", () => {
  const headers = (part: Partial<GPUFailure>): Record<string, string> =>
    toResponse(new GPUException({ failure: failureWith(part) })).headers;

  it('spare the runner when no restart helps', () => {
    expect(headers({ restart: 'none', retryable: true })).toEqual({ 'x-fal-stop-runner': 'false' });
  });

  it('spare the queue a retry that would end the same way', () => {
    expect(headers({ restart: 'process', retryable: false })).toEqual({
      'X-Fal-Needs-Retry': '0',
    });
    expect(headers({ restart: 'none', retryable: false })).toEqual({
      'x-fal-stop-runner': 'false',
      'X-Fal-Needs-Retry': '0',
    });
  });

  it('let a request that was refused for an earlier failure be tried on the next runner', () => {
    const failure = failureWith({ restart: 'process', retryable: false, sticky: true });
    const first = new GPUException({ failure });
    resetFatalState(); // the addon may keep what another test file left in this process
    closeLatch(first, null);
    let refused: unknown;
    try {
      catchGpuExceptions(() => 1);
    } catch (error) {
      refused = error;
    }
    resetFatalState();
    expect((refused as Error).cause).toBe(first);
    expect(toResponse(refused).headers).toEqual({});
    const arrived = deserializeException(serializeException(refused as GPUException));
    expect(toResponse(arrived).headers).toEqual({});
  });

  it('an exception that a program of its own wrapped around another is no refusal', () => {
    const failure = failureWith({ restart: 'process', retryable: false });
    const wrapped = new GPUException({ failure, cause: new GPUException({ failure }) });
    expect(toResponse(wrapped).headers).toEqual({ 'X-Fal-Needs-Retry': '0' });
  });

  it('are absent when a restart helps, and when nothing is known', () => {
    expect(headers({ restart: 'process', retryable: true })).toEqual({});
    expect(toResponse(new CUDAOutOfMemoryException()).headers).toEqual({});
  });
});

describe('errors of other packages', () => {
  it('a GPU failure that no guard has seen is answered as if one had', () => {
    const error = new Error('CUDA error: out of memory', { cause });
    expect(toResponse(error)).toMatchObject({
      status: 503,
      body: { detail: 'CUDA error: out of memory' },
    });
    const tagged = Object.defineProperty(new Error(NATIVE), Symbol.for('gpu-exceptions.tag'), {
      value: {
        v: 1,
        library: 'cudart',
        code: 700,
        call: 'cudaMemcpy',
        device: 0,
        requestedBytes: null,
        file: null,
        line: null,
      },
    });
    expect(toResponse(tagged)).toMatchObject({ status: 503, body: { detail: 'GPU error' } });
  });

  it('an error that was made to be sent is sent, with its headers', () => {
    const error = Object.assign(new Error('Too many requests'), {
      status: 429,
      statusCode: 429,
      expose: true,
      headers: {
        'Retry-After': 5,
        'x-ok': 'yes',
        'bad name': 'x',
        'x-several': ['a', 2],
        'x-odd': ['a', {}],
        'x-none': [],
        'x-bad': 'a\r\nb: c',
        'Content-Length': '7',
      },
    });
    expect(toResponse(error)).toEqual({
      status: 429,
      headers: { 'Retry-After': '5', 'x-ok': 'yes', 'x-several': 'a, 2' },
      body: { detail: 'Too many requests' },
    });
  });

  it('an error that was not made to be sent is not', () => {
    for (const part of [
      { status: 404 },
      { status: 404, expose: false },
      { expose: true },
      { status: '404', expose: true },
      { status: 200, expose: true },
    ]) {
      expect(toResponse(Object.assign(new Error('secret'), part))).toEqual(INTERNAL);
    }
  });
});

describe('from elsewhere', () => {
  const copy = compileSecondCopy();
  afterAll(() => copy.remove());

  it('an exception of a second copy in another realm is answered the same', () => {
    const { exports: other } = loadInNewRealm(copy.index);
    expect(toResponse(new other.FieldException('f', 'm', 400, 't', 1))).toEqual(
      toResponse(new FieldException('f', 'm', 400, 't', 1)),
    );
    expect(toResponse(new other.FileTooLargeError()).status).toBe(413);
    expect(toResponse(new other.GPUException('x', 504)).status).toBe(504);
  });

  it('a deserialised exception is answered the same', () => {
    const error = new GPUException({ failure: failureWith({ restart: 'none' }) });
    expect(toResponse(deserializeException(serializeException(error)))).toEqual(toResponse(error));
  });

  it("a user's subclass is answered as its parent", () => {
    class Quota extends AppException {}
    expect(toResponse(new Quota('spent', 402))).toMatchObject({ status: 402 });
    class Own extends FalServerlessException {}
    expect(toResponse(new Own('spent'))).toEqual(INTERNAL);
  });
});

describe('an answer can always be sent', () => {
  const sendable = (error: unknown): void => {
    const { status, headers, body } = toResponse(error);
    expect(Number.isInteger(status) && status >= 400 && status <= 599).toBe(true);
    expect(JSON.parse(JSON.stringify(body))).toEqual(body);
    expect(() => new Headers(headers)).not.toThrow();
  };

  it('whatever was thrown', () => {
    HOSTILE.forEach(sendable);
    fc.assert(fc.property(anyValue, (value) => sendable(value())));
  });

  it('whatever exceptions are made of', () => {
    fc.assert(
      fc.property(fc.array(anyValue, { minLength: 5, maxLength: 5 }), (values) => {
        const [a, b, c, d, e] = values.map((value) => value());
        sendable(new AppException(a as string, b as number));
        sendable(new GPUException(a as string, b as number, c as object));
        sendable(
          new FieldException(a as string, b as string, c as number, d as string, e as number),
        );
      }),
    );
  });

  it('whatever became of an exception', () => {
    const spoilt = Object.assign(new AppException('m', 404), { statusCode: 'x', message: 10n });
    expect(toResponse(spoilt)).toEqual({ status: 500, headers: {}, body: { detail: '10' } });
    expect(toResponse(Object.assign(new GPUException(), { statusCode: 200 })).status).toBe(500);
    const unreadable = new Proxy(new AppException('m', 404), {
      get: (target, key) => {
        if (key === 'message' || key === 'statusCode') throw new Error('no');
        return Reflect.get(target, key) as unknown;
      },
    });
    expect(toResponse(unreadable)).toEqual({ status: 500, headers: {}, body: { detail: '' } });
  });

  it("whatever a subclass's own form is", () => {
    class Own extends FieldException {
      constructor(readonly form: () => unknown) {
        super('f', 'm');
      }
      override toPydanticFormat(): never {
        return this.form() as never;
      }
    }
    const standard = { detail: [{ loc: ['body', 'f'], msg: 'm', type: 'value_error' }] };
    expect(toResponse(new Own(() => ({ detail: 'mine' }))).body).toEqual({ detail: 'mine' });
    for (const form of [() => 10n, () => ({ n: 10n }), () => undefined, () => JSON.parse('{')]) {
      expect(toResponse(new Own(form)).body).toEqual(standard);
    }
  });

  it('with lone surrogates replaced', () => {
    expect(toResponse(new AppException('a\ud800b\udc00 \u{1f600}', 400)).body).toEqual({
      detail: 'a\ufffdb\ufffd \u{1f600}',
    });
    const field = new FieldException('\udc00', '\ud800', 422, '\ud801');
    expect(JSON.stringify(toResponse(field).body)).not.toMatch(/\\ud8|\\udc/i);
  });
});

it('nothing native is in any answer', () => {
  const failure = failureWith({ call: NATIVE, name: NATIVE });
  const made = [
    new GPUException({ cause, failure }),
    new CUDAOutOfMemoryException({ cause, failure }),
    new AppException('m', 400, { cause }),
    new FieldException('f', 'm', { cause }),
    new AppFileUploadException('m', NATIVE, { cause }),
    new UnauthenticatedException({ cause }),
    new FalServerlessException(NATIVE),
    new Error(`CUDA error: out of memory: ${NATIVE}`),
    new DOMException(NATIVE, 'AbortError'),
  ];
  for (const error of made) {
    const text = JSON.stringify(toResponse(error));
    expect(text).not.toContain('ggml');
    expect(text).not.toContain('/opt');
    expect(text).not.toContain('host-17');
  }
});
