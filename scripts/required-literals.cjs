'use strict';
/**
 * Literals of which every match of a pattern holds at least one, read off the pattern itself: what
 * makes it safe to try a rule only where one of them occurs. Understands the part of the language
 * that the rules use; where it cannot tell, it says so.
 */

/** As in `lib/failure/hints.ts`. */
const SHORTEST_HINT = 4;

/** Words of every other log line: they make worse hints than rarer words of the same length. */
const EVERYDAY = new Set(
  `a allocate allocating allocation an and any are available be buffer cannot code could create
  creating data device devices driver error execution exist failed failure find for found from get
  in initialize invalid is it library load loaded loading memory message name no not of on open or
  out process required requested set size status supported than that the this to unable unknown
  use using version was when while with without`.split(/\s+/),
);
/** How much a literal tells: its rarer words count in full, everyday ones for a quarter. */
function tells(literal) {
  const words = literal.split(/[^a-z0-9_]+/);
  const sum = words.reduce((all, word) => all + word.length / (EVERYDAY.has(word) ? 4 : 1), 0);
  return Math.min(sum, 12);
}
/** How good a set is as hints: as good as its worst member; fewer are better. */
function worth(literals) {
  return Math.min(...literals.map(tells)) - literals.length / 50;
}
/** The best of the sets that were offered; each is weighed once. */
class Best {
  literals = null;
  worth = -Infinity;
  offer(literals) {
    if (literals === null) return;
    const value = worth(literals);
    if (value <= this.worth) return;
    this.worth = value;
    this.literals = literals;
  }
}
/** A character that stands for itself, in lower case; or `null`. */
function asLetter(char) {
  const code = char.charCodeAt(0);
  return (code >= 32 && code < 127) || code === 9 || code === 10 ? char.toLowerCase() : null;
}
const NOTHING = { letter: null, literals: null, leads: [''], zeroWidth: true };
function letterOf(letter) {
  return { letter, literals: null, leads: [''], zeroWidth: false };
}
/** A run of letters with each way in which the group behind it begins. */
function joined(run, leads) {
  const all = leads.map((lead) => run + lead);
  return all.every((text) => text.length >= SHORTEST_HINT) ? [...new Set(all)] : null;
}
const OPENING = /\?(?::|<?[=!]|<[A-Za-z]\w*>)/y;
const QUANTIFIER = /(?:[?*+]|\{\d+(?:,\d*)?\})\??/y;
const ONCE = { min: 1, once: true };
class Reader {
  source;
  at = 0;
  constructor(source) {
    this.source = source;
  }
  /** Alternatives up to the end or to the closing bracket. */
  alternatives() {
    let literals = [];
    const leads = [];
    for (;;) {
      const one = this.sequence();
      leads.push(one.lead);
      literals = literals === null || one.literals === null ? null : [...literals, ...one.literals];
      if (this.source[this.at] !== '|') break;
      this.at += 1;
    }
    return { literals: literals === null ? null : [...new Set(literals)], leads };
  }
  sequence() {
    const best = new Best();
    let lead = null;
    let run = '';
    const endRun = () => {
      if (run.length >= SHORTEST_HINT) best.offer([run]);
      lead ??= run;
      run = '';
    };
    while (this.at < this.source.length && !'|)'.includes(this.source[this.at] ?? '')) {
      const item = this.item();
      if (item.zeroWidth) continue;
      const { min, once } = this.quantifier();
      if (item.letter !== null && once) {
        run += item.letter;
        continue;
      }
      if (min > 0) {
        if (item.letter !== null) run += item.letter;
        best.offer(item.literals);
        if (item.letter === null) best.offer(joined(run, item.leads));
      }
      endRun();
    }
    endRun();
    return { literals: best.literals, lead: lead ?? '' };
  }
  /** One atom: a letter, a group, or something that says nothing. */
  item() {
    const char = this.source[this.at] ?? '';
    this.at += 1;
    switch (char) {
      case '(':
        return this.group();
      case '[':
        return letterOf(this.characterClass());
      case '\\':
        return this.escape();
      case '^':
      case '$':
        return NOTHING;
      case '.':
        return letterOf(null);
      default:
        return letterOf(asLetter(char));
    }
  }
  group() {
    const opening = this.source[this.at] === '?' ? this.match(OPENING) : '';
    const part = this.alternatives();
    this.at += 1; // the closing bracket
    const looksAround = opening.endsWith('=') || opening.endsWith('!');
    return looksAround ? NOTHING : { letter: null, zeroWidth: false, ...part };
  }
  /** What a sticky pattern finds here; moves behind it. */
  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source)?.[0] ?? '';
    this.at += found.length;
    return found;
  }
  /** `[Tt]` is a letter in either case; any other class says nothing. */
  characterClass() {
    const start = this.at;
    while (this.at < this.source.length && this.source[this.at] !== ']') {
      this.at += this.source[this.at] === '\\' ? 2 : 1;
    }
    const members = this.source.slice(start, this.at);
    this.at += 1;
    const [one = '', two = ''] = members;
    return members.length === 2 && one.toLowerCase() === two.toLowerCase() ? asLetter(one) : null;
  }
  escape() {
    const char = this.source[this.at] ?? '';
    this.at += 1;
    if (char === 'b' || char === 'B') return NOTHING;
    if (char === 'n') return letterOf('\n');
    const known = !/[A-Za-z0-9]/.test(char);
    if (char === 'u') this.at += 4;
    return letterOf(known ? asLetter(char) : null);
  }
  quantifier() {
    const char = this.source[this.at] ?? '';
    if (!'?*+{'.includes(char) || char === '') return ONCE;
    const found = this.match(QUANTIFIER);
    if (!found.startsWith('{')) return { min: found.startsWith('+') ? 1 : 0, once: false };
    return { min: Number.parseInt(found.slice(1), 10), once: false };
  }
}
/** Lower-case literals of which every match of `pattern` holds one, or `null`. */
function requiredLiterals(pattern) {
  return new Reader(pattern.source).alternatives().literals;
}

module.exports = { SHORTEST_HINT, requiredLiterals };
