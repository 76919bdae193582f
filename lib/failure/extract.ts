/** Figures in text: how much was asked for, what was free, how much there is, on which device. */

import type { FailureFacts } from './facts.js';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  bytes: 1,
  BYTES: 1,
  K: 1024,
  KB: 1024,
  KiB: 1024,
  M: 1024 ** 2,
  MB: 1024 ** 2,
  MiB: 1024 ** 2,
  G: 1024 ** 3,
  GB: 1024 ** 3,
  GiB: 1024 ** 3,
  T: 1024 ** 4,
  TB: 1024 ** 4,
  TiB: 1024 ** 4,
};

const SIZE = '(?:\\d{1,3}(?:,\\d{3}){1,6}|\\d{1,20}(?:\\.\\d{1,6})?)';
const UNIT = '(?:bytes|BYTES|[KMGT]i?B|[KMGT]\\b|B\\b)';

const QUANTITY = new RegExp(`^\\s*(${SIZE}) ?(${UNIT})?`);

/**
 * Bytes of a quantity such as `2.00 GiB`, `25,600,000 bytes` or `939524096`, rounded; `null` when it
 * is none. `MB` and `GB` count as powers of 1024: that is how the engines here compute them. What is
 * beyond safe integers is `Infinity`.
 */
export function parseBytes(text: string | undefined): number | null {
  const match = text === undefined ? null : QUANTITY.exec(text);
  if (match === null) return null;
  const unit = UNITS[match[2] ?? ''];
  if (unit === undefined) return null;
  const bytes = Math.round(Number((match[1] ?? '').replaceAll(',', '')) * unit);
  return Number.isSafeInteger(bytes) ? bytes : Infinity;
}

// Figures with a unit behind the words that the engines put before them. Only ever run on a text
// that a rule has already judged, and only where `includes` (which is faster) found the word.
const REQUESTED = new RegExp(
  `(?:ried to allocate|rying to allocate|ble to allocate|ailed to allocate|annot allocate|ttempting to allocate|emory allocating|llocating|llocation of(?: size)?|equested ?:|equested size was|amount of GPU memory \\(|byte size) ?(?:(${SIZE} ?${UNIT})|(\\d{6,19})(?=\\D|$))`,
);
const FREE = new RegExp(
  `(${SIZE} ?${UNIT})(?: is)? free\\b|ree (?:\\(according to CUDA\\) ?)?: ?(${SIZE} ?${UNIT})`,
);
const TOTAL = new RegExp(
  `total capacity of (${SIZE} ?${UNIT})|(${SIZE} ?${UNIT}) total capacity|Device limit ?: ?(${SIZE} ?${UNIT})|(${SIZE} ?bytes) total\\b`,
);
/** Bytes to the last digit, as allocators print them below their own rounded figure. */
const EXACT = /\bof size (\d{6,19})(?=\D|$)/;
/** Two decimals of a unit: figures closer than this are one allocation. */
const ROUNDING = 0.005;

const GPU_NUMBER = /GPU[ =:_](\d{1,3})(?:\b|_bfc)/;
const DEVICE_NUMBER = /device[ :=]{1,2}(\d{1,3})\b/;
const CUDA_NUMBER = /cuda:(\d{1,3})\b/;

function first(pattern: RegExp, text: string): string | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  for (let group = 1; group < match.length; group += 1) {
    if (match[group] !== undefined) return match[group];
  }
  return undefined;
}

/** Fills what the verdict left open from the text around it. The verdict's own figures stay. */
export function fillFigures(facts: FailureFacts, text: string): void {
  facts.device ??= deviceIn(text);
  if (facts.category !== 'out-of-memory') return;
  if (text.includes('lloc') || text.includes('quested') || text.includes('byte size')) {
    facts.requestedBytes ??= parseBytes(first(REQUESTED, text));
  }
  if (facts.requestedBytes && text.includes('of size ')) {
    const exact = parseBytes(first(EXACT, text));
    if (exact !== null && Math.abs(exact / facts.requestedBytes - 1) < ROUNDING) {
      facts.requestedBytes = exact;
    }
  }
  if (text.includes(' free') || text.includes('Free')) {
    facts.freeBytes ??= parseBytes(first(FREE, text));
  }
  if (text.includes('total') || text.includes('Device limit')) {
    facts.totalBytes ??= parseBytes(first(TOTAL, text));
  }
}

function deviceIn(text: string): number | null {
  const digits =
    (text.includes('GPU') ? first(GPU_NUMBER, text) : undefined) ??
    (text.includes('device') ? first(DEVICE_NUMBER, text) : undefined) ??
    (text.includes('cuda:') ? first(CUDA_NUMBER, text) : undefined);
  return digits === undefined ? null : Number(digits);
}

/** Adds what a rule's own named groups say. */
export function addFigures(facts: FailureFacts, match: RegExpExecArray): void {
  const { groups } = match;
  if (groups === undefined) return;
  if (groups['requested'] !== undefined) facts.requestedBytes = parseBytes(groups['requested']);
  if (groups['free'] !== undefined) facts.freeBytes = parseBytes(groups['free']);
  if (groups['total'] !== undefined) facts.totalBytes = parseBytes(groups['total']);
  if (groups['device'] !== undefined) facts.device = Number(groups['device']);
  if (groups['call'] !== undefined) facts.call = groups['call'];
}
