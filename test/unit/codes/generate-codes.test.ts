import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.join(__dirname, '../../..');

interface Row {
  value: number;
  aliases: string[];
  flags: string[];
}
interface DefTable {
  library: string;
  major: number | null;
  rows: Row[];
}
interface Generator {
  parseDef: (text: string, file: string) => DefTable;
  checkTogether: (tables: DefTable[]) => void;
}
// eslint's type information ends at a CommonJS script; the interface above is the part used here.
const { parseDef, checkTogether } = require('../../../scripts/generate-codes.cjs') as Generator;

const HEAD = '// library: cudart\n// title: T\n// source: S\n';
const ZERO = 'GPUEX_CODE(0, cudaSuccess, unknown, none, status, "", "")\n';
const OOM =
  'GPUEX_CODE(2, cudaOom, out_of_memory, none, retryable, "", "Free memory, then retry.")\n';

function parse(body: string, head = HEAD): DefTable {
  return parseDef(head + body, 'x.def');
}

function run(root: string, ...args: string[]) {
  const script = path.join(root, 'scripts/generate-codes.cjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('reading a .def file', () => {
  test('rows, flags and aliases are read', () => {
    const table = parse(
      `${ZERO}\n// a note\n${OOM}GPUEX_ALIAS(2, cudaOldOom)\n` +
        'GPUEX_CODE(600, cudaNotReady, busy, none, retryable | status, "10.1", "Ask again later.")\n',
    );
    expect(table).toMatchObject({ library: 'cudart', major: null });
    expect(table.rows.map((row) => row.value)).toEqual([0, 2, 600]);
    expect(table.rows[1]?.aliases).toEqual(['cudaOldOom']);
    expect(table.rows[2]?.flags).toEqual(['retryable', 'status']);
  });

  const row = (changes: Partial<Record<string, string>>) => {
    const { value, name, category, restart, flags, since, remedy } = {
      value: '7',
      name: 'cudaErrorX',
      category: 'busy',
      restart: 'none',
      flags: 'none',
      since: '',
      remedy: 'Wait and try again.',
      ...changes,
    };
    const text = `${value}, ${name}, ${category}, ${restart}, ${flags}, "${since}", "${remedy}"`;
    return `GPUEX_CODE(${text})`;
  };

  test('the row that the faults below are made from is itself accepted', () => {
    expect(parse(ZERO + row({})).rows).toHaveLength(2);
  });

  test.each([
    [
      'a column too few',
      'GPUEX_CODE(7, cudaErrorX, busy, none, none, "Wait.")',
      /expected GPUEX_CODE/,
    ],
    ['a missing bracket', row({}).slice(0, -1), /expected GPUEX_CODE/],
    ['text after the line', `${row({})} // why`, /expected GPUEX_CODE/],
    ['a word of another kind', 'GPUEX_COED(7)', /expected GPUEX_CODE/],
    ['a name that is no identifier', row({ name: 'cuda-error' }), /expected GPUEX_CODE/],
    ['a quote in the remedy', row({ remedy: 'Say "please" now.' }), /expected GPUEX_CODE/],
    ['an alias without a name', 'GPUEX_ALIAS(0)', /expected GPUEX_ALIAS/],
    ['an alias of no code', 'GPUEX_ALIAS(9, cudaOther)', /no code 9/],
    ['a number beyond a C int', row({ value: '4294967295' }), /no C int/],
    ['a number with a leading zero', row({ value: '07' }), /no C int/],
    ['a number that stands twice', row({ value: '2' }), /value 2 stands twice/],
    ['a number out of order', row({ value: '1' }), /value 1 after 2/],
    ['a name that stands twice', row({ name: 'cudaOom' }), /cudaOom stands twice/],
    ['an unknown category', row({ category: 'oom' }), /unknown category "oom"/],
    ['a category with a hyphen', row({ category: 'no-device' }), /expected GPUEX_CODE/],
    ['an unknown restart', row({ restart: 'pod' }), /unknown restart "pod"/],
    ['an unknown flag', row({ flags: 'fatal' }), /unknown flag "fatal"/],
    ['"none" beside a flag', row({ flags: 'none | sticky' }), /unknown flag "none"/],
    ['a flag named by every object', row({ flags: 'constructor' }), /unknown flag "constructor"/],
    ['a flag that stands twice', row({ flags: 'status | status' }), /stands twice/],
    ['a since that is no version', row({ since: 'old' }), /no version/],
    ['sticky without a restart', row({ flags: 'sticky' }), /sticky, but restart is none/],
    ['sticky and retryable', row({ flags: 'sticky | retryable', restart: 'process' }), /retryable/],
    ['a status with a restart', row({ flags: 'status', restart: 'process' }), /is a status/],
    ['a failure without a remedy', row({ remedy: '' }), /no remedy/],
    ['a remedy without a full stop', row({ remedy: 'Wait' }), /sentence/],
    [
      'an invalid argument that is retryable',
      row({ category: 'invalid_argument', flags: 'retryable' }),
      /invalid argument, but retryable/,
    ],
  ])('%s stops with file and line', (_what, line, reason) => {
    const read = () => parse(`${ZERO}${OOM}${line}\n`);
    expect(read).toThrow(reason);
    expect(read).toThrow(/^x\.def:6: /);
  });

  test('a file must name its library, and have a code 0', () => {
    expect(() => parse(ZERO, '// title: T\n// source: S\n')).toThrow(/library: .*missing/);
    expect(() => parse(ZERO, `${HEAD}// library: cuda\n`)).toThrow(/"library" stands twice/);
    expect(() => parse(ZERO, '// library: cudaart\n')).toThrow(/unknown library "cudaart"/);
    expect(() => parse(OOM)).toThrow(/no code 0/);
  });
});

describe('files together', () => {
  const named = (head: string, file: string, body: string) => parseDef(head + body, file);
  const cudnn = (major: number) =>
    `// library: cudnn\n// major: ${major}\n// title: T\n// source: S\n`;
  const failed = (value: number, remedy: string) =>
    `GPUEX_CODE(${value}, FAILED, library, process, none, "", "${remedy}")\n`;

  test('two numberings may share a name when they agree on everything but its number', () => {
    const eight = named(cudnn(8), '8.def', ZERO + failed(4, 'Restart it.'));
    const nine = named(cudnn(9), '9.def', ZERO + failed(4000, 'Restart it.'));
    expect(() => checkTogether([eight, nine])).not.toThrow();
    const other = named(cudnn(9), '9.def', ZERO + failed(4000, 'Leave it.'));
    expect(() => checkTogether([eight, other])).toThrow(/^9\.def:1: FAILED .* another remedy/);
  });

  test('two libraries may not share a name', () => {
    const hip = named('// library: hip\n// title: T\n// source: S\n', 'hip.def', ZERO);
    expect(() => checkTogether([parse(ZERO), hip])).toThrow(
      /^hip\.def:1: cudaSuccess stands in x\.def/,
    );
  });
});

describe('the command', () => {
  let copy: string;
  beforeEach(() => {
    copy = mkdtempSync(path.join(tmpdir(), 'generate-codes-'));
    for (const name of [
      'scripts/generate-codes.cjs',
      'native/errors',
      'lib/codes',
      'docs/codes.md',
      'native/include/gpu_exceptions/codes.h',
    ]) {
      cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true });
    }
  });
  afterEach(() => rmSync(copy, { recursive: true, force: true }));
  const inCopy = (name: string) => path.join(copy, name);

  test('what is committed is what the .def files say', () => {
    expect(run(ROOT, '--check')).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('what the header says of a code becomes stale with it', () => {
    const header = 'native/include/gpu_exceptions/codes.h';
    const file = inCopy('native/errors/codes/cudart.def');
    const before = readFileSync(file, 'utf8');
    const after = before.replace(
      /(GPUEX_CODE\(214, cudaErrorECCUncorrectable, hardware, device), none/,
      '$1, sticky',
    );
    expect(after).not.toBe(before);
    writeFileSync(file, after);

    expect(run(copy, '--check').stderr).toContain(`${header} is stale`);
    expect(run(copy).status).toBe(0);
    expect(readFileSync(inCopy(header), 'utf8')).toContain(
      '{Library::kCudart, 214, Kind::kSticky, "cudaErrorECCUncorrectable"}',
    );
  });

  test('a changed .def makes both files stale by name, and generating again cures it', () => {
    const file = inCopy('native/errors/codes/cudart.def');
    const before = readFileSync(file, 'utf8');
    const after = before.replace('Free device memory or', 'Give back memory or');
    expect(after).not.toBe(before);
    writeFileSync(file, after);

    const stale = run(copy, '--check');
    expect(stale.status).toBe(1);
    expect(stale.stderr).toContain('lib/codes/table.ts is stale');
    expect(stale.stderr).toContain('docs/codes.md is stale');
    expect(readFileSync(inCopy('docs/codes.md'), 'utf8')).not.toContain('Give back memory');

    expect(run(copy).status).toBe(0);
    expect(readFileSync(inCopy('docs/codes.md'), 'utf8')).toContain('Give back memory or');
    expect(readFileSync(inCopy('lib/codes/table.ts'), 'utf8')).toContain('Give back memory or');
    expect(run(copy, '--check').status).toBe(0);
  });

  test('a missing file is stale, too', () => {
    rmSync(inCopy('docs/codes.md'));
    expect(run(copy, '--check')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('docs/codes.md is stale') as string,
    });
  });

  test('a malformed line is told by file and line, and nothing is written', () => {
    const file = inCopy('native/errors/codes/nvml.def');
    const line = readFileSync(file, 'utf8').split('\n').length;
    appendFileSync(file, 'GPUEX_CODE(1000, NVML_ERROR_NEW, busy)\n');
    const table = readFileSync(inCopy('lib/codes/table.ts'), 'utf8');
    const { status, stderr } = run(copy);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`^native/errors/codes/nvml\\.def:${line}: expected GPUEX_CODE`),
    );
    expect(stderr).not.toContain('at ');
    expect(readFileSync(inCopy('lib/codes/table.ts'), 'utf8')).toBe(table);
  });

  test('a .def that C++ does not include is refused', () => {
    writeFileSync(inCopy('native/errors/codes/new.def'), HEAD + ZERO);
    expect(run(copy).stderr).toMatch(/^native\/errors\/codes\/new\.def:1: .*does not include it/);
  });

  test('an unknown argument is refused', () => {
    expect(run(copy, '--chek')).toMatchObject({ status: 2, stdout: '' });
  });
});
