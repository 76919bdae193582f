/**
 * A second copy of lib/exceptions: compiled to a folder of its own, as a second installed version
 * would lie on disk, to be loaded into another realm, a worker thread or a child process.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import * as vm from 'node:vm';
import * as ts from 'typescript';

const SOURCES = resolve(__dirname, '../../../lib/exceptions');

export interface SecondCopy {
  /** The compiled `index.js`. */
  readonly index: string;
  remove(): void;
}

export function compileSecondCopy(): SecondCopy {
  const folder = mkdtempSync(join(tmpdir(), 'gpu-exceptions-copy-'));
  mkdirSync(join(folder, 'exceptions'));
  for (const name of readdirSync(SOURCES)) {
    const { outputText } = ts.transpileModule(readFileSync(join(SOURCES, name), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    });
    writeFileSync(join(folder, 'exceptions', name.replace(/\.ts$/, '.js')), outputText);
  }
  return {
    index: join(folder, 'exceptions', 'index.js'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Loads a compiled copy into a new realm, with that realm's own `Error`. */
export function loadInNewRealm(index: string): {
  exports: typeof import('../../../lib/exceptions/index.js');
  realm: vm.Context;
} {
  const realm = vm.createContext({ DOMException, structuredClone });
  const loaded = new Map<string, { exports: unknown }>();
  const load = (path: string): unknown => {
    const present = loaded.get(path);
    if (present !== undefined) return present.exports;
    const module = { exports: {} };
    loaded.set(path, module);
    const run = vm.runInContext(
      `(function (exports, require, module) {${readFileSync(path, 'utf8')}\n})`,
      realm,
      { filename: path },
    );
    run(
      module.exports,
      (id: string) => (id.startsWith('.') ? load(join(dirname(path), id)) : require(id)),
      module,
    );
    return module.exports;
  };
  return { exports: load(index) as typeof import('../../../lib/exceptions/index.js'), realm };
}
