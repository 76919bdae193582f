/**
 * The text of the billing header, to the digit what fal's Python handler sends: the value goes through
 * `float()`, then integers are printed without decimals and everything else with eight.
 */

/** What the header says: a text, nothing to send (`null`), or a value that is no number. */
export type BillableUnits = { text: string | null } | 'not-a-number';

/**
 * `null`, `undefined`, `''`, `false` and zero send no header. Integers and booleans (`true` is 1) have
 * no decimals; other numbers and numeric strings have eight, ties to even. A number such as `1.5e3`,
 * which in Python would be a float, cannot be told from an integer here and is printed as one.
 */
export function formatBillableUnits(units: unknown): BillableUnits {
  switch (typeof units) {
    case 'undefined':
      return { text: null };
    case 'boolean':
      return { text: units ? '1' : null };
    case 'bigint':
      return units === 0n ? { text: null } : formatInteger(Number(units));
    case 'number':
      if (units === 0) return { text: null };
      return Number.isInteger(units) ? formatInteger(units) : { text: formatFixed8(units) };
    case 'string':
      return units === '' ? { text: null } : formatString(units);
    case 'object':
      return units === null ? { text: null } : 'not-a-number';
    case 'symbol':
    case 'function':
      return 'not-a-number';
  }
}

/** All digits of an integer; a bigint beyond the largest double is an error in Python, too. */
function formatInteger(value: number): BillableUnits {
  return Number.isFinite(value) ? { text: BigInt(value).toString() } : 'not-a-number';
}

function formatString(text: string): BillableUnits {
  const value = parsePythonFloat(text);
  return value === null ? 'not-a-number' : { text: formatFixed8(value) };
}

const FRACTION_BITS = 52n;
const EXPONENT_MASK = 0x7ffn;
/** Exponent of the lowest mantissa bit of a number whose exponent field is 0 or 1. */
const LOWEST_EXPONENT = -1074n;
const SCALE = 10n ** 8n;

/**
 * Python's `format(value, '.8f')`. Exact: `toFixed` turns to exponents from 1e21 and rounds ties up,
 * Python rounds them to even.
 */
export function formatFixed8(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (value === Infinity) return 'inf';
  if (value === -Infinity) return '-inf';
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const word = bits.getBigUint64(0);
  const field = (word >> FRACTION_BITS) & EXPONENT_MASK;
  const fraction = word & ((1n << FRACTION_BITS) - 1n);
  const mantissa = field === 0n ? fraction : fraction | (1n << FRACTION_BITS);
  const exponent = LOWEST_EXPONENT + (field === 0n ? 0n : field - 1n);
  const scaled =
    exponent >= 0n
      ? (mantissa * SCALE) << exponent
      : shiftRightHalfEven(mantissa * SCALE, -exponent);
  const digits = scaled.toString().padStart(9, '0');
  const sign = word >> 63n === 1n ? '-' : '';
  return `${sign}${digits.slice(0, -8)}.${digits.slice(-8)}`;
}

function shiftRightHalfEven(value: bigint, bits: bigint): bigint {
  const quotient = value >> bits;
  const rest = value - (quotient << bits);
  const half = 1n << (bits - 1n);
  const up = rest > half || (rest === half && (quotient & 1n) === 1n);
  return up ? quotient + 1n : quotient;
}

/** What Python's `float` skips at both ends; JavaScript's `\s` is another set. */
const SPACE = '[\\t-\\r\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]*';
const DIGITS = '[0-9](?:_?[0-9])*';
const NUMBER = `(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:e[+-]?${DIGITS})?`;
const PYTHON_FLOAT = new RegExp(
  `^${SPACE}([+-]?)(?:(inf(?:inity)?)|(nan)|(${NUMBER}))${SPACE}$`,
  'i',
);

/** Python's `float(text)`: underscores between digits, any script's digits; `null` where it raises. */
export function parsePythonFloat(text: string): number | null {
  const match = PYTHON_FLOAT.exec(toAscii(text));
  if (match === null) return null;
  const [, sign, infinity, nan, number] = match;
  if (nan !== undefined) return NaN;
  const size = infinity !== undefined ? Infinity : Number((number ?? '').replaceAll('_', ''));
  return sign === '-' ? -size : size;
}

/** Python turns to Unicode only for text that is not ASCII; then four more separators are spaces. */
function toAscii(text: string): string {
  if (!/[\x80-\uffff]/.test(text)) return text;
  return text
    .replaceAll(/[\x1c-\x1f]/g, ' ')
    .replace(/(?![0-9])\p{Nd}/gu, (digit) => String(digitValue(digit)));
}

/** Unicode keeps decimal digits in runs of ten, zero first: the place in the run is the value. */
function digitValue(digit: string): number {
  const point = digit.codePointAt(0) ?? 0;
  let first = point;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(first - 1))) first -= 1;
  return (point - first) % 10;
}
