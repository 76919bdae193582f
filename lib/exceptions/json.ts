/** Exceptions as plain JSON: what goes out. */

import { types } from 'node:util';
import type { GPUFailure, GPUTag } from '../failure/types.js';
import { hasBrand } from './brand.js';
import { isRefusal } from './refusal.js';
import { toStatus, toText } from './coerce.js';
import { has, read, toPlain } from './plain.js';
import type {
  Serialized,
  SerializedError,
  SerializedException,
  SerializedValue,
} from './serialized.js';

export const VERSION = 1;

/** Known classes, subclasses before their parents, with what only they hold. */
export const CLASS_FACTS: readonly (readonly [name: string, facts: readonly string[]])[] = [
  ['CUDAOutOfMemoryException', []],
  ['GPUOutOfMemoryException', []],
  ['GPUException', []],
  ['AppException', []],
  ['FieldException', ['field', 'type', 'billableUnits']],
  ['RequestCancelledException', []],
  ['FileTooLargeError', []],
  ['AppFileUploadException', ['relativePath']],
  ['UnauthenticatedException', []],
  ['FalServerlessException', []],
];

/** Levels of causes, members of an `AggregateError`, errors in all. */
export const MAX_DEPTH = 32;
export const MAX_ERRORS = 64;
export const MAX_NODES = 256;

/** Where errors keep other errors, besides `cause` and `errors`. */
export const INNER = [
  'error',
  'suppressed',
  'originalError',
  'inner',
  'innerError',
  'reason',
] as const;

/** What tells who made an error and what it is about, besides its text. */
export const FACTS = [
  'errno',
  'syscall',
  'status',
  'statusCode',
  'expose',
  'errorCode',
  'error_code',
  'library',
  'api',
  'backend',
] as const;

export const TAG = Symbol.for('gpu-exceptions.tag');

/** What limits one call: errors between the root and here, and how many may still be written. */
interface Walk {
  above: object[];
  left: number;
}

export function serialize(value: unknown): Serialized {
  return write(value, { above: [], left: MAX_NODES });
}

function write(value: unknown, walk: Walk): Serialized {
  if (typeof value !== 'object' || value === null) return primitive(value);
  const ours = hasBrand(value, 'FalServerlessException');
  if (!ours && !isErrorLike(value)) return { v: VERSION, kind: 'plain', value: toPlain(value) };
  if (walk.above.includes(value) || walk.above.length >= MAX_DEPTH || walk.left <= 0) {
    return { v: VERSION, kind: 'cut' };
  }
  walk.left -= 1;
  walk.above.push(value);
  const written = ours ? exception(value, walk) : error(value, walk);
  walk.above.pop();
  return written;
}

function primitive(value: unknown): SerializedValue {
  if (value === undefined) return { v: VERSION, kind: 'undefined' };
  if (typeof value === 'bigint') return { v: VERSION, kind: 'bigint', value: String(value) };
  if (typeof value === 'symbol' || typeof value === 'function') {
    return { v: VERSION, kind: 'text', value: toText(value) };
  }
  // JSON has neither NaN, nor infinities, nor a negative zero.
  if (Object.is(value, -0)) return { v: VERSION, kind: 'number', value: '-0' };
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return { v: VERSION, kind: 'number', value: String(value) };
  }
  return { v: VERSION, kind: 'plain', value: value as string | number | boolean | null };
}

function exception(value: object, walk: Walk): SerializedException {
  const classes = CLASS_FACTS.filter(([name]) => hasBrand(value, name));
  const written: SerializedException = {
    v: VERSION,
    kind: 'exception',
    classes: classes.map(([name]) => name),
    code: toText(read(value, 'code')),
    status: toStatus(read(value, 'statusCode'), 500),
    ...errorFields(value, walk),
  };
  const keys = classes.flatMap(([, facts]) => facts);
  if (keys.length > 0) {
    written.facts = Object.fromEntries(keys.map((key) => [key, fact(read(value, key))]));
  }
  const failure = read(value, 'failure');
  const plain = typeof failure === 'object' && failure !== null ? toPlain(failure) : null;
  if (plain !== null) written.failure = plain as unknown as GPUFailure;
  if (isRefusal(value)) written.refused = true;
  return written;
}

function fact(value: unknown): Serialized {
  if (typeof value !== 'object' || value === null) return primitive(value);
  return { v: VERSION, kind: 'plain', value: toPlain(value) };
}

function error(value: object, walk: Walk): SerializedError {
  const written: SerializedError = { v: VERSION, kind: 'error', ...errorFields(value, walk) };
  const code = read(value, 'code');
  if (typeof code === 'string' || (typeof code === 'number' && Number.isFinite(code))) {
    written.code = code;
  }
  const made = read(value, 'constructor');
  const className = typeof made === 'function' ? read(made, 'name') : undefined;
  if (typeof className === 'string' && className.length <= 80 && className !== written.name) {
    written.class = className;
  }
  const facts = factsOf(value);
  if (facts.length > 0) written.facts = Object.fromEntries(facts);
  const inner = innerOf(value, walk);
  if (inner.length > 0) written.inner = Object.fromEntries(inner);
  return written;
}

function factsOf(value: object): [string, Serialized][] {
  const facts: [string, Serialized][] = [];
  for (const key of FACTS) {
    const given = read(value, key);
    if (given !== undefined && isSimple(given)) facts.push([key, primitive(given)]);
  }
  // Only headers that are meant to be sent, and of a response nothing but its status.
  const headers = read(value, 'expose') === true ? read(value, 'headers') : undefined;
  if (typeof headers === 'object' && headers !== null) facts.push(['headers', fact(headers)]);
  const response = read(value, 'response');
  if (typeof response === 'object' && response !== null) {
    facts.push(['response', fact({ status: read(response, 'status') })]);
  }
  return facts;
}

function isSimple(value: unknown): boolean {
  return ['string', 'number', 'boolean', 'bigint'].includes(typeof value);
}

function innerOf(value: object, walk: Walk): [string, Serialized][] {
  const inner: [string, Serialized][] = [];
  for (const key of INNER) {
    const given = read(value, key);
    if ((typeof given === 'object' && given !== null) || typeof given === 'string') {
      inner.push([key, write(given, walk)]);
    }
  }
  return inner;
}

function errorFields(value: object, walk: Walk) {
  const stack = read(value, 'stack');
  const fields: Omit<SerializedError, 'v' | 'kind' | 'code'> = {
    name: toText(read(value, 'name')),
    message: toText(read(value, 'message')),
    stack: typeof stack === 'string' ? stack : null,
  };
  if (has(value, 'cause')) fields.cause = write(read(value, 'cause'), walk);
  const errors = errorList(value);
  if (errors !== null) fields.errors = errors.map((item) => write(item, walk));
  const tag = read(value, TAG);
  const plain = typeof tag === 'object' && tag !== null ? toPlain(tag) : null;
  if (plain !== null) fields.tag = plain as unknown as GPUTag;
  return fields;
}

/** The first {@link MAX_ERRORS} members of an `AggregateError`; `null` for every other error. */
function errorList(value: object): unknown[] | null {
  const errors = read(value, 'errors');
  try {
    return Array.isArray(errors) ? Array.prototype.slice.call(errors, 0, MAX_ERRORS) : null;
  } catch {
    return null;
  }
}

/** Native errors of any realm, and what looks like one, e.g. a `DOMException`. */
function isErrorLike(value: object): boolean {
  if (types.isNativeError(value)) return true;
  return typeof read(value, 'name') === 'string' && typeof read(value, 'message') === 'string';
}
