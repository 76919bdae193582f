import { readFileSync } from 'node:fs';
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
for (const file of ['read_scenario', 'read_device', 'read_condition', 'read_rule', 'presets']) {
  const text = read(`native/mock/scenario/${file}.cc`);
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
