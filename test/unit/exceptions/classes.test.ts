import { types } from 'node:util';
import {
  AppException,
  AppFileUploadException,
  CUDAOutOfMemoryException,
  FalServerlessException,
  FieldException,
  FileTooLargeError,
  GPUException,
  GPUOutOfMemoryException,
  RequestCancelledException,
  UnauthenticatedException,
} from '../../../lib/exceptions/index.js';
import type { GPUFailure } from '../../../lib/failure/types.js';

const failure: GPUFailure = {
  category: 'out-of-memory',
  evidence: 'code',
  library: 'cudart',
  code: 2,
  name: 'cudaErrorMemoryAllocation',
  call: 'cudaMalloc',
  device: 0,
  requestedBytes: 1024,
  memory: { free: 1, used: 2, reserved: null, total: 3, source: 'nvml' },
  sticky: false,
  retryable: false,
  restart: 'none',
  mayBeEarlier: false,
  remedy: 'Use a smaller batch.',
};

const cause = new Error('native text');

type Row = [
  made: FalServerlessException,
  name: string,
  code: string,
  message: string,
  status: number,
  expose: boolean,
];

const rows: Row[] = [
  [
    new FalServerlessException('text'),
    'FalServerlessException',
    'ERR_FAL_SERVERLESS',
    'text',
    500,
    false,
  ],
  [new AppException('text', 418), 'AppException', 'ERR_APP', 'text', 418, true],
  [new FieldException('seed', 'text'), 'FieldException', 'ERR_FIELD', 'text', 422, true],
  [
    new RequestCancelledException(),
    'RequestCancelledException',
    'ERR_REQUEST_CANCELLED',
    'Request cancelled by the client.',
    499,
    true,
  ],
  [
    new FileTooLargeError(),
    'FileTooLargeError',
    'ERR_FILE_TOO_LARGE',
    'File is too large.',
    413,
    true,
  ],
  [
    new AppFileUploadException('text', 'a/b.py'),
    'AppFileUploadException',
    'ERR_APP_FILE_UPLOAD',
    'text',
    500,
    true,
  ],
  [
    new UnauthenticatedException(),
    'UnauthenticatedException',
    'ERR_UNAUTHENTICATED',
    'No valid credentials were given. Sign in or provide an API key, then try again.',
    401,
    true,
  ],
  [new GPUException(), 'GPUException', 'ERR_GPU', 'GPU error', 503, true],
  [
    new GPUOutOfMemoryException(),
    'GPUOutOfMemoryException',
    'ERR_GPU_OUT_OF_MEMORY',
    'GPU error',
    503,
    true,
  ],
  [
    new CUDAOutOfMemoryException(),
    'CUDAOutOfMemoryException',
    'ERR_CUDA_OUT_OF_MEMORY',
    'CUDA error: out of memory',
    503,
    true,
  ],
];

describe.each(rows.map(([made, name, ...rest]) => [name, made, ...rest] as const))(
  '%s',
  (name, made, code, message, status, expose) => {
    it('has its name, code, message, status and expose', () => {
      expect(made.name).toBe(name);
      expect(made.code).toBe(code);
      expect(made.message).toBe(message);
      expect([made.status, made.statusCode]).toEqual([status, status]);
      expect(made.expose).toBe(expose);
    });

    it('is a native Error that knows where it was made', () => {
      expect(types.isNativeError(made)).toBe(true);
      expect(made).toBeInstanceOf(Error);
      expect(made.stack?.split('\n')[0]).toBe(`${name}: ${message}`);
      expect(made.stack?.split('\n')[1]).toContain('classes.test.ts');
    });

    it('says the same to JSON, and nothing more', () => {
      expect(JSON.parse(JSON.stringify(made))).toEqual({ name, code, message, status });
    });

    it('keeps its constants where loggers that list properties do not repeat them', () => {
      expect(Object.keys(made)).not.toEqual(expect.arrayContaining(['name']));
      expect(Object.hasOwn(made, 'name')).toBe(false);
      const listed: string[] = [];
      for (const key in made) listed.push(key);
      expect(listed).not.toContain('name');
      expect(listed).not.toContain('code');
    });

    it('lets a framework assign to it, as Koa does with the status', () => {
      'use strict';
      const again = Object.create(made) as { status: number; name: string };
      again.status = 500;
      again.name = 'Renamed';
      expect([again.status, again.name]).toEqual([500, 'Renamed']);
    });
  },
);

it('forms the tree of the Python package', () => {
  const tree: [FalServerlessException, unknown[]][] = [
    [new GPUException(), [AppException, FalServerlessException]],
    [new GPUOutOfMemoryException(), [GPUException, AppException]],
    [new CUDAOutOfMemoryException(), [GPUOutOfMemoryException, GPUException]],
  ];
  for (const [made, parents] of tree) {
    for (const parent of parents) expect(made).toBeInstanceOf(parent);
  }
  for (const direct of [
    FieldException,
    RequestCancelledException,
    FileTooLargeError,
    AppFileUploadException,
    UnauthenticatedException,
    AppException,
  ]) {
    expect(Object.getPrototypeOf(direct)).toBe(FalServerlessException);
  }
  expect(new FieldException('f', 'm')).not.toBeInstanceOf(AppException);
  expect(new GPUException()).not.toBeInstanceOf(GPUOutOfMemoryException);
});

describe('arguments', () => {
  it('come in the order of the Python package', () => {
    const field = new FieldException('seed', 'too big', 400, 'value_error.max', 3, { cause });
    expect(field).toMatchObject({
      field: 'seed',
      message: 'too big',
      statusCode: 400,
      status: 400,
      type: 'value_error.max',
      billableUnits: 3,
      cause,
    });
    expect(new AppFileUploadException('m', 'dir/x.bin', { cause })).toMatchObject({
      relativePath: 'dir/x.bin',
      cause,
    });
    const gpu = new GPUException('mine', 507, { cause, failure });
    expect(gpu).toMatchObject({ message: 'mine', statusCode: 507, cause, failure });
    expect(new AppException('m', 400, { cause }).cause).toBe(cause);
    expect(new UnauthenticatedException({ cause }).cause).toBe(cause);
    expect(new FalServerlessException('m', { cause }).cause).toBe(cause);
  });

  it('have the defaults of the Python package', () => {
    expect(new FieldException('f', 'm')).toMatchObject({
      statusCode: 422,
      type: 'value_error',
      billableUnits: 0,
    });
    expect(new GPUException().failure).toBeNull();
    expect(new GPUException(undefined, undefined, { cause })).toMatchObject({
      message: 'GPU error',
      statusCode: 503,
    });
  });

  it.each([
    ['message', new GPUException({ cause, failure }), 'GPU error', 503],
    ['status', new GPUException('x', { cause, failure }), 'x', 503],
    ['message', new CUDAOutOfMemoryException({ cause, failure }), 'CUDA error: out of memory', 503],
    ['status', new CUDAOutOfMemoryException('x', { cause, failure }), 'x', 503],
    ['message', new GPUOutOfMemoryException({ cause, failure }), 'GPU error', 503],
    ['status', new GPUOutOfMemoryException(undefined, { cause, failure }), 'GPU error', 503],
  ])('take options in the place of the %s', (_, made, message, status) => {
    expect(made).toMatchObject({ message, statusCode: status, cause, failure });
    expect(made.failure).toBe(failure);
  });

  it.each([
    new FieldException('f', 'm', { cause }),
    new FieldException('f', 'm', undefined, { cause }),
    new FieldException('f', 'm', 422, 'value_error', { cause }),
    new FieldException('f', 'm', 422, 'value_error', 0, { cause }),
  ])('take options in the place of any default of a field error', (made) => {
    expect(made).toMatchObject({
      field: 'f',
      message: 'm',
      statusCode: 422,
      type: 'value_error',
      billableUnits: 0,
      cause,
    });
  });

  it('take options in the place of the message of the others', () => {
    expect(new FalServerlessException({ cause })).toMatchObject({ message: '', cause });
    expect(new RequestCancelledException({ cause })).toMatchObject({
      message: 'Request cancelled by the client.',
      cause,
    });
    expect(new FileTooLargeError({ cause })).toMatchObject({
      message: 'File is too large.',
      cause,
    });
  });

  it('tell a cause of undefined from no cause, as Error does', () => {
    expect(Object.hasOwn(new GPUException({ cause: undefined }), 'cause')).toBe(true);
    expect(Object.hasOwn(new GPUException({}), 'cause')).toBe(false);
  });

  it('keep billable units as they are given', () => {
    for (const units of [1.5, '1_000', true, 10n, NaN, null, '']) {
      expect(new FieldException('f', 'm', 422, 'value_error', units).billableUnits).toBe(units);
    }
  });
});

it('gives a field error the body of pydantic', () => {
  expect(new FieldException('seed', 'too big', 422, 'value_error.max').toPydanticFormat()).toEqual({
    detail: [{ loc: ['body', 'seed'], msg: 'too big', type: 'value_error.max' }],
  });
});
