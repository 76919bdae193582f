import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import fc from 'fast-check';

import { readText } from '../../../lib/failure/from-message';
import type { RuleMatch } from '../../../lib/failure/from-message';
import { SHORTEST_HINT, indexHints } from '../../../lib/failure/hints';
import { catalogue, packedHints } from '../../../lib/failure/rules/hints';
import { rules } from '../../../lib/failure/rules/index';
import type { Rule } from '../../../lib/failure/rules/rule';
import { rulesOn, shelfNames } from '../../../lib/failure/rules/shelves';
import { TEXT_LIMIT } from '../../../lib/failure/text';

const named = rules.map((rule) => [rule.id, rule] as const);

function hintsOf(rule: Rule): string[] {
  return (packedHints[rule.id] ?? '')
    .split('\t')
    .map((entry) => entry.slice(entry.indexOf(':') + 1));
}

/** Texts that the pattern matches, as far as fast-check can make them up. */
function matchesOf(rule: Rule): fc.Arbitrary<string> {
  const source = rule.pattern.source
    .replace(/\(\?<\w+>/g, '(?:')
    .replace(/\(\?<?[=!][^()]*\)/g, '')
    .replace(/\\b/g, '');
  return fc.stringMatching(new RegExp(source), { maxLength: 300 });
}

function spokenFor(text: string): RuleMatch[] {
  const sink: RuleMatch[] = [];
  readText(text, sink);
  return sink;
}

/** The shortest of some runs, in milliseconds: the others were interrupted. */
function cost(rule: Rule, text: string): number {
  let best = Infinity;
  for (let run = 0; run < 4; run += 1) {
    const started = performance.now();
    rule.pattern.exec(text);
    best = Math.min(best, performance.now() - started);
  }
  return best;
}

function repeated(part: string, length: number): string {
  return part.repeat(Math.ceil(length / part.length)).slice(0, length);
}

/** Texts that begin to match over and over, and never finish. */
function hostileParts(rule: Rule): string[] {
  const { example } = rule;
  const hints = hintsOf(rule);
  const cut = example.slice(0, Math.max(4, Math.floor(example.length * 0.7)));
  return [
    ...hints.slice(0, 3),
    cut.replaceAll('\n', ' '),
    `${hints[0] ?? ''} ${'9'.repeat(40)}`,
    `${hints[0] ?? ''}(${'x'.repeat(60)}`,
  ];
}

describe('every rule', () => {
  it('has an id of its own, an origin and hints that can be looked for', () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    for (const rule of rules) {
      const { id, origin, pattern } = rule;
      const hints = hintsOf(rule);
      expect(id).toMatch(/^[a-z0-9-]+\.[a-z0-9-]+$/);
      expect(origin.length).toBeGreaterThan(10);
      expect(hints.length).toBeGreaterThan(0);
      for (const hint of hints) {
        expect(hint.length).toBeGreaterThanOrEqual(SHORTEST_HINT);
        expect(hint).toBe(hint.toLowerCase());
      }
      // State between calls would make a verdict depend on the one before.
      expect(pattern.global || pattern.sticky).toBe(false);
    }
  });

  it.each(named)('%s: one of its hints is in everything that it matches', (_id, rule) => {
    const hints = hintsOf(rule);
    const index = indexHints([packedHints[rule.id] ?? '']);
    fc.assert(
      fc.property(matchesOf(rule), (text) => {
        expect(hints.some((hint) => text.toLowerCase().includes(hint))).toBe(true);
        expect(index.find(text)).toEqual([0]);
      }),
      { numRuns: 60 },
    );
  });

  it.each(named)('%s speaks on its example', (id, rule) => {
    const spoken = spokenFor(rule.example).filter((match) => match.rule === id);
    expect(spoken).toHaveLength(1);
    expect(spoken[0]?.speaks).toBe('veto' in rule ? 'against' : 'for');
  });

  it.each(named)('%s decides its own example', (id, rule) => {
    const { verdict, vetoedBy } = readText(rule.example);
    expect('veto' in rule ? vetoedBy : verdict?.rule).toBe(id);
  });

  it.each(named.filter(([, rule]) => rule.nearMiss !== undefined))(
    '%s is silent on what merely looks like it',
    (id, rule) => {
      const spoken = spokenFor(rule.nearMiss ?? '');
      expect(spoken.map((match) => match.rule)).not.toContain(id);
    },
  );

  it.each(named)('%s is found in the middle of other text', (id, rule) => {
    // A few rules are about how a text begins or about a line of its own.
    const text = `${rule.example}\nThe tram was late again today.`;
    expect(spokenFor(text).map((match) => match.rule)).toContain(id);
  });

  it.each(named)('%s costs no more than linearly on text made to hurt it', (_id, rule) => {
    for (const part of hostileParts(rule)) {
      const short = cost(rule, repeated(part, TEXT_LIMIT / 8));
      const long = cost(rule, repeated(part, TEXT_LIMIT));
      // Linear is 8, quadratic 64; the constant covers what is too fast to be timed.
      expect(long).toBeLessThan(24 * short + 8);
    }
  });
});

describe('every pattern compiles small', () => {
  // V8 aborts the process ("RegExpCompiler Allocation failed") on a pattern that grows too big, and
  // it compiles one program for one-byte and one for two-byte text.
  it.each(named)('%s: for both kinds of text, and on 1 MiB', (_id, { pattern, example }) => {
    expect(pattern.source.length).toBeLessThan(1500);
    const counts = [...pattern.source.matchAll(/\{\d+,(\d+)\}/g)].map((match) => Number(match[1]));
    expect(Math.max(0, ...counts)).toBeLessThanOrEqual(400);
    const fresh = new RegExp(pattern.source, pattern.flags);
    expect(fresh.test(`\u0416 ${example}`)).toBe(pattern.test(` ${example}`));
    for (const letter of ['a', '\u0416']) {
      expect(fresh.test(letter.repeat(1 << 20))).toBe(false);
    }
  });
});

describe('the catalogue', () => {
  it('holds every rule once, strongest first, in the file where it stands', () => {
    expect(catalogue.map(([id]) => id).sort()).toEqual(rules.map(({ id }) => id).sort());
    for (const [id, shelf, weight] of catalogue) {
      expect(rulesOn(shelf).find((rule) => rule.id === id)?.weight).toBe(weight);
    }
    const weights = catalogue.map(([, , weight]) => weight);
    expect(weights).toEqual([...weights].sort((a, b) => b - a));
  });

  it('names no file that is not there', () => {
    for (const shelf of shelfNames) expect(rulesOn(shelf).length).toBeGreaterThan(0);
    expect(rulesOn('nowhere')).toEqual([]);
  });
});

describe('the packed hints', () => {
  it('are those of the patterns as they stand', () => {
    const script = join(__dirname, '..', '..', '..', 'scripts', 'generate-hints.cjs');
    expect(() =>
      execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' }),
    ).not.toThrow();
  });
});

describe('the search for hints', () => {
  const index = indexHints(['0:cuda', '0:out of memory\t0:vram', '1:cuda error']);

  it('finds every owner once, overlapping or not, in any case', () => {
    expect(index.find('CUDA Error: OUT OF MEMORY, out of memory')).toEqual([0, 1, 2]);
    expect(index.find('barracuda')).toEqual([0]);
    expect(index.find('the vram is full')).toEqual([1]);
    expect(index.find('nothing of the kind')).toEqual([]);
    expect(index.find('')).toEqual([]);
  });

  it('finds them at the very beginning and end, and in long texts', () => {
    expect(index.find('cuda')).toEqual([0]);
    expect(index.find(`${'x'.repeat(100_000)}vram`)).toEqual([1]);
  });

  it('takes no letter of another script for one of its own', () => {
    expect(index.find('\u0441uda vr\u0430m \uff56ram')).toEqual([]);
  });

  it('tells whether there may be control characters', () => {
    index.find('plain\ntext\twith breaks');
    expect(index.dirty).toBe(false);
    for (const text of ['\u001b[31mred', 'nul\u0000', 'del\u007f', 'c1\u009b']) {
      index.find(text);
      expect(index.dirty).toBe(true);
    }
  });
});
