import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { ROOT, control } from './stand-in';

interface Part {
  properties?: Record<string, unknown>;
  enum?: string[];
}
const schema = JSON.parse(
  readFileSync(path.join(ROOT, 'docs', 'mock-scenario.schema.json'), 'utf8'),
) as Part & { definitions: Record<string, Part> };

interface Catalog {
  profiles: string[];
  presets: Record<string, string>;
  functions: Record<string, string>;
}
const catalog = JSON.parse(control('catalog').text) as Catalog;

const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

/** The key tables of the C++ reader, by what each says it reads. */
const tables = new Map<string, string[]>();
const readers = path.join('native', 'mock', 'scenario');
for (const file of readdirSync(path.join(ROOT, readers)).filter((name) => name.endsWith('.cc'))) {
  const text = read(path.join(readers, file));
  const calls = /ReadObject<\w+>\(\s*value, [\w"]+, "([^"]+)",\s*\{([\s\S]*?)\n {6}\},/g;
  for (const [, kind = '', body = ''] of text.matchAll(calls)) {
    tables.set(
      kind,
      [...body.matchAll(/^ {10}\{"(\w+)",/gm)].map(([, key = '']) => key),
    );
  }
}

const parts: [string, Part | undefined][] = [
  ['a scenario', schema],
  ['a device', schema.definitions['device']],
  ['a condition', schema.definitions['condition']],
  ['ecc', schema.definitions['ecc']],
  ['remappedRows', schema.definitions['remappedRows']],
  ['retiredPages', schema.definitions['retiredPages']],
  ['a process', schema.definitions['process']],
  ['a rule', schema.definitions['rule']],
  ["a preset's use", schema.definitions['presetUse']],
];

describe('the JSON Schema', () => {
  test('covers every object that the reader reads', () => {
    expect([...tables.keys()].sort()).toEqual(parts.map(([kind]) => kind).sort());
  });

  test.each(parts)('has the reader’s keys of %s', (kind, part) => {
    expect(Object.keys(part?.properties ?? {}).sort()).toEqual(tables.get(kind)?.sort());
  });

  test('has the profiles and presets that there are', () => {
    expect(schema.definitions['profile']?.enum).toEqual(catalog.profiles);
    expect(schema.definitions['preset']?.enum).toEqual(Object.keys(catalog.presets));
  });
});

describe('the types', () => {
  test.each([
    ['MockProfile', catalog.profiles],
    ['MockPreset', Object.keys(catalog.presets)],
  ])('%s has them, too', (name, words) => {
    const text = read('lib/mock/types.ts');
    const union = new RegExp(`export type ${name} =([^;]+);`).exec(text)?.[1] ?? '';
    expect([...union.matchAll(/'([^']+)'/g)].map(([, word]) => word)).toEqual(words);
  });
});

test('the page names every profile and preset', () => {
  const page = read('docs/mock.md');
  for (const word of [...catalog.profiles, ...Object.keys(catalog.presets)]) {
    expect(page).toContain(`\`${word}\``);
  }
});

describe('the pages of what is modelled', () => {
  const folder = 'docs/stand-in';
  const pages = readdirSync(path.join(ROOT, folder));
  const texts = new Map(pages.map((page) => [page, read(`${folder}/${page}`)]));

  test('are all in the index', () => {
    const index = read('docs/mock.md');
    for (const page of pages) expect(index).toContain(`(stand-in/${page})`);
  });

  test.each([...texts])(
    '%s says what it rests on and what differs, and its links lead somewhere',
    (page, text) => {
      expect(text).toMatch(/^\| .*rests on/m);
      if (page !== 'failing-driver.md') expect(text).toContain('## What differs from a GPU');
      for (const [, target = ''] of text.matchAll(/\]\(([^)#]+)/g)) {
        expect([target, existsSync(path.join(ROOT, folder, target))]).toEqual([target, true]);
      }
    },
  );

  test('name every preset, and every sticky code', () => {
    const rules = texts.get('rules.md') ?? '';
    const sticky = texts.get('sticky-errors.md')?.split('\n')[2] ?? '';
    const codes = [
      ...read('native/errors/codes/cudart.def').matchAll(/^GPUEX_CODE\((\d+), .*sticky/gm),
    ];
    const told = [...sticky.matchAll(/(\d+)(?: to (\d+))?/g)].map(([, from, to]) => [
      Number(from),
      Number(to ?? from),
    ]);
    const all = codes.map(([, code]) => Number(code));
    expect(
      all.filter((code) => !told.some(([from = 0, to = 0]) => from <= code && code <= to)),
    ).toEqual([]);
    for (const [from = 0, to = 0] of told) for (const end of [from, to]) expect(all).toContain(end);
    for (const [name, summary] of Object.entries(catalog.presets)) {
      if (!/poisons the context/.test(summary)) expect(rules).toContain(`\`${name}\``);
    }
  });
});
