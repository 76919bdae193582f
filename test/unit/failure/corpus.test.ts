import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { classifyGpuFailure } from '../../../lib/failure/judge';

interface Row {
  id: string;
  message: string;
  class: string | null;
  code: string | number | null;
  label: string;
  restart: boolean | null;
}

function rowsOf(file: string): Row[] {
  return readFileSync(join(__dirname, '..', '..', 'fixtures', 'corpus', file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

function errorOf(row: Row): Error {
  const error = new Error(row.message);
  if (row.class !== null) Object.defineProperty(error, 'name', { value: row.class });
  return row.code === null ? error : Object.assign(error, { code: row.code });
}

/** Why a row is left as it is judged, by its id. */
const argued = JSON.parse(
  readFileSync(join(__dirname, '..', '..', 'fixtures', 'corpus', 'arguments.json'), 'utf8'),
) as Record<string, string>;

function f1(pairs: readonly (readonly [boolean, boolean])[]): number {
  const hits = pairs.filter(([want, got]) => want && got).length;
  const wrong = pairs.filter(([want, got]) => want !== got).length;
  return (2 * hits) / (2 * hits + wrong);
}

describe.each([
  'messages.jsonl',
  'held-out.jsonl',
  'held-out-2.jsonl',
  'held-out-3.jsonl',
  'held-out-4.jsonl',
  'held-out-5.jsonl',
  'held-out-6.jsonl',
  'held-out-7.jsonl',
  'held-out-8.jsonl',
  'held-out-9.jsonl',
  'held-out-10.jsonl',
])('on messages that users met: %s', (file) => {
  const judged = rowsOf(file).map((row) => ({ row, failure: classifyGpuFailure(errorOf(row)) }));

  it('is it the GPU: F1 of at least 0.97, at most 2 false alarms', () => {
    const pairs = judged.map(
      ({ row, failure }) => [row.label !== 'not-gpu', failure !== null] as const,
    );
    expect(f1(pairs)).toBeGreaterThanOrEqual(0.97);
    expect(pairs.filter(([want, got]) => !want && got).length).toBeLessThanOrEqual(2);
  });

  it('is it out of memory: F1 of at least 0.95', () => {
    const pairs = judged.map(
      ({ row, failure }) =>
        [row.label === 'gpu-oom', failure?.category === 'out-of-memory'] as const,
    );
    expect(f1(pairs)).toBeGreaterThanOrEqual(0.95);
  });

  it('whether a restart helps agrees on at least 90 % of the rows that say', () => {
    const said = judged.filter(({ row }) => row.restart !== null);
    const agree = said.filter(({ row, failure }) => {
      const helps = failure !== null && ['process', 'device', 'node'].includes(failure.restart);
      return helps === row.restart;
    });
    expect(agree.length / said.length).toBeGreaterThanOrEqual(0.9);
  });

  it.each([
    ' The tram was late again today.',
    '\nPlease see the handbook, chapter four.',
    ' (request 81 of 94, user asked twice)',
  ])('no verdict changes when an unrelated sentence is appended: %j', (sentence) => {
    const changed = judged.filter(({ row, failure }) => {
      const longer = classifyGpuFailure(errorOf({ ...row, message: row.message + sentence }));
      return JSON.stringify(longer) !== JSON.stringify(failure);
    });
    expect(changed.map(({ row }) => row.id)).toEqual([]);
  });

  it('every miss is argued, and nothing else', () => {
    const missed = judged.filter(({ row, failure }) => {
      const helps = failure !== null && ['process', 'device', 'node'].includes(failure.restart);
      return (
        (failure !== null) !== (row.label !== 'not-gpu') ||
        (failure?.category === 'out-of-memory') !== (row.label === 'gpu-oom') ||
        (row.restart !== null && helps !== row.restart)
      );
    });
    const here = judged.filter(({ row }) => row.id in argued);
    expect(missed.map(({ row }) => row.id)).toEqual(here.map(({ row }) => row.id));
  });
});
