/** From an error to the answer that a client gets. */

import { hasBrand } from '../exceptions/brand.js';
import { isErrorStatus, toText } from '../exceptions/coerce.js';
import type { PydanticErrorBody } from '../exceptions/base.js';
import { read } from '../exceptions/plain.js';
import { isRefusal } from '../exceptions/refusal.js';
import { classifyGpuFailure } from '../failure/judge.js';
import { exceptionFor } from '../guard/raise.js';
import { formatBillableUnits } from './billable-units.js';
import { asHttpError, isAbort } from './foreign.js';
import { wellFormed } from './well-formed.js';

/** A plain description of an HTTP answer; `body` is to be sent as JSON. */
export interface ErrorResponse {
  /** An integer from 400 to 599. */
  status: number;
  /** What the answer needs beyond `content-type: application/json`, which comes with the body. */
  headers: Record<string, string>;
  body: { detail: string } | PydanticErrorBody;
}

/** Billing, read by fal's platform: what a request costs in spite of the error. */
const BILLABLE_UNITS = 'x-fal-billable-units';
/** `false`: this 503 does not cost the runner. Read by fal's platform, stripped before the caller. */
const STOP_RUNNER = 'x-fal-stop-runner';
/** `0`: queueing the request again would end the same way. Read by fal's platform, too. */
const NEEDS_RETRY = 'X-Fal-Needs-Retry';

/**
 * The answer to any error, with fal's bodies and headers:
 *
 * | error | status | body |
 * |---|---|---|
 * | `FieldException` | its own | `toPydanticFormat()`; `x-fal-billable-units` unless that is 0 |
 * | `AppException` | its own | `{ detail: message }` |
 * | `GPUException` and its subclasses | its own (503) | `{ detail: message }`; with a `failure`, `x-fal-stop-runner: false` when no restart helps and `X-Fal-Needs-Retry: 0` when it is not retryable, unless it was refused for an earlier failure's sake |
 * | `RequestCancelledException` | 499 | `{ detail: message }` |
 * | `AbortError` | 499 | `{ detail: 'Request cancelled by the client.' }` |
 * | `FileTooLargeError`, `UnauthenticatedException`, `AppFileUploadException` | 413, 401, 500 | `{ detail: message }` |
 * | an HTTP error of another package, with an error status and `expose: true` | its own | `{ detail: message }` and its `headers` |
 * | a GPU failure that no guard has seen | 503 | that of the exception which the guard would have thrown |
 * | anything else | 500 | `{ detail: 'Internal Server Error' }` |
 *
 * No native text reaches a body: causes and failures are not looked at for it. Lone surrogates become
 * U+FFFD. Accepts any value and never throws; a `statusCode` that is no integer from 400 to 599
 * answers 500. Publishes nothing on `gpu-exceptions:failure`, also for an error that no guard has seen.
 *
 * Send nothing when `response.headersSent` is true: destroy the socket instead.
 */
export function toResponse(error: unknown): ErrorResponse {
  try {
    return answer(error);
  } catch {
    return internalServerError();
  }
}

function answer(error: unknown): ErrorResponse {
  if (hasBrand(error, 'FalServerlessException')) return answerOurs(error as object);
  if (isAbort(error)) return detail(499, 'Request cancelled by the client.');
  const http = asHttpError(error);
  if (http !== null) return detail(http.status, http.message, http.headers);
  const failure = classifyGpuFailure(error);
  return failure === null ? internalServerError() : answerOurs(exceptionFor(failure, error));
}

function answerOurs(error: object): ErrorResponse {
  if (hasBrand(error, 'FieldException')) return answerField(error);
  if (hasBrand(error, 'GPUException')) {
    return detail(statusOf(error), messageOf(error), platformHeaders(error));
  }
  if (hasBrand(error, 'AppException')) return detail(statusOf(error), messageOf(error));
  for (const [name, status] of FIXED_STATUS) {
    if (hasBrand(error, name)) return detail(status, messageOf(error));
  }
  return internalServerError();
}

const FIXED_STATUS = [
  ['RequestCancelledException', 499],
  ['FileTooLargeError', 413],
  ['UnauthenticatedException', 401],
  ['AppFileUploadException', 500],
] as const;

function answerField(error: object): ErrorResponse {
  const units = formatBillableUnits(read(error, 'billableUnits'));
  // fal's handler fails on such units, which its server answers with 500.
  if (units === 'not-a-number') return internalServerError();
  const headers = units.text === null ? {} : { [BILLABLE_UNITS]: units.text };
  return { status: statusOf(error), headers, body: pydanticBody(error) };
}

/** What the exception's own `toPydanticFormat` says, as long as it can be sent. */
function pydanticBody(error: object): PydanticErrorBody {
  try {
    const body = (error as { toPydanticFormat(): unknown }).toPydanticFormat();
    const json = JSON.stringify(body, (_, value: unknown) =>
      typeof value === 'string' ? wellFormed(value) : value,
    );
    const sendable: unknown = JSON.parse(json);
    if (typeof sendable === 'object' && sendable !== null) return sendable as PydanticErrorBody;
  } catch {
    // A subclass's own form that cannot be sent: the standard one follows.
  }
  const text = (key: string): string => wellFormed(toText(read(error, key)));
  return { detail: [{ loc: ['body', text('field')], msg: text('message'), type: text('type') }] };
}

/**
 * On fal, one 503 replaces the runner and the request goes to the next one, up to ten times. Neither
 * helps against an input that is too large.
 */
function platformHeaders(error: object): Record<string, string> {
  const headers: Record<string, string> = {};
  const failure = read(error, 'failure');
  if (typeof failure !== 'object' || failure === null) return headers;
  if (read(failure, 'restart') === 'none') headers[STOP_RUNNER] = 'false';
  // A request that was refused for an earlier failure's sake did nothing wrong: the next runner serves it.
  if (read(failure, 'retryable') !== true && !isRefusal(error)) headers[NEEDS_RETRY] = '0';
  return headers;
}

function internalServerError(): ErrorResponse {
  return detail(500, 'Internal Server Error');
}

function detail(
  status: number,
  message: string,
  headers: Record<string, string> = {},
): ErrorResponse {
  return { status, headers, body: { detail: wellFormed(message) } };
}

function statusOf(error: object): number {
  const status = read(error, 'statusCode');
  return isErrorStatus(status) ? status : 500;
}

function messageOf(error: object): string {
  return toText(read(error, 'message'));
}
