/** Exceptions as plain JSON: what comes back in. */

import type { GPUFailure } from '../failure/types.js';
import { UnauthenticatedException } from './auth.js';
import {
  AppException,
  AppFileUploadException,
  FalServerlessException,
  FieldException,
  FileTooLargeError,
  RequestCancelledException,
} from './base.js';
import { toStatus, toText } from './coerce.js';
import { markDeserialized } from './deserialized.js';
import { CUDAOutOfMemoryException, GPUException, GPUOutOfMemoryException } from './gpu.js';
import type { GPUExceptionOptions } from './gpu.js';
import { MAX_DEPTH, TAG } from './json.js';

/** What arrives may come from any version of the package: nothing about it is taken for granted. */
type Received = Readonly<Record<string, unknown>>;

type Facts = Readonly<Record<string, unknown>>;

type Rebuild = (
  message: string,
  status: number,
  facts: Facts,
  options: GPUExceptionOptions,
) => FalServerlessException;

const REBUILD: ReadonlyMap<string, Rebuild> = new Map<string, Rebuild>([
  ['CUDAOutOfMemoryException', (m, s, _, options) => new CUDAOutOfMemoryException(m, s, options)],
  ['GPUOutOfMemoryException', (m, s, _, options) => new GPUOutOfMemoryException(m, s, options)],
  ['GPUException', (m, s, _, options) => new GPUException(m, s, options)],
  ['AppException', (m, s, _, options) => new AppException(m, s, options)],
  [
    'FieldException',
    (m, s, { field, type, billableUnits }, options) =>
      new FieldException(
        toText(field),
        m,
        s,
        typeof type === 'string' ? type : undefined,
        billableUnits as string,
        options,
      ),
  ],
  ['RequestCancelledException', (m, _, __, options) => new RequestCancelledException(m, options)],
  ['FileTooLargeError', (m, _, __, options) => new FileTooLargeError(m, options)],
  [
    'AppFileUploadException',
    (m, _, { relativePath }, options) =>
      new AppFileUploadException(m, toText(relativePath), options),
  ],
  ['UnauthenticatedException', (_, __, ___, options) => new UnauthenticatedException(options)],
  ['FalServerlessException', (m, _, __, options) => new FalServerlessException(m, options)],
]);

const NATIVE_ERRORS: ReadonlyMap<string, ErrorConstructor> = new Map(
  [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map(
    (constructor) => [constructor.name, constructor] as const,
  ),
);

/** A failure from another version may lack fields that code here reads. */
const UNKNOWN_FAILURE: GPUFailure = {
  category: 'unknown',
  evidence: 'message',
  library: null,
  code: null,
  name: null,
  call: null,
  device: null,
  requestedBytes: null,
  memory: null,
  sticky: false,
  retryable: false,
  restart: 'none',
  mayBeEarlier: false,
  remedy: '',
};

/** @throws TypeError unless `serialized` is an object that `serializeException` could have made. */
export function deserialize(serialized: unknown): unknown {
  if (!isReceived(serialized)) {
    throw new TypeError(
      `serialized must be an object made by serializeException, got ${describe(serialized)}`,
    );
  }
  const { v, kind } = serialized;
  if (!Number.isInteger(v) || (v as number) < 1) {
    throw new TypeError(
      `serialized.v must be the version that serializeException wrote, an integer from 1, got ${describe(v)}`,
    );
  }
  if (typeof kind !== 'string') {
    throw new TypeError(`serialized.kind must be a string, got ${describe(kind)}`);
  }
  return revive(serialized, 0);
}

function revive(received: unknown, depth: number): unknown {
  if (!isReceived(received)) return undefined;
  switch (received.kind) {
    case 'exception':
      return reviveException(received, depth + 1);
    case 'error':
      return reviveError(received, depth + 1);
    case 'number':
      return Number(toText(received.value));
    case 'bigint':
      return toBigInt(received.value);
    default:
      return received.value; // plain, text; undefined and cut have none
  }
}

function reviveException(received: Received, depth: number): FalServerlessException {
  const message = toText(received.message);
  const rebuild = nearestClass(received.classes);
  const status = toStatus(received.status, 500);
  const exception = rebuild(message, status, reviveFacts(received.facts), {
    ...reviveCause(received, depth),
    failure: reviveFailure(received.failure),
  });
  // Subclasses that users wrote are not known here: what they said about themselves stays.
  keep(exception, 'name', received.name);
  keep(exception, 'code', received.code);
  keep(exception, 'message', message);
  if (exception.statusCode !== status) {
    define(exception, 'statusCode', status);
    define(exception, 'status', status);
  }
  return finish(exception, received, depth);
}

function reviveError(received: Received, depth: number): Error {
  const message = toText(received.message);
  const constructor = NATIVE_ERRORS.get(toText(received.name)) ?? Error;
  const options = reviveCause(received, depth);
  const error = Array.isArray(received.errors)
    ? new AggregateError([], message, options)
    : new constructor(message, options);
  keep(error, 'name', received.name);
  const { code } = received;
  if (typeof code === 'string' || typeof code === 'number') Object.assign(error, { code });
  return finish(error, received, depth);
}

function nearestClass(classes: unknown): Rebuild {
  for (const name of Array.isArray(classes) ? classes : []) {
    const rebuild = REBUILD.get(toText(name));
    if (rebuild !== undefined) return rebuild;
  }
  return (message, _, __, options) => new FalServerlessException(message, options);
}

function reviveFacts(facts: unknown): Facts {
  if (!isReceived(facts)) return {};
  return Object.fromEntries(
    Object.entries(facts).map(([key, fact]) => [key, revive(fact, MAX_DEPTH)]),
  );
}

function reviveCause({ cause }: Received, depth: number): ErrorOptions {
  return isWithin(cause, depth) ? { cause: revive(cause, depth) } : {};
}

/** What the writer cut stays away; what no writer of ours nests so deep is not followed. */
function isWithin(received: unknown, depth: number): boolean {
  return depth < MAX_DEPTH && isReceived(received) && received.kind !== 'cut';
}

function reviveFailure(failure: unknown): GPUFailure | null {
  return isReceived(failure) ? { ...UNKNOWN_FAILURE, ...failure } : null;
}

function finish<Rebuilt extends Error>(error: Rebuilt, received: Received, depth: number): Rebuilt {
  if (Array.isArray(received.errors)) {
    const errors = received.errors.filter((item) => isWithin(item, depth));
    define(
      error,
      'errors',
      errors.map((item) => revive(item, depth)),
    );
  }
  if (isReceived(received.tag)) define(error, TAG, { ...received.tag });
  define(
    error,
    'stack',
    typeof received.stack === 'string' ? received.stack : `${error.name}: ${error.message}`,
  );
  markDeserialized(error);
  return error;
}

/** Keeps a text that the rebuilt class would not have by itself. */
function keep(error: Error, key: 'name' | 'code' | 'message', value: unknown): void {
  if (typeof value === 'string' && (error as unknown as Received)[key] !== value) {
    define(error, key, value);
  }
}

function define(error: Error, key: PropertyKey, value: unknown): void {
  Object.defineProperty(error, key, {
    value,
    writable: true,
    configurable: true,
    enumerable: false,
  });
}

function toBigInt(value: unknown): bigint | string {
  const text = toText(value);
  try {
    return BigInt(text);
  } catch {
    return text;
  }
}

function isReceived(value: unknown): value is Received {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'string') return `the string ${JSON.stringify(value.slice(0, 40))}`;
  return typeof value === 'object' && value !== null ? 'an object' : toText(value) || typeof value;
}
