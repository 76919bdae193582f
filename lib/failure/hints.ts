/**
 * Which rules are worth trying on a text. Every rule names literals of which one must occur; all of
 * them are found in one pass over the text, whatever their number: each literal is looked for by one
 * run of four characters (after Karp and Rabin 1987, with a table small enough for the processor's
 * nearest cache) and compared in full where that occurs. Case is folded for ASCII only, so that
 * Unicode look-alikes never match.
 */

/** A finder of literals. Made once, in about a millisecond. */
export interface HintIndex {
  /** Numbers of the owners of all literals in `text`, each once, ascending. */
  find(text: string): number[];
  /** Whether the last text that was searched may have control characters. */
  readonly dirty: boolean;
}

/** Literals shorter than this cannot be looked for. */
export const SHORTEST_HINT = 4;

const SLOT_BITS = 14;
/** Knuth's multiplicative constant, 2^32 divided by the golden ratio. */
const SCATTER = 0x9e3779b1;
/** Letters of English text, from common to rare; the rest is rarer still. */
const COMMON_FIRST = ' etaoinsrlhdcumfpgwyb';

interface Literal {
  bytes: Uint8Array;
  /** Where the run starts by which it is looked for. */
  at: number;
  gram: number;
  owner: number;
}

/** Lower case for ASCII; control characters become 0, which is in no literal. */
const FOLD = new Uint8Array(256);
/** 1 for control characters, and for the lead byte of U+0080 to U+00BF, among which are some. */
const IS_CONTROL = new Uint8Array(256);
for (let code = 0; code < 256; code += 1) {
  const control = code < 32 ? code !== 9 && code !== 10 : code === 127;
  FOLD[code] = control ? 0 : code >= 65 && code <= 90 ? code + 32 : code;
  IS_CONTROL[code] = control || code === 0xc2 ? 1 : 0;
}

function commonness(char: string): number {
  const rank = COMMON_FIRST.indexOf(char);
  return rank === -1 ? 0 : COMMON_FIRST.length - rank;
}

/** All runs of a literal. */
function runsOf(text: string): string[] {
  if (text.length < SHORTEST_HINT) throw new RangeError(`hint ${text} is too short`);
  return Array.from({ length: text.length - SHORTEST_HINT + 1 }, (_, at) =>
    text.slice(at, at + SHORTEST_HINT),
  );
}

function countRuns(literals: readonly string[]): Map<string, number> {
  const uses = new Map<string, number>();
  for (const run of literals.flatMap(runsOf)) uses.set(run, (uses.get(run) ?? 0) + 1);
  return uses;
}

/** By the run that fewest literals share and, among those, that is rarest in English. */
function literalOf(text: string, owner: number, uses: ReadonlyMap<string, number>): Literal {
  let at = 0;
  let least = Infinity;
  runsOf(text).forEach((run, start) => {
    const common = [...run].reduce((sum, char) => sum + commonness(char), 0);
    const cost = (uses.get(run) ?? 0) + common / (SHORTEST_HINT * COMMON_FIRST.length);
    if (cost >= least) return;
    least = cost;
    at = start;
  });
  const bytes = new Uint8Array(Buffer.from(text, 'latin1'));
  let gram = 0;
  for (let i = 0; i < SHORTEST_HINT; i += 1) gram = (gram << 8) | (bytes[at + i] ?? 0);
  return { bytes, at, gram, owner };
}

/** Sorted in place; for the few owners of a text faster than `Array.prototype.sort`. */
function ascending(list: number[]): number[] {
  for (let i = 1; i < list.length; i += 1) {
    const value = list[i] as number;
    let at = i - 1;
    for (; at >= 0 && (list[at] as number) > value; at -= 1) list[at + 1] = list[at] as number;
    list[at + 1] = value;
  }
  return list;
}

/** `hints[i]` are the lower-case ASCII literals of owner `i`. */
export function indexHints(hints: readonly (readonly string[])[]): HintIndex {
  const uses = countRuns(hints.flat());
  const literals = hints.flatMap((own, owner) => own.map((text) => literalOf(text, owner, uses)));
  /** Number of the first literal of a slot, plus one; 0: none. */
  const firstIn = new Uint16Array(1 << SLOT_BITS);
  const nextAfter = new Uint16Array(literals.length);
  literals.forEach(({ gram }, at) => {
    const slot = Math.imul(gram, SCATTER) >>> (32 - SLOT_BITS);
    nextAfter[at] = firstIn[slot] ?? 0;
    firstIn[slot] = at + 1;
  });
  const seen = new Uint32Array(hints.length);
  let round = 0;
  let dirty = false;
  let buffer = Buffer.allocUnsafeSlow(4096);

  /** Whether the literal stands where a run of its own ends. */
  function isAt({ bytes, at }: Literal, end: number, length: number): boolean {
    const start = end + 1 - SHORTEST_HINT - at;
    if (start < 0 || start + bytes.length > length) return false;
    for (let i = 0; i < bytes.length; i += 1) {
      if (FOLD[buffer[start + i] as number] !== bytes[i]) return false;
    }
    return true;
  }

  function collect(slot: number, gram: number, end: number, length: number, found: number[]): void {
    for (let at = firstIn[slot] ?? 0; at !== 0; at = nextAfter[at - 1] ?? 0) {
      const literal = literals[at - 1] as Literal;
      if (literal.gram !== gram || seen[literal.owner] === round) continue;
      if (!isAt(literal, end, length)) continue;
      seen[literal.owner] = round;
      found.push(literal.owner);
    }
  }

  function find(text: string): number[] {
    if (buffer.length < text.length * 3) buffer = Buffer.allocUnsafeSlow(text.length * 3);
    const length = buffer.write(text, 'utf8');
    const bytes: Uint8Array = buffer;
    const found: number[] = [];
    round += 1;
    let controls = 0;
    let gram = 0;
    for (let i = 0; i < length; i += 1) {
      const byte = bytes[i] as number;
      controls |= IS_CONTROL[byte] as number;
      gram = (gram << 8) | (FOLD[byte] as number);
      const slot = Math.imul(gram, SCATTER) >>> (32 - SLOT_BITS);
      if (firstIn[slot] !== 0) collect(slot, gram, i, length, found);
    }
    dirty = controls !== 0;
    return ascending(found);
  }

  return {
    find,
    get dirty() {
      return dirty;
    },
  };
}
