/**
 * Whatever gpu-exceptions/cuda lets be called stands in a page: with what it is, units and ranges, errors,
 * NVIDIA's call, and an example that runs.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compiledPackage } from '../helpers/compiled.js';
import { WITH_ADDON, testWithAddon } from '../helpers/run-script.js';
import { CUDA_PAGES, blocks, callRows, programOf, unversioned, vendorNames } from './pages.js';
import { instanceOf, publicCalls } from './public-calls.js';

const root = resolve(__dirname, '..', '..');
const calls = publicCalls(join(root, 'lib', 'cuda', 'index.ts'));
const rows = callRows();

describe('the pages about gpu-exceptions/cuda', () => {
  it('have a row for everything that can be called, and for nothing else', () => {
    const told = rows.flatMap(({ names }) => names);
    expect([...new Set(told)].sort()).toEqual(calls.map(({ name }) => name).sort());
  });

  it.each(rows.map((row) => [row.names.join(', '), row] as const))('say all about %s', (_, row) => {
    expect(row.names).not.toEqual([]);
    expect(row.purpose).toMatch(/\w/);
    expect(row.ranges).toMatch(/\w|^–$/);
    // That there are none has to be said.
    expect(row.errors).toMatch(/refused|failed|Error|Exception|the same|none/);
    expect(row.vendor).toMatch(/`\w+`|^–$/);
  });
});

interface Recorded {
  made: string[];
  vendor: Record<string, number>;
}

/** Runs a page's examples, and answers what they called. */
function record(page: string, folder: string): Recorded {
  const file = join(folder, `${page.replaceAll('/', '.')}.json`);
  const { before, after } = CUDA_PAGES[page] ?? { before: '', after: '' };
  const recorder = join(root, 'test', 'fixtures', 'docs', 'record-calls.cjs');
  const program = programOf(before, blocks(page), after);
  const { status, stderr } = spawnSync(process.execPath, ['-r', recorder, '-e', program], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, ...WITH_ADDON, DIST: compiledPackage(), RECORD: file },
  });
  if (status !== 0) throw new Error(`${page}: ${String(status)}\n${stderr}`);
  return JSON.parse(readFileSync(file, 'utf8')) as Recorded;
}

describe('the examples in them', () => {
  const made = new Set<string>();
  const vendor = new Set<string>();
  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), 'gpu-exceptions-docs-'));
    try {
      for (const page of Object.keys(CUDA_PAGES)) {
        const recorded = record(page, folder);
        for (const name of recorded.made) {
          made.add(name.replace(/^(\w+)(?=[.[])/, (className) => instanceOf(className)));
        }
        for (const name of Object.keys(recorded.vendor)) vendor.add(unversioned(name));
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);

  testWithAddon('call everything that can be called', () => {
    const wanted = calls.filter(({ kind }) => kind !== 'property').map(({ name }) => name);
    expect(wanted.filter((name) => !made.has(name))).toEqual([]);
  });

  testWithAddon('reach every call of NVIDIA’s that the tables name', () => {
    const named = rows.flatMap((row) => vendorNames(row.vendor));
    expect(named.filter((name) => !vendor.has(name))).toEqual([]);
  });
});
