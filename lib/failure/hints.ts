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

const SLOT_BITS = 15;
/** Knuth's multiplicative constant, 2^32 divided by the golden ratio. */
const SCATTER = 0x9e3779b1;
/**
 * Lower case for ASCII. 0, which is in no literal, for control characters and for the lead byte of
 * U+0080 to U+00BF, among which are some.
 */
const FOLD = new Uint8Array(256);
for (let code = 0; code < 256; code += 1) {
  const control = code < 32 ? code !== 9 && code !== 10 : code === 127 || code === 0xc2;
  FOLD[code] = control ? 0 : code >= 65 && code <= 90 ? code + 32 : code;
}

/** All literals, flat: what is read for every run that occurs stands side by side. */
interface Literals {
  count: number;
  /** The characters of all of them, one after the other. */
  pool: Uint8Array;
  /** Where each starts in `pool`, and its length. */
  start: Uint32Array;
  length: Uint16Array;
  /** Where the run starts by which it is looked for, and the run itself. */
  at: Uint16Array;
  gram: Int32Array;
  owner: Uint16Array;
}

const TAB = 9;
const LINE = 10;
const COLON = 58;
const ZERO = 48;

/**
 * Literals as `rules/hints.ts` packs them: `<place of the run>:<text>`, separated by tabs. One pass
 * over the bytes, which then are the pool: the first failure pays for this.
 */
function unpack(packed: readonly string[]): Literals {
  const pool: Uint8Array = Buffer.from(`${packed.join('\n')}\n`, 'latin1');
  const most = Math.floor(pool.length / (SHORTEST_HINT + 2)) + 1;
  const all: Literals = {
    count: 0,
    pool,
    start: new Uint32Array(most),
    length: new Uint16Array(most),
    at: new Uint16Array(most),
    gram: new Int32Array(most),
    owner: new Uint16Array(most),
  };
  let owner = 0;
  let place = 0;
  let from = -1;
  for (let i = 0; i < pool.length; i += 1) {
    const byte = pool[i] as number;
    if (from === -1) {
      if (byte === COLON) from = i + 1;
      else place = byte === LINE ? 0 : place * 10 + byte - ZERO;
    }
    if (byte === TAB || byte === LINE) {
      if (from !== -1) keep(all, from, i - from, place, owner);
      from = -1;
      place = 0;
      if (byte === LINE) owner += 1;
    }
  }
  return all;
}

function keep(all: Literals, start: number, length: number, place: number, owner: number): void {
  const i = all.count;
  let gram = 0;
  for (let k = 0; k < SHORTEST_HINT; k += 1) {
    gram = (gram << 8) | (all.pool[start + place + k] as number);
  }
  all.start[i] = start;
  all.length[i] = length;
  all.at[i] = place;
  all.gram[i] = gram;
  all.owner[i] = owner;
  all.count += 1;
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

/** `packed[i]` holds the literals of owner `i`. */
export function indexHints(packed: readonly string[]): HintIndex {
  const {
    count,
    pool,
    start,
    length: lengthOf,
    at: runAt,
    gram: gramOf,
    owner: ownerOf,
  } = unpack(packed);
  /** Number of the first literal of a slot, plus one; 0: none. */
  const firstIn = new Uint16Array(1 << SLOT_BITS);
  const nextAfter = new Uint16Array(count);
  /** One bit per slot: is there any literal? Small, because it is asked for every character. */
  const taken = new Int32Array((1 << SLOT_BITS) >> 5);
  for (let i = 0; i < count; i += 1) {
    const slot = Math.imul(gramOf[i] ?? 0, SCATTER) >>> (32 - SLOT_BITS);
    nextAfter[i] = firstIn[slot] ?? 0;
    firstIn[slot] = i + 1;
    taken[slot >> 5] = (taken[slot >> 5] ?? 0) | (1 << (slot & 31));
  }
  const seen = new Uint32Array(packed.length);
  let round = 0;
  let dirty = false;
  let buffer: Buffer = Buffer.allocUnsafeSlow(4096);

  /** Whether literal `i` stands where a run of its own ends. */
  function isAt(i: number, end: number, length: number): boolean {
    const from = end + 1 - SHORTEST_HINT - (runAt[i] as number);
    const size = lengthOf[i] as number;
    if (from < 0 || from + size > length) return false;
    const inPool = start[i] as number;
    for (let k = 0; k < size; k += 1) {
      if (FOLD[buffer[from + k] as number] !== pool[inPool + k]) return false;
    }
    return true;
  }

  function collect(slot: number, gram: number, end: number, length: number, found: number[]): void {
    for (let next = firstIn[slot] as number; next !== 0; next = nextAfter[next - 1] as number) {
      const i = next - 1;
      const owner = ownerOf[i] as number;
      if (gramOf[i] !== gram || seen[owner] === round || !isAt(i, end, length)) continue;
      seen[owner] = round;
      found.push(owner);
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
      const folded = FOLD[bytes[i] as number] as number;
      controls |= folded - 1; // negative for 0 only
      gram = (gram << 8) | folded;
      const slot = Math.imul(gram, SCATTER) >>> (32 - SLOT_BITS);
      if (((taken[slot >> 5] as number) >>> (slot & 31)) & 1) collect(slot, gram, i, length, found);
    }
    dirty = controls < 0;
    return ascending(found);
  }

  return {
    find,
    get dirty() {
      return dirty;
    },
  };
}
