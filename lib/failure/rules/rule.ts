/** The shape of a text rule. Rules are data: one small file per engine, read by `from-message.ts`. */

import type { FailureFacts } from '../facts.js';
import type { GPUFailureCategory, GPULibrary, RestartScope } from '../types.js';

/**
 * How far a rule is to be believed. The strongest rule that matches decides; at equal weight a rule
 * against beats a rule for.
 */
export const Weight = {
  /** A library's bare name in an error that has nothing against it: what `fal` goes by. */
  floor: 0.5,
  /** A library's name beside a word for failure. */
  hint: 1,
  /** A sentence that speaks of a GPU without naming who says it. */
  fair: 2,
  /** A vendor's status name or string, or a sentence that only one engine writes. */
  strong: 3,
  /** An engine's whole sentence, down to device or cause. */
  certain: 4,
  /** Rules against only: names somebody else's memory, network or file. */
  conclusive: 6,
} as const;

interface RuleBase {
  /** `engine.what`, unique. */
  readonly id: string;
  /** Where the format string stands: `owner/repository path`, or the vendor's document. */
  readonly origin: string;
  /**
   * Lower-case ASCII literals of which at least one is part of every match; only where they cannot
   * be read off the pattern. `scripts/generate-hints.cjs` reads and packs them all.
   */
  readonly hints?: readonly string[];
  /** Tried only where the text names an interface, a vendor or a device: see `device-words.ts`. */
  readonly needsDevice?: true;
  /**
   * Linear in the length of the text: no quantifier inside another, wildcards bounded. Named groups
   * `requested`, `free` and `total` (numbers with a unit, or bytes), `device`, `code` and `call`
   * become facts.
   */
  readonly pattern: RegExp;
  readonly weight: number;
  /** A message that it must match. */
  readonly example: string;
  /** A message that looks alike and must not become a verdict of this rule. */
  readonly nearMiss?: string;
}

/** Speaks for a GPU failure. */
export interface GPURule extends RuleBase {
  readonly category: GPUFailureCategory;
  readonly library?: GPULibrary;
  /** The vendor's name of the code, e.g. `hipErrorOutOfMemory`; its row in the table is then used. */
  readonly code?: string;
  readonly call?: string;
  readonly restart?: RestartScope;
  readonly retryable?: boolean;
  readonly sticky?: boolean;
  readonly remedy?: string;
  /** A warning after which the program goes on: says nothing about an error beside it. */
  readonly soft?: boolean;
  /** Facts from the match that go before all of the above; `null`: the rule takes its word back. */
  readonly resolve?: (match: RegExpExecArray, text: string) => Partial<FailureFacts> | null;
}

/** Speaks against. */
export interface Veto extends RuleBase {
  readonly veto: true;
}

export type Rule = GPURule | Veto;

/** Environment failures: fix the installation, then restart. */
export const ENVIRONMENT = { restart: 'environment', retryable: false } as const;
