/** What the judge is asked, what it answers, and what it works with in between. */

import type { ErrorView } from './error-view.js';
import type { RuleMatch } from './from-message.js';
import type { GPUFailure } from './types.js';
import type { UserRule } from './user-rules.js';

/** What else is known when an error is judged. */
export interface JudgeContext {
  /** An engine's log lines of the call's own time, oldest first. */
  logLines?: readonly string[];
  /** Already checked with `checkRules`; asked before ours. */
  rules?: readonly UserRule[];
}

/** A verdict and what it rests on. */
export interface Judgement {
  failure: GPUFailure;
  /** Where inside the error it was found: `''` is the error itself, else e.g. `cause.errors[1]`. */
  path: string;
  /** The value at `path`. */
  error: unknown;
  /** Ids of the rules that decided, or what was read: `tag`, `code`, `class`, `exception`, `user:0`. */
  rules: readonly string[];
  /** A tag or a native code that arose in this process: may close the fatal latch by itself. */
  structured: boolean;
  /** It came as one of our exceptions, judged before: never closes the latch. */
  passedThrough: boolean;
  /** For a sticky verdict by text: the key under which repetitions count. */
  stickyText: string | null;
}

/** A rule or a piece of evidence that spoke, for explanations. */
export interface Spoken extends RuleMatch {
  path: string;
}

/** A verdict that competes with those of other errors in the same wrapping. */
export interface Candidate {
  judgement: Judgement;
  rank: number;
}

/** How much a kind of evidence weighs; text adds ten times its rule's weight. */
export const Rank = { exception: 400, tag: 300, code: 200, class: 100, text: 0 } as const;

/** One error being heard. */
export interface Hearing {
  context: JudgeContext;
  /** Collects for `explainGpuFailure`; `null` when only the verdict is asked for. */
  spoken: Spoken[] | null;
}

/** A verdict by nothing in particular; the caller changes what is special about it. */
export function judgementOf(
  view: ErrorView,
  path: string,
  failure: GPUFailure,
  rules: readonly string[],
): Judgement {
  return {
    failure,
    path,
    error: view.value,
    rules,
    structured: false,
    passedThrough: false,
    stickyText: null,
  };
}

/** Evidence that is no text rule, as explanations show it. */
export function piece(rule: string, matched: string, path: string): Spoken {
  return { rule, origin: 'the error object', speaks: 'for', weight: 0, matched, path };
}

/** The same, speaking against. */
export function objection(matched: string, path: string, weight: number): Spoken {
  return { ...piece('against', matched, path), speaks: 'against', weight };
}

/** Under which a sticky verdict by text counts as the same; `null` when it is not sticky. */
export function stickyKey(failure: GPUFailure): string | null {
  if (!failure.sticky) return null;
  return `${failure.library ?? 'gpu'}:${failure.name ?? failure.category}`;
}
