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
import { FACTS, INNER, MAX_DEPTH, MAX_ERRORS, MAX_NODES, TAG } from './json.js';
import { read, toPlain } from './plain.js';
import { markRefusal } from './refusal.js';

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

/** A class of ours has no more parents than that. */
const MAX_CLASSES = 16;
const CLASS_KEYS = ['field', 'type', 'billableUnits', 'relativePath'] as const;
const ERROR_KEYS = [...FACTS, 'headers', 'response'] as const;

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
  const v = read(serialized, 'v');
  const kind = read(serialized, 'kind');
  if (!Number.isInteger(v) || (v as number) < 1) {
    throw new TypeError(
      `serialized.v must be the version that serializeException wrote, an integer from 1, got ${describe(v)}`,
    );
  }
  if (typeof kind !== 'string') {
    throw new TypeError(`serialized.kind must be a string, got ${describe(kind)}`);
  }
  return revive(serialized, { above: [], left: MAX_NODES });
}

/** The writer's own bounds: what no writer of ours made is followed no further. */
interface Walk {
  above: object[];
  left: number;
}

function revive(received: unknown, walk: Walk): unknown {
  if (!isReceived(received)) return undefined;
  const kind = read(received, 'kind');
  if (kind === 'exception' || kind === 'error') {
    if (!isWithin(received, walk)) return undefined;
    walk.left -= 1;
    walk.above.push(received);
    const error =
      kind === 'exception' ? reviveException(received, walk) : reviveError(received, walk);
    walk.above.pop();
    return error;
  }
  const value = read(received, 'value');
  if (kind === 'number') return Number(toText(value));
  if (kind === 'bigint') return toBigInt(value);
  return value; // plain, text; undefined and cut have none
}

function reviveException(received: Received, walk: Walk): FalServerlessException {
  const message = toText(read(received, 'message'));
  const rebuild = nearestClass(read(received, 'classes'));
  const status = toStatus(read(received, 'status'), 500);
  const exception = rebuild(message, status, reviveFacts(read(received, 'facts'), CLASS_KEYS), {
    ...reviveCause(received, walk),
    failure: reviveFailure(read(received, 'failure')),
  });
  // Subclasses that users wrote are not known here: what they said about themselves stays.
  keep(exception, 'name', read(received, 'name'));
  keep(exception, 'code', read(received, 'code'));
  keep(exception, 'message', message);
  if (exception.statusCode !== status) {
    define(exception, 'statusCode', status);
    define(exception, 'status', status);
  }
  if (read(received, 'refused') === true) markRefusal(exception);
  return finish(exception, received, walk);
}

function reviveError(received: Received, walk: Walk): Error {
  const message = toText(read(received, 'message'));
  const options = reviveCause(received, walk);
  const name = read(received, 'name');
  const Class = classNamed(read(received, 'class'), NATIVE_ERRORS.get(toText(name)) ?? Error);
  const error = isArray(read(received, 'errors'))
    ? new AggregateError([], message, options)
    : new Class(message, options);
  keep(error, 'name', name);
  const code = read(received, 'code');
  if (typeof code === 'string' || typeof code === 'number') Object.assign(error, { code });
  const facts = reviveFacts(read(received, 'facts'), ERROR_KEYS);
  for (const [key, value] of Object.entries(facts)) define(error, key, value, true);
  const inner = read(received, 'inner');
  if (isReceived(inner)) {
    for (const key of INNER) {
      const within = read(inner, key);
      if (isWithin(within, walk)) define(error, key, revive(within, walk));
    }
  }
  return finish(error, received, walk);
}

type ErrorClass = new (message?: string, options?: ErrorOptions) => Error;

/** The judge reads the name of an error's class, too. */
function classNamed(name: unknown, parent: ErrorClass): ErrorClass {
  if (typeof name !== 'string' || name.length > 80 || name === parent.name) return parent;
  if (NATIVE_ERRORS.has(name) || name === 'Error') return NATIVE_ERRORS.get(name) ?? Error;
  const made = class extends parent {};
  Object.defineProperty(made, 'name', { value: name });
  return made;
}

function nearestClass(classes: unknown): Rebuild {
  for (let i = 0; isArray(classes) && i < MAX_CLASSES; i += 1) {
    const rebuild = REBUILD.get(toText(read(classes, i)));
    if (rebuild !== undefined) return rebuild;
  }
  return (message, _, __, options) => new FalServerlessException(message, options);
}

/** Facts are never errors themselves. */
function reviveFacts(facts: unknown, keys: readonly string[]): Facts {
  if (!isReceived(facts)) return {};
  const nothing: Walk = { above: [], left: 0 };
  const given = keys.filter((key) => isReceived(read(facts, key)));
  return Object.fromEntries(given.map((key) => [key, revive(read(facts, key), nothing)]));
}

function reviveCause(received: Received, walk: Walk): ErrorOptions {
  const cause = read(received, 'cause');
  return isWithin(cause, walk) ? { cause: revive(cause, walk) } : {};
}

/** What the writer cut stays away; what no writer of ours nests so deep is not followed. */
function isWithin(received: unknown, { above, left }: Walk): boolean {
  if (!isReceived(received) || read(received, 'kind') === 'cut') return false;
  return above.length < MAX_DEPTH && left > 0 && !above.includes(received);
}

function reviveFailure(failure: unknown): GPUFailure | null {
  if (!isReceived(failure)) return null;
  return { ...UNKNOWN_FAILURE, ...(toPlain(failure) as Partial<GPUFailure> | null) };
}

function finish<Rebuilt extends Error>(error: Rebuilt, received: Received, walk: Walk): Rebuilt {
  const errors = read(received, 'errors');
  if (isArray(errors)) {
    const rebuilt: unknown[] = [];
    for (let i = 0; i < MAX_ERRORS; i += 1) {
      const item = read(errors, i);
      if (isWithin(item, walk)) rebuilt.push(revive(item, walk));
    }
    define(error, 'errors', rebuilt);
  }
  const tag = read(received, 'tag');
  if (isReceived(tag)) define(error, TAG, toPlain(tag));
  const stack = read(received, 'stack');
  define(error, 'stack', typeof stack === 'string' ? stack : `${error.name}: ${error.message}`);
  markDeserialized(error);
  return error;
}

/** Keeps a text that the rebuilt class would not have by itself. */
function keep(error: Error, key: 'name' | 'code' | 'message', value: unknown): void {
  if (typeof value === 'string' && (error as unknown as Received)[key] !== value) {
    define(error, key, value);
  }
}

function define(error: Error, key: PropertyKey, value: unknown, enumerable = false): void {
  Object.defineProperty(error, key, {
    value,
    writable: true,
    configurable: true,
    enumerable,
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
  return typeof value === 'object' && value !== null && !isArray(value);
}

/** A revoked proxy is none. */
function isArray(value: unknown): value is unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

function describe(value: unknown): string {
  if (isArray(value)) return 'an array';
  if (typeof value === 'string') return `the string ${JSON.stringify(value.slice(0, 40))}`;
  return typeof value === 'object' && value !== null ? 'an object' : toText(value) || typeof value;
}
