/** Structured evidence that an error is not the GPU's: its class, system code or HTTP status. */

import type { ErrorView } from './error-view.js';

/** How strongly the object itself speaks against a verdict that rests on text. */
export interface Objection {
  weight: number;
  reason: string;
}

/** Beyond every text rule. */
const DECISIVE = 100;

const CANCELLED_NAMES: ReadonlySet<string> = new Set([
  'AbortError',
  'CanceledError',
  'CancelledError',
  'CancelError',
  'RequestCancelledException',
  'OperationCanceledException',
  'TaskCanceledException',
  'asyncio.CancelledError',
]);
const CANCELLED_CODES: ReadonlySet<unknown> = new Set(['ABORT_ERR', 'ERR_CANCELED']);

/**
 * `GPUBuffer.mapAsync` rejects with an AbortError when the device is lost (WebGPU specification), in
 * Chromium's words. Nobody cancelled anything.
 */
const LOST_WHILE_MAPPING =
  /^(?:AbortError: )?Failed to execute 'mapAsync' on 'GPUBuffer': [^\n]{0,200}(?:\blost\b|external Instance reference no longer exists)/;

/** The caller gave up, or ran out of patience: whatever the text, the GPU has not failed. */
export function isCancellation(view: ErrorView): boolean {
  if (view.name === 'Error' && view.className === 'Error' && view.code === undefined) return false;
  if (LOST_WHILE_MAPPING.test(view.message)) return false;
  return (
    CANCELLED_NAMES.has(view.name) ||
    CANCELLED_NAMES.has(view.className) ||
    CANCELLED_CODES.has(view.code)
  );
}

/** Mistakes of the program: they outweigh what merely sounds like a GPU. */
const PROGRAMMING: ReadonlySet<string> = new Set([
  'TypeError',
  'SyntaxError',
  'ReferenceError',
  'RangeError',
  'URIError',
  'EvalError',
  'AssertionError',
  'JestAssertionError',
  'AttributeError',
  'KeyError',
  'IndexError',
  'NameError',
  'ImportError',
  'ModuleNotFoundError',
  'FileNotFoundError',
  'SystemExit',
]);

/** Somebody else's refusal, told by the class. */
const FOREIGN =
  /^(?:Zod|Validation|Pydantic|BadRequest|Unauthorized|Forbidden|NotFound|RateLimit|AuthenticationE|PermissionDenied|Conflict|UnprocessableE|Sequelize|Mongo|Reply|Redis|Postgres|Sqlite|Prisma|Database|Axios|Fetch|HTTP|Http|Connection|Timeout|NoMemory|Memory|Safetensor|MaxRetry)\w{0,40}(?:Error|Exception|Issue)?$/;

/** A class of a library that works on the GPU: its `MemoryError` is not the host's. */
const GPU_LIBRARY = /^(?:py)?(?:cuda|cupy|torch|rmm|cudf|numba|pyopencl|tensorrt)\b[._]/i;

/** Node's and libuv's system codes: a call to the operating system failed. */
const SYSTEM_CODE = /^E(?!RR_)[A-Z][A-Z0-9]{1,15}$/;
/** Node's own codes of refused arguments and of its own memory. */
const NODE_CODE =
  /^ERR_(?:INVALID_|OUT_OF_RANGE|PARSE_ARGS|MISSING_|UNKNOWN_|WORKER_OUT_OF_MEMORY|STRING_TOO_LONG|BUFFER_|HTTP_|HTTP2_|SOCKET_|TLS_|IPC_|ASSERTION|UNSUPPORTED_|FS_|STREAM_|UND_)/;
/** Databases: SQLSTATE, SQLite, MySQL. */
const DATABASE_CODE = /^(?:[0-9A-Z]{5}|SQLITE_[A-Z_]{2,40}|ER_[A-Z_]{3,60}|P\d{4}|OOM)$/;
/** Codes of web interfaces: `content_filter`, `context_length_exceeded`, `rate_limit_exceeded`. */
const WEB_CODE = /^[a-z]{3,30}(?:_[a-z]{2,30}){1,5}$/;
/** gRPC statuses and cloud codes in capitals or camel case. */
const REMOTE_CODE =
  /^(?:UNAVAILABLE|DEADLINE_EXCEEDED|UNAUTHENTICATED|PERMISSION_DENIED|NOT_FOUND|INVALID_ARGUMENT|CANCELLED|InsufficientInstanceCapacity|Throttling\w{0,20}|QuotaExceeded\w{0,20})$/;

function lastPart(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('.'), name.lastIndexOf(':')) + 1);
}

function byCode(code: unknown): Objection | null {
  if (typeof code !== 'string' || code.length > 80) return null;
  if (SYSTEM_CODE.test(code) || NODE_CODE.test(code)) {
    return { weight: DECISIVE, reason: `code ${code}` };
  }
  // A GPU package that is not installed is still a fault of the GPU's set-up: rules may overrule.
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') {
    return { weight: 6, reason: `code ${code}` };
  }
  if (DATABASE_CODE.test(code) || WEB_CODE.test(code) || REMOTE_CODE.test(code)) {
    return { weight: DECISIVE, reason: `code ${code}` };
  }
  return null;
}

/** Clients that put the status before everything else: `400 {"detail": …`, `Error code: 429 - …`. */
const LEADING_STATUS =
  /^(?:Error: |HTTP (?:Error )?|Error code: )?(?:40[0-9]|41[0-8]|42[0-9]|431|451)\b(?: - |: | [A-Z{["])/;

/** HTTP: what the server says was the client's fault is not the server's GPU. */
function byStatus(view: ErrorView): Objection | null {
  const { status } = view;
  if (status !== null && status >= 400 && status < 500) {
    return { weight: DECISIVE, reason: `status ${String(status)}` };
  }
  // A digit, "Error" or "HTTP": most messages begin otherwise.
  const first = view.message.charCodeAt(0);
  if (first !== 0x34 && first !== 0x45 && first !== 0x48) return null;
  const leading = LEADING_STATUS.exec(view.message);
  return leading === null ? null : { weight: DECISIVE, reason: leading[0].trim() };
}

function byClass(view: ErrorView): Objection | null {
  for (const name of [view.name, view.className]) {
    if (name === 'Error' || name === '' || name === 'Object') continue;
    const short = lastPart(name);
    if (short === 'TimeoutError') return { weight: 5, reason: `class ${name}` };
    if (PROGRAMMING.has(short)) return { weight: 2, reason: `class ${name}` };
    if (GPU_LIBRARY.test(name)) continue;
    if (FOREIGN.test(short) && !/^Connection(?:Refused)?Lost/.test(short)) {
      return { weight: short.startsWith('Memory') ? 3 : 5, reason: `class ${name}` };
    }
  }
  return null;
}

/** What the object itself says against a verdict by text; the strongest of it. */
export function objectionOf(view: ErrorView): Objection | null {
  if (typeof view.syscall === 'string') {
    return { weight: DECISIVE, reason: `syscall ${view.syscall.slice(0, 40)}` };
  }
  return byCode(view.code) ?? byStatus(view) ?? byClass(view);
}
