/** Our declarations of NVIDIA's libraries, read and compiled for the tests of this folder. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compilerEnvironment } from '../../helpers/compilers';
import { root } from '../addon/support';

export type Library = 'cudart' | 'cuda' | 'nvml' | 'cudnn' | 'nvrtc';

/** One of our headers, e.g. `abi/nvml_abi.h`, without line continuations. */
export function header(file: string): string {
  const text = readFileSync(join(root, 'native', file), 'utf8');
  return text.replace(/\s*\\\n\s*/g, ' ');
}

export function declarations(library: Library): string {
  return header(`abi/${library}_abi.h`);
}

/** The names of all constants that a header declares, so that none is forgotten. */
export function constantsIn(text: string): string[] {
  const rows = text.matchAll(/^inline constexpr [\w ]+? (\w+) =/gm);
  return [...rows].map(([, name]) => name ?? '');
}

/** The names in a header's lists of functions: X(column, result, name, (parameters)). */
export function functionsIn(text: string): string[] {
  const lines = text.replace(/^\/\/.*$/gm, '');
  return [...lines.matchAll(/X\(\w+, \w+, (\w+),/g)].map(([, name]) => name ?? '');
}

/** What the compiler says about `file`; empty when it has nothing to say. */
export function compile(file: string, ...include: string[]): string {
  const flags = ['-std=c++17', '-fsyntax-only', '-Wall', '-Wextra'];
  const places = [join(root, 'native'), join(root, 'test', 'native', 'abi'), ...include];
  const { status, stderr } = spawnSync('g++', [...flags, ...places.map((p) => `-I${p}`), file], {
    encoding: 'utf8',
    env: compilerEnvironment,
  });
  return status === 0 ? '' : stderr;
}
