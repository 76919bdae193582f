/** Errors of others that have an answer of their own. */

import { isErrorStatus, toText } from '../exceptions/coerce.js';
import { read } from '../exceptions/plain.js';

/** The legacy code of a DOM `AbortError`. */
const ABORT_ERR = 20;

/** Whether work was cancelled: `AbortError` of the DOM, of Node or of a library. Never throws. */
export function isAbort(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if (read(error, 'name') === 'AbortError') return true;
  const code = read(error, 'code');
  return code === 'ABORT_ERR' || (code === ABORT_ERR && isDOMException(error));
}

/** Other errors use 20, too: it is a status of several GPU libraries. */
function isDOMException(error: object): boolean {
  return read(error, Symbol.toStringTag) === 'DOMException';
}

export interface HttpError {
  status: number;
  message: string;
  headers: Record<string, string>;
}

/**
 * An error that another package made to be sent – `http-errors`, body parsers –, recognised by an
 * error status together with `expose: true`. Never throws.
 */
export function asHttpError(error: unknown): HttpError | null {
  if (typeof error !== 'object' || error === null || read(error, 'expose') !== true) return null;
  const status = read(error, 'status') ?? read(error, 'statusCode');
  if (!isErrorStatus(status)) return null;
  return { status, message: toText(read(error, 'message')), headers: readHeaders(error) };
}

/** Header names and values as RFC 9110 has them; others would make `setHeader` throw. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const MOST_VALUES = 100;
/** These describe a body, and the body is ours. */
const OF_THE_BODY = /^(?:content-(?:encoding|length|range|type)|transfer-encoding|trailer)$/i;

function readHeaders(error: object): Record<string, string> {
  const given = read(error, 'headers');
  if (typeof given !== 'object' || given === null) return {};
  const headers: [string, string][] = [];
  for (const name of keysOf(given)) {
    const value = headerText(read(given, name));
    if (value === null || OF_THE_BODY.test(name)) continue;
    if (NAME.test(name) && VALUE.test(value)) headers.push([name, value]);
  }
  return Object.fromEntries(headers);
}

/** Several values of one field are one list (RFC 9110, 5.3). */
function headerText(value: unknown): string | null {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  try {
    if (!Array.isArray(value) || value.length === 0 || value.length > MOST_VALUES) return null;
    const texts = value.map(String);
    return value.every((item) => typeof item === 'string' || typeof item === 'number')
      ? texts.join(', ')
      : null;
  } catch {
    return null; // a revoked proxy
  }
}

function keysOf(object: object): string[] {
  try {
    return Object.keys(object);
  } catch {
    return [];
  }
}
