/** What stands in one sentence: general wordings count only where device and failure meet in one. */

import type { FailureFacts } from '../facts.js';

/** How far to either side of a match a sentence is read. */
const REACH = 200;
/** Matches of one pattern that are looked at in one text. */
const MOST = 8;

const END = /[.;!?] |\n|, /g;

/** The sentence around `[from, to)`: up to a line break, a full stop or a comma. */
function sentenceAround(text: string, from: number, to: number): string {
  const before = text.slice(Math.max(0, from - REACH), from);
  let start = 0;
  END.lastIndex = 0;
  for (let end = END.exec(before); end !== null; end = END.exec(before)) start = END.lastIndex;
  const after = text.slice(to, to + REACH);
  END.lastIndex = 0;
  const stop = END.exec(after)?.index ?? after.length;
  return before.slice(start) + text.slice(from, to) + after.slice(0, stop);
}

/** The line around a match, for causes that are named one sentence later. */
export function lineAround(text: string, at: number): string {
  const start = Math.max(0, at - REACH, text.lastIndexOf('\n', at - 1) + 1);
  const end = text.indexOf('\n', at);
  return text.slice(start, Math.min(end === -1 ? text.length : end, at + 2 * REACH));
}

/**
 * A `resolve` that asks `judge` about the sentence around every match, until one is accepted. Linear:
 * sentences and the number of matches are bounded.
 */
export function inSentence(
  pattern: RegExp,
  judge: (sentence: string, matched: string) => Partial<FailureFacts> | null,
): (match: RegExpExecArray, text: string) => Partial<FailureFacts> | null {
  const all = new RegExp(pattern.source, `${pattern.flags}g`);
  return (_match, text) => {
    all.lastIndex = 0;
    for (let count = 0; count < MOST; count += 1) {
      const match = all.exec(text);
      if (match === null) return null;
      const end = match.index + match[0].length;
      const facts = judge(sentenceAround(text, match.index, end), match[0]);
      if (facts !== null) return facts;
    }
    return null;
  };
}
