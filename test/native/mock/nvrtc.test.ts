/** The stand-in's compiler beside what NVIDIA's answered (test/fixtures/nvrtc.json, recorded). */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT, configure, prototype } from './stand-in';

interface Case {
  source: string;
  options?: string[];
  name?: string;
  headers?: Record<string, string>;
  nameExpressions?: string[];
  status: number;
  /** Without remarks on what is not used. */
  log: string;
  lowered?: Record<string, string>;
  /** Name and parameters of each kernel in the PTX. */
  entries?: [string, string][];
  agrees?: 'first message' | 'not modelled';
}

const { cases } = JSON.parse(
  readFileSync(path.join(ROOT, 'test', 'fixtures', 'nvrtc.json'), 'utf8'),
) as { cases: Case[] };

const create = prototype(
  'int nvrtcCreateProgram(_Out_ void **prog, const char *src, const char *name, int n, const char **headers, const char **names)',
);
const destroy = prototype('int nvrtcDestroyProgram(_Inout_ void **prog)');
const add = prototype('int nvrtcAddNameExpression(void *prog, const char *name)');
const compileProgram = prototype(
  'int nvrtcCompileProgram(void *prog, int n, const char **options)',
);
const lowered = prototype(
  'int nvrtcGetLoweredName(void *prog, const char *name, _Out_ const char **lowered)',
);
const size = (call: string) => prototype(`int ${call}(void *prog, _Out_ size_t *size)`);
const text = (call: string) => prototype(`int ${call}(void *prog, void *text)`);
const logSize = size('nvrtcGetProgramLogSize');
const readLog = text('nvrtcGetProgramLog');
const ptxSize = size('nvrtcGetPTXSize');
const readPtx = text('nvrtcGetPTX');

type Out<T> = [T | null];
const read = (
  program: unknown,
  sizeOf: ReturnType<typeof prototype>,
  readText: ReturnType<typeof prototype>,
): string => {
  const bytes: Out<number> = [null];
  sizeOf(program, bytes);
  const buffer = Buffer.alloc(Number(bytes[0]));
  readText(program, buffer);
  return buffer.toString('utf8', 0, buffer.length - 1);
};

function compile({ source, options = [], name, headers = {}, nameExpressions = [] }: Case) {
  const handle: Out<unknown> = [null];
  const files = Object.entries(headers);
  create(handle, source, name ?? null, files.length, files.map(([, each]) => each), files.map(([each]) => each)); // prettier-ignore
  const program = handle[0];
  for (const each of nameExpressions) add(program, each);
  const status = compileProgram(program, options.length, options) as number;
  const names = nameExpressions.map((each) => {
    const found: Out<string> = [null];
    return [each, lowered(program, each, found) === 0 ? found[0] : null];
  });
  const ptx = read(program, ptxSize, readPtx);
  const entries = [...ptx.matchAll(/\.entry (\w+)\(([^)]*)\)/g)].map(([, each = '', list = '']) => [
    each,
    list.replace(/\s+/g, ' ').trim(),
  ]);
  const log = read(program, logSize, readLog);
  destroy(handle);
  return {
    status,
    log: log.trim(),
    names: Object.fromEntries(names) as object,
    entries: entries.sort(),
  };
}

beforeAll(() => {
  configure();
});

describe('the stand-in’s compiler answers as NVIDIA’s', () => {
  const told = cases.filter(({ agrees }) => agrees === undefined);
  test.each(told.map((each): [string, Case] => [JSON.stringify(each.source).slice(0, 90), each]))(
    '%s',
    (_, each) => {
      const answer = compile(each);
      const log = answer.log
        .split('\n\n')
        .filter((part) => !part.startsWith('Remark'))
        .join('\n\n');
      expect([answer.status, log]).toEqual([each.status, each.log]);
      if (each.lowered !== undefined) expect(answer.names).toEqual(each.lowered);
      if (each.entries !== undefined) expect(answer.entries).toEqual([...each.entries].sort());
    },
  );

  test('where it does not see all of it, the first message is the same', () => {
    const some = cases.filter(({ agrees }) => agrees === 'first message');
    expect(some.length).toBeGreaterThan(2);
    for (const each of some) {
      const { status, log } = compile(each);
      const first = (whole: string): string => whole.split('\n').slice(0, 3).join('\n');
      expect([each.source, status, first(log)]).toEqual([
        each.source,
        each.status,
        first(each.log),
      ]);
    }
  });

  test('and what it does not model is little', () => {
    expect(cases.filter(({ agrees }) => agrees === 'not modelled').length).toBeLessThan(4);
    expect(told.length).toBeGreaterThan(70);
  });
});

describe('hostile sources', () => {
  test.each([
    ['brackets', '('.repeat(100_000)],
    ['braces', `__global__ void k() {${'{'.repeat(100_000)}`],
    ['nested conditions', '#if 1\n'.repeat(50_000)],
    ['a condition of brackets', `#if ${'('.repeat(100_000)}1\n#endif`],
    ['a condition of negations', `#if ${'!'.repeat(100_000)}1\n#endif`],
    [
      'macros that double',
      `${Array.from({ length: 60 }, (_, i) => `#define M${String(i + 1)} M${String(i)} M${String(i)}\n`).join('')}M60`,
    ],
    ['a macro of itself', '#define A B\n#define B A\nA B;'],
    ['a header of itself', '#include "self.h"'],
    ['an open raw string', 'R"x(abc'],
    ['bytes that are no text', '\u0001\u0002\uffff"\\'],
    ['a struct that is huge', 'struct A { char a[4096][4096]; }; __global__ void k(A a) {}'],
  ])('%s end in an answer', (_, source) => {
    const headers = { 'self.h': '#include "self.h"' };
    const { status } = compile({ source, headers, status: 0, log: '' });
    expect([0, 6]).toContain(status);
  });
});

describe('handles and their order', () => {
  test('are checked', () => {
    expect(destroy([null])).toBe(4);
    expect(add(null, 'k')).toBe(4);
    const handle: Out<unknown> = [null];
    create(handle, '__global__ void k() {}', null, 0, [], []);
    const found: Out<string> = [null];
    expect(lowered(handle[0], 'k', found)).toBe(9);
    expect(compileProgram(handle[0], 0, [])).toBe(0);
    expect(add(handle[0], 'k')).toBe(8);
    expect(lowered(handle[0], 'k', found)).toBe(10);
    const gone = handle[0];
    expect(destroy(handle)).toBe(0);
    expect(compileProgram(gone, 0, [])).toBe(4);
  });
});
