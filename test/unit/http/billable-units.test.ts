import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import {
  formatBillableUnits,
  formatFixed8,
  parsePythonFloat,
} from '../../../lib/http/billable-units.js';

type Row = [kind: string, input: string, answer: string | null];

const rows = readFileSync(join(__dirname, 'data/billable-units.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Row);

const ofKind = (kind: string): Row[] => rows.filter(([of]) => of === kind);

const expected = (answer: string | null): unknown =>
  answer === 'error' ? 'not-a-number' : { text: answer };

describe('as Python prints them', () => {
  it.each([
    ['float', Number],
    ['int', BigInt],
    ['str', String],
  ])('every %s of the table', (kind, convert: (input: string) => unknown) => {
    const wrong = ofKind(kind).filter(([, input, answer]) => {
      const made = formatBillableUnits(convert(input));
      return JSON.stringify(made) !== JSON.stringify(expected(answer));
    });
    expect(ofKind(kind).length).toBeGreaterThan(80);
    expect(wrong).toEqual([]);
  });

  it('safe integers, given as numbers', () => {
    const safe = ofKind('int').filter(([, input]) => Number.isSafeInteger(Number(input)));
    expect(safe.length).toBeGreaterThan(10);
    for (const [, input, answer] of safe) {
      expect(formatBillableUnits(Number(input))).toEqual(expected(answer));
    }
  });

  it('the decimal digits of every script', () => {
    const [, digits, values] = ofKind('digits')[0] as [string, string, string];
    const read = [...digits].map((digit) => parsePythonFloat(digit));
    expect(read.join('')).toBe(values);
  });
});

describe('what JavaScript would get wrong', () => {
  it.each([
    [42, '42'],
    [3.14159265, '3.14159265'],
    [1.23e-5, '0.00001230'],
    ['10', '10.00000000'],
    ['0', '0.00000000'],
    [-2, '-2'],
    [true, '1'],
    [NaN, 'nan'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
    [0.001953125, '0.00195312'],
    [1e21, '1000000000000000000000'],
    [1.23e10, '12300000000'],
    [10n ** 25n, '10000000000000000905969664'],
  ])('%p is %s', (units, text) => {
    expect(formatBillableUnits(units)).toEqual({ text });
  });

  it.each([[0], [-0], [0n], [false], [''], [null], [undefined]])('%p sends nothing', (units) => {
    expect(formatBillableUnits(units)).toEqual({ text: null });
  });

  it.each([
    ['0x10'],
    ['1e'],
    [' '],
    ['\ufeff1'],
    [10n ** 309n],
    [{}],
    [[5]],
    [Symbol('s')],
    [() => 1],
  ])('%p is no number', (units) => {
    expect(formatBillableUnits(units)).toBe('not-a-number');
  });
});

it('eight decimals are the nearest to the exact value of the double', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e15, max: 1e15 }), (value) => {
      const text = formatFixed8(value);
      expect(text).toMatch(/^-?\d+\.\d{8}$/);
      expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(
        0.5e-8 + Math.abs(value) * Number.EPSILON,
      );
    }),
  );
});

it('long hostile text is read in linear time', () => {
  const seconds = (text: string): number => {
    const start = process.hrtime.bigint();
    expect(parsePythonFloat(text)).toBeNull();
    return Number(process.hrtime.bigint() - start) / 1e9;
  };
  for (const piece of [' ', '1_', '1', '٣', '1e1_']) {
    expect(seconds(`${piece.repeat(200_000)}x`)).toBeLessThan(2);
  }
});
