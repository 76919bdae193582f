import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { compilerEnvironment } from './compilers.js';

const root = resolve(__dirname, '..', '..');
const lib = join(root, 'lib');
const cache = join(root, 'node_modules', '.cache', 'gpu-exceptions-compiled');

let compiled: string | undefined;

/**
 * The sources as they are now, compiled to JavaScript, for tests that start other threads or
 * processes. Answers the folder of `index.js`. Compiled once per state of the sources: test files,
 * and Jest's workers, share it.
 */
export function compiledPackage(): string {
  compiled ??= compile();
  return compiled;
}

function compile(): string {
  const folder = join(cache, sourcesHash());
  // Two levels below a folder that holds build/, as dist/ is in the package.
  const dist = join(folder, 'dist');
  if (existsSync(join(dist, 'index.js'))) return dist;
  mkdirSync(cache, { recursive: true });
  const draft = `${folder}.${process.pid}`;
  const tsc = require.resolve('typescript/bin/tsc');
  // Types are checked by `npm run typecheck`; here only the JavaScript is wanted, and soon.
  const options = ['--noCheck', '--declaration', 'false', '--outDir', join(draft, 'dist')];
  try {
    execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', ...options], {
      cwd: root,
      stdio: 'pipe',
      encoding: 'utf8',
      env: compilerEnvironment,
    });
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Another worker may have been faster.
    if (!existsSync(join(dist, 'index.js'))) throw error;
  }
  return dist;
}

function sourcesHash(): string {
  const hash = createHash('sha256');
  for (const file of ['tsconfig.json', 'tsconfig.build.json']) {
    hash.update(readFileSync(join(root, file)));
  }
  const sources = readdirSync(lib, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const source of sources) {
    hash.update(relative(lib, source)).update('\0').update(readFileSync(source));
  }
  return hash.digest('hex').slice(0, 24);
}
