/** What can be read off a thrown value without trusting it. */

/** Reads a property whatever the object does: a getter or trap that throws reads as `undefined`. */
export function read(object: object, key: PropertyKey): unknown {
  try {
    return (object as Record<PropertyKey, unknown>)[key];
  } catch {
    return undefined;
  }
}

/** A thrown value, flat. */
export interface ErrorView {
  value: unknown;
  message: string;
  /** `error.name`, or `''`. */
  name: string;
  /** Name of the class it was made by, which `name` often hides; or `''`. */
  className: string;
  code: unknown;
  errno: unknown;
  syscall: unknown;
  /** HTTP status, from `status`, `statusCode` or `response.status`; else `null`. */
  status: number | null;
}

/** The properties that are read, where nothing stands in the way of reading them. */
type Open = Record<
  | 'message'
  | 'name'
  | 'constructor'
  | 'code'
  | 'errno'
  | 'syscall'
  | 'status'
  | 'statusCode'
  | 'response',
  unknown
>;

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function statusOf(status: unknown, response: unknown): number | null {
  if (typeof status === 'number') return status;
  if (typeof response !== 'object' || response === null) return null;
  const theirs = read(response, 'status');
  return typeof theirs === 'number' ? theirs : null;
}

function classNameOf(constructor: unknown): string {
  return typeof constructor === 'function' ? text(read(constructor, 'name')) : '';
}

/** The usual case: named loads, which engines make fast. Throws what a getter throws. */
function viewOpen(value: object): ErrorView {
  const error = value as Open;
  return {
    value,
    message: text(error.message),
    name: text(error.name),
    className: classNameOf(error.constructor),
    code: error.code,
    errno: error.errno,
    syscall: error.syscall,
    status: statusOf(error.status ?? error.statusCode, error.response),
  };
}

/** Property by property, so that one hostile getter hides no more than itself. */
function viewHostile(value: object): ErrorView {
  return {
    value,
    message: text(read(value, 'message')),
    name: text(read(value, 'name')),
    className: classNameOf(read(value, 'constructor')),
    code: read(value, 'code'),
    errno: read(value, 'errno'),
    syscall: read(value, 'syscall'),
    status: statusOf(read(value, 'status') ?? read(value, 'statusCode'), read(value, 'response')),
  };
}

/** The view of a thrown value; `null` for values that say nothing (numbers, `undefined` …). */
export function viewError(value: unknown): ErrorView | null {
  if (typeof value === 'object' && value !== null) {
    try {
      return viewOpen(value);
    } catch {
      return viewHostile(value);
    }
  }
  if (typeof value !== 'string') return null;
  return {
    value,
    message: value,
    name: '',
    className: '',
    code: undefined,
    errno: undefined,
    syscall: undefined,
    status: null,
  };
}
