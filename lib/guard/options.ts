/** The guard's options: checked, and read once. */

import type { GPUException } from '../exceptions/gpu.js';
import { isEngineLog } from '../failure/engine-log.js';
import type { EngineLog } from '../failure/engine-log.js';
import { checkRules } from '../failure/user-rules.js';
import type { UserRule } from '../failure/user-rules.js';
import { checkDevice, checkInteger, describe, readKeys } from './arguments.js';
import type { Guard } from './guard.js';

export { checkDevice, describe };

/** Longest time that a Node timer can wait, in milliseconds (24.8 days). */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

const KEYS = ['device', 'probe', 'timeoutMs', 'log', 'onFailure', 'rules'] as const;

/**
 * The guard for `options`. Absent and `undefined` options have their defaults.
 *
 * @throws TypeError for unknown keys and wrong types, RangeError for numbers out of range.
 */
export function readOptions(options: unknown): Omit<Guard, 'onRejected'> {
  const { device, probe, timeoutMs, log, onFailure, rules } = readKeys(options, 'options', KEYS);
  return {
    device: device === undefined ? null : checkDevice(device, 'options.device'),
    probe: checkBoolean(probe, 'options.probe') ?? true,
    timeoutMs:
      timeoutMs === undefined
        ? null
        : checkInteger(timeoutMs, 'options.timeoutMs', 1, MAX_TIMEOUT_MS),
    log: checkLog(log),
    onFailure: checkFunction(onFailure),
    rules: rules === undefined ? null : readRules(rules),
  };
}

function readRules(rules: unknown): UserRule[] {
  try {
    return [...checkRules(rules, 'options.rules')];
  } catch (error) {
    if (error instanceof TypeError && error.message.startsWith('options.rules')) throw error;
    throw new TypeError(`options.rules could not be read; got ${describe(rules)}`, {
      cause: error,
    });
  }
}

function checkBoolean(value: unknown, argument: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw new TypeError(`${argument} must be true or false; got ${describe(value)}`);
}

function checkLog(value: unknown): EngineLog | null {
  if (value === undefined) return null;
  if (isEngineLog(value)) return value;
  throw new TypeError(`options.log must be made by engineLog(); got ${describe(value)}`);
}

function checkFunction(value: unknown): ((exception: GPUException) => unknown) | null {
  if (value === undefined) return null;
  if (typeof value === 'function') return value as (exception: GPUException) => unknown;
  throw new TypeError(`options.onFailure must be a function; got ${describe(value)}`);
}
