import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { root } from '../addon/support';
import { declarations } from './declarations';
import type { Library } from './declarations';

const native = join(root, 'native');

/** All of native/ but the declarations themselves and the stand-in, without comments. */
const callers = readdirSync(native, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(?:cc|h)$/.test(file))
  .filter((file) => !['abi', 'mock'].includes(file.split(sep)[0] ?? ''))
  .map((file) => readFileSync(join(native, file), 'utf8').replace(/\/\/.*$/gm, ''))
  .join('\n');

describe('a library is refused for nothing that we do not call', () => {
  it.each<Library>(['cudart', 'cuda', 'nvml', 'cudnn', 'nvrtc'])('%s', (library) => {
    const required = [...declarations(library).matchAll(/X\(required, [\w* ]+, (\w+),/g)];
    const names = required.map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(callers))).toEqual([]);
  });
});
