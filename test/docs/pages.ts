/** The pages of docs/: their examples as programs, and their tables of calls. */

import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';

const root = resolve(__dirname, '..', '..');

const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** The JavaScript blocks of a page, as they stand there. */
export function blocks(page: string): string[] {
  return [...textOf(page).matchAll(/^```js\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');
}

/** What stands around the blocks of a page, so that they are one program. */
interface Frame {
  readonly before: string;
  /** Prints what the test looks at, as JSON. */
  readonly after: string;
}

/** The pages about gpu-exceptions/cuda. */
export const CUDA_PAGES: Readonly<Record<string, Frame>> = {
  'docs/looking-at-the-gpu.md': {
    before: `require('gpu-exceptions/mock').useMock();`,
    after: `print(JSON.stringify([classifyGpuFailure(error).category, buffer.freed, total > 0]));`,
  },
  'docs/gpu-work.md': {
    before: `require('gpu-exceptions/mock').useMock({ devices: 2 });`,
    after: `const { requestedBytes } = tooMuch();
       lost().then(async (names) => {
         const [first, ways, parts, [byte, ms], progress] = await Promise.all(results);
         print(JSON.stringify({
           first: Array.from(first), ways, parts, byte, elapsed: ms >= 0, progress, requestedBytes, names,
         }));
         process.exit(0);
       });`,
  },
  'docs/kernels.md': {
    before: `require('gpu-exceptions/mock').useMock();\n(async () => {`,
    after: `print(JSON.stringify([
       name, refused.line, made.line, result.length, maxThreadsPerBlock, blocksPerMultiprocessor, share,
       [...doubled],
     ])); process.exit(0); })();`,
  },
};

/** Blocks as one program, which Node 20 can run: it knows `using` by TypeScript only. */
export function programOf(before: string, code: readonly string[], after: string): string {
  const quiet = `const print = console.log; console.log = console.error = () => {};`;
  const { outputText } = ts.transpileModule([quiet, before, ...code, after].join('\n'), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS },
  });
  return outputText;
}

/** One line of a table that says about calls what a user has to know. */
export interface CallRow {
  readonly page: string;
  /** E.g. `alloc`, `new Stream`, `buffer.write`, `buffer[Symbol.dispose]`. */
  readonly names: readonly string[];
  readonly purpose: string;
  readonly ranges: string;
  readonly errors: string;
  readonly vendor: string;
}

/** `cuMemGetInfo` is what `cuda.h` calls `cuMemGetInfo_v2`. */
export function unversioned(name: string): string {
  return name.replace(/_v\d+$/, '');
}

/** The functions of NVIDIA's that a text names. */
export function vendorNames(text: string): string[] {
  return (text.match(/\b(?:cu|nv)\w+/g) ?? []).map(unversioned);
}

const HEAD = ['call', 'what it is', 'units and ranges', 'errors', "NVIDIA's call"].join(' | ');
const NAME = /`((?:new )?\w+(?:\.\w+|\[Symbol\.\w+\])?)[^`]*`/g;

const cellsOf = (line: string): string[] =>
  line.split('|').slice(1, -1).map((cell) => cell.trim()); // prettier-ignore

/** The rows of all such tables in docs/. */
export function callRows(): CallRow[] {
  const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  return pages.flatMap((name) => {
    const page = `docs/${name}`;
    const tables = textOf(page).match(/(?:^\|.*\n)+/gm) ?? [];
    return tables.flatMap((table) => {
      const [head = '', , ...lines] = table.trimEnd().split('\n');
      if (cellsOf(head).join(' | ') !== HEAD) return [];
      return lines.map((line) => {
        const [calls = '', purpose = '', ranges = '', errors = '', vendor = ''] = cellsOf(line);
        const names = [...calls.matchAll(NAME)].map((match) => match[1] ?? '');
        return { page, names, purpose, ranges, errors, vendor };
      });
    });
  });
}
