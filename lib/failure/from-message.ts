/** From a text to facts: which rule speaks with the most weight, for or against. */

import { factsOfVendorName } from './rules/vendor-names.js';
import { addFigures, fillFigures } from './extract.js';
import { copyFacts, overlay, telling } from './facts.js';
import type { FailureFacts } from './facts.js';
import { indexHints } from './hints.js';
import type { HintIndex } from './hints.js';
import { isQuotedSpeech } from './quoted.js';
import { catalogue, packedDeviceWords, packedHints } from './rules/hints.js';
import type { GPURule, Rule } from './rules/rule.js';
import { rulesOn } from './rules/shelves.js';
import { cleaned, windowed } from './text.js';

/** A rule that matched, for explanations. */
export interface RuleMatch {
  rule: string;
  origin: string;
  speaks: 'for' | 'against';
  weight: number;
  /** What it matched, shortened. */
  matched: string;
}

export interface TextVerdict {
  facts: FailureFacts;
  rule: string;
  weight: number;
  /** A warning after which the program goes on. */
  soft: boolean;
}

/** What a text says: a verdict, or how strongly it speaks against one. */
export interface TextReading {
  verdict: TextVerdict | null;
  /** Weight of the strongest rule against; 0: none. */
  against: number;
  /** Rule that spoke against. */
  vetoedBy: string | null;
}

const LONGEST_QUOTE = 160;

/** A rule, with the facts that it states whatever it matched. */
interface Prepared {
  rule: Rule;
  facts: FailureFacts | null;
}

interface Machine {
  /** By place in the catalogue: filled in when the rule is first tried. */
  prepared: (Prepared | undefined)[];
  index: HintIndex;
}

let machine: Machine | null = null;

/** The catalogue is sorted: strongest first; at equal weight rules against come before rules for. */
function makeMachine(): Machine {
  return {
    prepared: new Array<Prepared | undefined>(catalogue.length).fill(undefined),
    // The last owner is no rule: it tells whether the text names a device at all.
    index: indexHints([...catalogue.map(([id]) => packedHints[id] ?? ''), packedDeviceWords]),
  };
}

/** Loads the rule's file if no rule of it was tried before. */
function prepare(place: number): Prepared | null {
  const entry = catalogue[place];
  const rule =
    entry === undefined ? undefined : rulesOn(entry[1]).find(({ id }) => id === entry[0]);
  return rule === undefined ? null : { rule, facts: 'veto' in rule ? null : statedBy(rule) };
}

function statedBy(rule: GPURule): FailureFacts {
  const named = rule.code === undefined ? null : factsOfVendorName(rule.code);
  const facts = copyFacts(named ?? { category: rule.category });
  overlay(facts, {
    category: rule.category,
    library: rule.library,
    call: rule.call,
    restart: rule.restart,
    retryable: rule.retryable,
    sticky: rule.sticky,
    remedy: rule.remedy,
  });
  return facts;
}

function factsOf(
  rule: GPURule,
  stated: FailureFacts,
  match: RegExpExecArray,
  text: string,
): FailureFacts | null {
  const resolved = rule.resolve === undefined ? undefined : rule.resolve(match, text);
  if (resolved === null) return null;
  const facts = copyFacts(stated);
  addFigures(facts, match);
  if (resolved !== undefined) overlay(facts, resolved);
  return facts;
}

function note(sink: RuleMatch[] | null, rule: Rule, match: RegExpExecArray): void {
  sink?.push({
    rule: rule.id,
    origin: rule.origin,
    speaks: 'veto' in rule ? 'against' : 'for',
    weight: rule.weight,
    matched: match[0].slice(0, LONGEST_QUOTE),
  });
}

const SILENCE: TextReading = { verdict: null, against: 0, vetoedBy: null };

/**
 * Reads a text of any length and content. `sink` collects every rule that spoke; without it the
 * search ends as soon as nothing can change the answer. Linear in the text's length, bounded by
 * `TEXT_LIMIT`. Never throws.
 */
export function readText(raw: string, sink: RuleMatch[] | null = null): TextReading {
  machine ??= makeMachine();
  let text = windowed(raw);
  let candidates = machine.index.find(text);
  if (machine.index.dirty) {
    text = cleaned(text);
    candidates = machine.index.find(text);
  }
  return candidates.length === 0 ? SILENCE : weigh(machine.prepared, candidates, text, sink);
}

interface Best {
  rule: GPURule;
  facts: FailureFacts;
  at: number;
}

function isBetter(next: Best, best: Best): boolean {
  const difference = telling(next.facts.category) - telling(best.facts.category);
  return difference !== 0 ? difference > 0 : next.at < best.at;
}

function weigh(
  known: (Prepared | undefined)[],
  candidates: readonly number[],
  text: string,
  sink: RuleMatch[] | null,
): TextReading {
  let best: Best | null = null;
  let veto: Rule | null = null;
  const namesDevice = candidates.at(-1) === catalogue.length;
  for (const candidate of candidates) {
    const [, , weight = 0, needsDevice = false] = catalogue[candidate] ?? [];
    if (needsDevice && !namesDevice) continue;
    const decided: boolean = veto !== null || (best !== null && weight < best.rule.weight);
    if (decided && sink === null) break;
    const prepared = (known[candidate] ??= prepare(candidate) ?? undefined);
    if (prepared === undefined) continue;
    const { rule } = prepared;
    const match = rule.pattern.exec(text);
    if (match === null) continue;
    if ('veto' in rule || prepared.facts === null) {
      note(sink, rule, match);
      veto ??= decided ? null : rule;
      continue;
    }
    if (isQuotedSpeech(text, match.index)) continue;
    const facts = factsOf(rule, prepared.facts, match, text);
    if (facts === null) continue;
    note(sink, rule, match);
    if (decided) continue;
    const next = { rule, facts, at: match.index };
    if (best === null || isBetter(next, best)) best = next;
  }
  if (best === null) {
    return veto === null ? SILENCE : { verdict: null, against: veto.weight, vetoedBy: veto.id };
  }
  fillFigures(best.facts, text);
  return {
    verdict: {
      facts: best.facts,
      rule: best.rule.id,
      weight: best.rule.weight,
      soft: best.rule.soft === true,
    },
    against: 0,
    vetoedBy: null,
  };
}
