import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { findCode } from '../../../lib/codes/index.js';
import { oldCudartCodes } from '../../../lib/codes/old-cudart-table.js';
import { xids } from '../../../lib/codes/xid-table.js';
import { cudartCodeBefore10_1, explainXid } from '../../../lib/cuda/index.js';

const root = resolve(__dirname, '..', '..', '..');

describe('explainXid', () => {
  it('knows what the event is, who usually causes it and what to do', () => {
    expect(explainXid(79)).toMatchObject({ kind: 'failure', cause: 'hardware' });
    expect(explainXid(31)).toMatchObject({
      kind: 'application',
      action: 'restart-app',
      documented: true,
      label: 'GPU memory page fault',
    });
    expect(explainXid(48)).toMatchObject({ kind: 'failure' });
  });

  it.each([13, 31, 43, 109])('does not take %d for a fault of the hardware', (number) => {
    expect(explainXid(number)?.kind).toBe('application');
  });

  it('tells what only follows another event, or reports a repair', () => {
    expect([45, 154, 171, 172].map((number) => explainXid(number)?.kind)).toEqual(
      Array.from({ length: 4 }, () => 'follower'),
    );
    expect([63, 156, 160].map((number) => explainXid(number)?.kind)).toEqual(
      Array.from({ length: 3 }, () => 'notice'),
    );
    expect(explainXid(94)?.remedy).not.toBe(explainXid(95)?.remedy);
  });

  it('has one sentence on what to do for every number', () => {
    expect(xids.length).toBe(160);
    for (const [number] of xids) expect(explainXid(number)?.remedy).toMatch(/^[A-Z].{20,}\.$/);
  });

  it.each([0, 5, -1, 1.5, NaN, 99999])('answers null for %p, which it does not know', (number) => {
    expect(explainXid(number)).toBeNull();
  });
});

describe('cudartCodeBefore10_1', () => {
  it('reads the numbers of old logs', () => {
    expect(cudartCodeBefore10_1(77)).toEqual({ name: 'cudaErrorIllegalAddress', codeSince: 700 });
    expect(cudartCodeBefore10_1(30)).toEqual({ name: 'cudaErrorUnknown', codeSince: 999 });
    expect(cudartCodeBefore10_1(2)).toBeNull(); // never changed
  });

  it('agrees with the table of today about every name', () => {
    expect(oldCudartCodes).toHaveLength(50);
    for (const [, name, since] of oldCudartCodes) {
      const row = since === null ? null : findCode('cudart', since);
      if (row !== null) expect([row.name, ...row.aliases]).toContain(name);
    }
  });
});

it('the generated files are up to date', () => {
  const script = join(root, 'scripts', 'generate-lookups.cjs');
  expect(() =>
    execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' }),
  ).not.toThrow();
});
