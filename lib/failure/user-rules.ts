/** Rules of the user's own: checked when given, asked before ours. */

import type { GPUFailure, GPUFailureCategory } from './types.js';

/** What is matched: a literal part of the message, a pattern, or a question about the error. */
export type UserMatch = string | RegExp | ((error: unknown, message: string) => boolean);

/**
 * A rule of the user's. The first that matches decides: `failure` gives the verdict (what it leaves
 * open gets the category's defaults), `veto` says that the error is not the GPU's.
 */
export type UserRule =
  | { match: UserMatch; failure: Partial<GPUFailure> & { category: GPUFailureCategory } }
  | { match: UserMatch; veto: true };

const CATEGORIES: ReadonlySet<unknown> = new Set<GPUFailureCategory>([
  'out-of-memory',
  'kernel-fault',
  'hardware',
  'device-lost',
  'no-device',
  'driver-mismatch',
  'library',
  'timeout',
  'busy',
  'permission',
  'not-supported',
  'invalid-argument',
  'aborted',
  'unknown',
]);

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
}

function refuse(argument: string, allowed: string, given: unknown): never {
  throw new TypeError(`${argument} must be ${allowed}; got ${shown(given)}`);
}

/**
 * Checks rules before anything else happens.
 * @throws TypeError naming the argument, e.g. `options.rules[2].match`
 */
export function checkRules(rules: unknown, argument = 'rules'): readonly UserRule[] {
  if (!Array.isArray(rules)) refuse(argument, 'an array of rules', rules);
  rules.forEach((rule: unknown, at) => {
    checkRule(rule, `${argument}[${String(at)}]`);
  });
  return rules as UserRule[];
}

function checkRule(rule: unknown, argument: string): void {
  if (typeof rule !== 'object' || rule === null) refuse(argument, 'an object', rule);
  const { match, failure, veto } = rule as Record<string, unknown>;
  const matches =
    (typeof match === 'string' && match !== '') ||
    typeof match === 'function' ||
    Object.prototype.toString.call(match) === '[object RegExp]';
  if (!matches) refuse(`${argument}.match`, 'a non-empty string, a RegExp or a function', match);
  if ((failure === undefined) === (veto === undefined)) {
    throw new TypeError(`${argument} must have either failure or veto`);
  }
  if (veto !== undefined) {
    if (veto !== true) refuse(`${argument}.veto`, 'true', veto);
    return;
  }
  if (typeof failure !== 'object' || failure === null) {
    refuse(`${argument}.failure`, 'an object', failure);
  }
  const { category } = failure as Record<string, unknown>;
  if (!CATEGORIES.has(category)) {
    refuse(`${argument}.failure.category`, [...CATEGORIES].join(', '), category);
  }
}

function matches(match: UserMatch, error: unknown, message: string): boolean {
  if (typeof match === 'string') return message.includes(match);
  if (typeof match === 'function') return match(error, message) === true;
  match.lastIndex = 0; // patterns with the g or y flag keep state
  return match.test(message);
}

/** The first rule that matches, with its place; a rule that throws is passed over. Never throws. */
export function firstUserRule(
  rules: readonly UserRule[],
  error: unknown,
  message: string,
): { rule: UserRule; at: number } | null {
  for (const [at, rule] of rules.entries()) {
    try {
      if (matches(rule.match, error, message)) return { rule, at };
    } catch {
      continue;
    }
  }
  return null;
}
