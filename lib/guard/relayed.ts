/**
 * Errors that tell what happened in another process: what clients of servers, and those who start
 * programs, put on their errors.
 */

import { read } from '../failure/error-view.js';

/** How such errors begin where nothing on the object says it. */
const BEGINNING = new RegExp(
  [
    'HTTP(?:/[\\d.]+)?(?: error)?[ :]+[1-5]\\d\\d\\b',
    'Request failed with status(?: code)? [1-5]\\d\\d\\b',
    'Command failed\\b',
    // gRPC clients: the status' number and name
    '\\d{1,2} (?:CANCELLED|UNKNOWN|DEADLINE_EXCEEDED|RESOURCE_EXHAUSTED|FAILED_PRECONDITION|ABORTED|INTERNAL|UNAVAILABLE|DATA_LOSS): ',
  ]
    .map((beginning) => `^\\s*(?:[A-Za-z]{0,40}Error: )?${beginning}`)
    .join('|'),
  'i',
);
/** Enough of a text to see how it begins. */
const BEGINNING_LENGTH = 160;

/** Whether a value inside an error was made from what another process said. Never throws. */
export function isRelayed(value: unknown): boolean {
  if (typeof value === 'string') return BEGINNING.test(value.slice(0, BEGINNING_LENGTH));
  if (typeof value !== 'object' || value === null) return false;
  const message = read(value, 'message');
  if (typeof message === 'string' && BEGINNING.test(message.slice(0, BEGINNING_LENGTH)))
    return true;
  return isHttp(value) || isRpc(value) || isChild(value);
}

function isHttp(error: object): boolean {
  if (isObject(read(error, 'response'))) return true;
  return ['status', 'statusCode'].some((key) => isWithin(read(error, key), 100, 599));
}

/** gRPC, the AWS SDK, JSON-RPC (whose own codes are from -32768 to -32000). */
function isRpc(error: object): boolean {
  if (isObject(read(error, '$metadata')) || read(error, '$fault') !== undefined) return true;
  const code = read(error, 'code');
  if (isWithin(code, -32768, -32000)) return true;
  return (
    isWithin(code, 0, 16) &&
    typeof read(error, 'details') === 'string' &&
    isObject(read(error, 'metadata'))
  );
}

/** `child_process` in all its forms, and the packages around it. */
function isChild(error: object): boolean {
  if (read(error, 'spawnargs') !== undefined || typeof read(error, 'cmd') === 'string') return true;
  const printed = ['stderr', 'stdout'].some((key) => isGiven(read(error, key)));
  return (
    printed &&
    ['exitCode', 'signal', 'signalCode', 'status'].some((key) => isGiven(read(error, key)))
  );
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}
