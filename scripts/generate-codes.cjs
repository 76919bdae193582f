#!/usr/bin/env node
'use strict';
// Makes lib/codes/table.ts, docs/codes.md and native/include/gpu_exceptions/codes.h from
// native/errors/codes/*.def.
//   node scripts/generate-codes.cjs           writes them
//   node scripts/generate-codes.cjs --check   writes nothing; exits 1 and names what is stale

const fs = require('node:fs');
const path = require('node:path');

const COMMAND = 'npm run generate';
const DEF_FOLDER = 'native/errors/codes';
const CPP_TABLE = 'native/errors/code_table.cc';

/** In the order of the documentation. */
const LIBRARIES = [
  'cudart',
  'cuda',
  'nvml',
  'cudnn',
  'cublas',
  'cufft',
  'curand',
  'cusparse',
  'cusolver',
  'nccl',
  'nvrtc',
  'tensorrt',
  'hip',
  'rocm-smi',
];
const CATEGORIES = new Set([
  'out_of_memory',
  'kernel_fault',
  'hardware',
  'device_lost',
  'no_device',
  'driver_mismatch',
  'library',
  'timeout',
  'busy',
  'permission',
  'not_supported',
  'invalid_argument',
  'aborted',
  'unknown',
]);
const RESTARTS = new Set(['none', 'process', 'device', 'node', 'environment']);
/** Each flag's letter in the packed table; `lib/codes/index.ts` reads them. */
const FLAGS = { sticky: 's', retryable: 'r', status: 'i', benign_at_exit: 'x' };

const CODE_FORM = 'GPUEX_CODE(value, NAME, category, restart, flags, "since", "remedy")';
const ALIAS_FORM = 'GPUEX_ALIAS(value, NAME)';
const CODE_LINE =
  /^GPUEX_CODE\((-?\d+), ([A-Za-z_]\w*), (\w+), (\w+), (\w+(?: \| \w+)*), "([^"\\]*)", "([^"\\]*)"\)$/;
const ALIAS_LINE = /^GPUEX_ALIAS\((-?\d+), ([A-Za-z_]\w*)\)$/;
const DIRECTIVE = /^\/\/ (library|major|title|source): (.+)$/;

class DefError extends Error {
  constructor(file, line, reason) {
    super(`${file}:${line}: ${reason}`);
    this.name = 'DefError';
  }
}

function parseInt32(text) {
  const value = Number(text);
  return value === (value | 0) && text === String(value) ? value : null;
}

function parseFlags(text, fail) {
  const flags = text.split(' | ');
  if (flags.length === 1 && flags[0] === 'none') return [];
  for (const flag of flags) {
    if (!Object.hasOwn(FLAGS, flag)) {
      fail(`unknown flag "${flag}"; known: none, ${Object.keys(FLAGS).join(', ')}`);
    }
  }
  if (new Set(flags).size !== flags.length) fail(`a flag stands twice in "${text}"`);
  return flags;
}

/** What must hold for a row by itself; each rule protects somebody who acts on the row. */
function checkRow(row, fail) {
  const has = (flag) => row.flags.includes(flag);
  if (has('sticky') && row.restart === 'none') fail(`${row.name} is sticky, but restart is none`);
  if (has('sticky') && has('retryable')) fail(`${row.name} is sticky and retryable`);
  if (has('sticky') && has('status')) fail(`${row.name} is sticky and a status`);
  if (has('status') && row.restart !== 'none') fail(`${row.name} is a status, but has a restart`);
  if (row.category === 'invalid_argument' && !has('status')) {
    if (row.restart !== 'none') fail(`${row.name} is an invalid argument, but has a restart`);
    if (has('retryable')) fail(`${row.name} is an invalid argument, but retryable`);
  }
  if (row.value === 0 && !has('status')) fail(`${row.name} is 0, but not a status`);
  if (row.remedy === '' && row.value !== 0) fail(`${row.name} has no remedy`);
  if (row.remedy !== '' && !/^[A-Za-z].*[^.\s]\.$/.test(row.remedy)) {
    fail(`the remedy of ${row.name} does not end as a sentence`);
  }
}

/** One .def file. `file` is used in messages only. Throws DefError at the first fault. */
function parseDef(text, file) {
  const table = { file, library: null, major: null, title: null, source: null, rows: [] };
  const byValue = new Map();
  const names = new Set();
  const lines = text.split('\n');
  const claim = (name, fail) => {
    if (names.has(name)) fail(`${name} stands twice`);
    names.add(name);
  };

  lines.forEach((line, index) => {
    const fail = (reason) => {
      throw new DefError(file, index + 1, reason);
    };
    if (line === '') return;
    if (line.startsWith('//')) {
      const directive = DIRECTIVE.exec(line);
      if (directive === null) return;
      const [, key, value] = directive;
      if (table[key] !== null) fail(`"${key}" stands twice`);
      if (key === 'library' && !LIBRARIES.includes(value)) fail(`unknown library "${value}"`);
      if (key === 'major' && !/^[1-9]\d*$/.test(value)) fail(`major "${value}" is no number`);
      table[key] = key === 'major' ? Number(value) : value;
      return;
    }

    const alias = ALIAS_LINE.exec(line);
    if (alias !== null) {
      const [, value, name] = alias;
      const row = byValue.get(Number(value));
      if (row === undefined) fail(`alias ${name}: no code ${value} before it`);
      claim(name, fail);
      row.aliases.push(name);
      return;
    }
    const code = CODE_LINE.exec(line);
    if (code === null) {
      fail(`expected ${line.startsWith('GPUEX_ALIAS') ? ALIAS_FORM : CODE_FORM}, found "${line}"`);
    }
    const [, valueText, name, category, restart, flagsText, since, remedy] = code;
    const value = parseInt32(valueText);
    if (value === null) fail(`value ${valueText} is no C int in its shortest form`);
    if (byValue.has(value)) fail(`value ${value} stands twice`);
    const last = table.rows.at(-1);
    if (last !== undefined && value < last.value) fail(`value ${value} after ${last.value}`);
    claim(name, fail);
    if (!CATEGORIES.has(category)) {
      fail(`unknown category "${category}"; known: ${[...CATEGORIES].join(', ')}`);
    }
    if (!RESTARTS.has(restart)) {
      fail(`unknown restart "${restart}"; known: ${[...RESTARTS].join(', ')}`);
    }
    if (since !== '' && !/^\d+(\.\d+)*$/.test(since)) fail(`since "${since}" is no version`);
    const flags = parseFlags(flagsText, fail);
    const row = { value, name, category, restart, flags, since, remedy, aliases: [] };
    checkRow(row, fail);
    byValue.set(value, row);
    table.rows.push(row);
  });

  const missing = ['library', 'title', 'source'].find((key) => table[key] === null);
  if (missing !== undefined) throw new DefError(file, 1, `"// ${missing}: …" is missing`);
  if (!byValue.has(0)) throw new DefError(file, lines.length, 'no code 0');
  return table;
}

const COMPARED = ['category', 'restart', 'flags', 'remedy'];

/** What must hold between files: a name tells its library, and in cuDNN everything but the number. */
function checkTogether(tables) {
  const owners = new Map();
  const numberings = new Set();
  for (const table of tables) {
    const numbering = `${table.library} ${table.major ?? ''}`.trim();
    if (numberings.has(numbering)) throw new DefError(table.file, 1, `${numbering} stands twice`);
    numberings.add(numbering);
    for (const row of table.rows) {
      for (const name of [row.name, ...row.aliases]) {
        const other = owners.get(name);
        owners.set(name, { table, row });
        if (other === undefined) continue;
        const where = `${name} stands in ${other.table.file}, too`;
        if (other.table.library !== table.library) throw new DefError(table.file, 1, where);
        const differs = COMPARED.find((key) => String(other.row[key]) !== String(row[key]));
        if (differs !== undefined) {
          throw new DefError(table.file, 1, `${where}, with another ${differs}`);
        }
      }
    }
  }
}

function readTables(root) {
  const folder = path.join(root, DEF_FOLDER);
  const cpp = fs.readFileSync(path.join(root, CPP_TABLE), 'utf8');
  const tables = fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.def'))
    .map((name) => {
      const file = `${DEF_FOLDER}/${name}`;
      if (!cpp.includes(`#include "errors/codes/${name}"`)) {
        throw new DefError(file, 1, `${CPP_TABLE} does not include it`);
      }
      return parseDef(fs.readFileSync(path.join(folder, name), 'utf8'), file);
    })
    .sort(
      (a, b) => LIBRARIES.indexOf(a.library) - LIBRARIES.indexOf(b.library) || a.major - b.major,
    );
  checkTogether(tables);
  return tables;
}

const hyphenated = (word) => word.replaceAll('_', '-');

function renderTypeScript(tables) {
  const remedies = [];
  const numberOf = new Map();
  const remedyNumber = (remedy) => {
    if (!numberOf.has(remedy)) numberOf.set(remedy, remedies.push(remedy) - 1);
    return numberOf.get(remedy);
  };
  const packed = tables.map((table) => {
    const rows = table.rows.map((row) =>
      [
        row.value,
        row.name,
        hyphenated(row.category),
        row.restart,
        row.flags.map((flag) => FLAGS[flag]).join('') || '-',
        row.since || '-',
        remedyNumber(row.remedy),
        ...(row.aliases.length > 0 ? [row.aliases.join(',')] : []),
      ].join(' '),
    );
    return `  {
    library: '${table.library}',
    major: ${table.major},
    rows: \`
${rows.join('\n')}
\`,
  },
`;
  });
  return `// Generated by "${COMMAND}" from ${DEF_FOLDER}/*.def. Do not edit.

import type { GPULibrary } from '../failure/types.js';

export interface PackedTable {
  readonly library: GPULibrary;
  /** The major version whose numbering this is; \`null\` where a library has one only. */
  readonly major: number | null;
  /** A line a code: value, name, category, restart, flags, since, number of the remedy, aliases. */
  readonly rows: string;
}

export const remedies: readonly string[] = [
${remedies.map((remedy) => `  ${JSON.stringify(remedy)},\n`).join('')}];

export const tables: readonly PackedTable[] = [
${packed.join('')}];
`;
}

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('*', '\\*').replaceAll('<', '&lt;');

function renderMarkdown(tables) {
  const parts = [
    `<!-- Generated by "${COMMAND}" from ${DEF_FOLDER}/*.def. Do not edit. -->

# Vendor codes

Every status code that \`gpu-exceptions\` knows, and what it makes of it. Numbers and names are the vendors'; categories and remedies are ours. They rest on the vendors' documentation and are not verified on hardware.

- **category**: \`failure.category\`. _status_ marks answers that are no failure and never become an exception.
- **restart**: the smallest thing whose restart helps: \`none\`, \`process\`, \`device\`, \`node\`, or \`environment\` (fix the set-up, then restart).
- **sticky**: the vendor documents that the process cannot use the GPU any more.
- **retryable**: the same call may succeed later in the same process.

A number means something only together with its library: 3 is "initialization failed" for CUDA, "allocation failed" for cuBLAS and "internal error" for NCCL. Numbers that are not listed are kept as they are, with category \`unknown\`; for cuDNN 9 the thousands digit tells the kind.
`,
    tables
      .map((table) => {
        const anchor = `${table.library}${table.major ?? ''}`;
        return `- [${table.title}](#${anchor}): ${table.rows.length} codes`;
      })
      .join('\n') + '\n',
  ];
  for (const table of tables) {
    const rows = table.rows.map((row) => {
      const has = (flag) => (row.flags.includes(flag) ? 'yes' : '');
      const names = [`\`${row.name}\``, ...row.aliases.map((alias) => `(\`${alias}\`)`)].join(' ');
      const category = has('status') ? '_status_' : hyphenated(row.category);
      const remedy = row.value === 0 && row.remedy === '' ? 'The call worked.' : cell(row.remedy);
      return `| ${row.value} | ${names} | ${category} | ${row.restart} | ${has('sticky')} | ${has('retryable')} | ${remedy} |`;
    });
    parts.push(`<a id="${table.library}${table.major ?? ''}"></a>

## ${table.title}

From ${table.source}.

| code | name | category | restart | sticky | retryable | remedy |
| ---: | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`);
  }
  return parts.join('\n');
}

const enumerator = (library) =>
  `k${library
    .split('-')
    .map((word) => word[0].toUpperCase() + word.slice(1))
    .join('')}`;

/** What the header for authors of other addons knows about codes. */
function renderHeader(tables) {
  const lines = (list) => list.map((line) => `    ${line},\n`).join('');
  const codes = tables.flatMap((table) =>
    table.rows
      // cuDNN's two numberings have only 0 in common.
      .filter((row) => row.value !== 0 || table.major !== 9)
      .map((row) => {
        const has = (flag) => row.flags.includes(flag);
        const kind = has('sticky') ? 'kSticky' : has('status') ? 'kStatus' : 'kFailure';
        return `{Library::${enumerator(table.library)}, ${row.value}, Kind::${kind}, "${row.name}"}`;
      }),
  );
  return `// Generated by "${COMMAND}" from ${DEF_FOLDER}/*.def. Do not edit.
// The libraries, the names of their codes, and what the vendors document about them. All functions
// are thread-safe and search the table, which is for failures only; texts are static.
#pragma once

// Two addons in one process may be built with different versions of these headers. What is hidden
// cannot be taken for the other's.
#if defined(_WIN32)
#define GPU_EXCEPTIONS_HIDDEN_
#else
#define GPU_EXCEPTIONS_HIDDEN_ __attribute__((visibility("hidden")))
#endif

namespace gpu_exceptions {

enum class Library {
${LIBRARIES.map((library) => `  ${enumerator(library)},\n`).join('')}};

namespace detail GPU_EXCEPTIONS_HIDDEN_ {

inline constexpr const char* kLibraryNames[] = {
${lines(LIBRARIES.map((library) => `"${library}"`))}};

// kSticky: documented as needing a new process. kStatus: success, not ready, in progress.
enum class Kind { kFailure, kSticky, kStatus };

struct Code {
  Library library;
  int value;
  Kind kind;
  const char* name;
};

inline constexpr Code kCodes[] = {
${lines(codes)}};

// Null for a number that the table does not know.
inline const Code* FindCode(Library library, int value) noexcept {
  for (const Code& code : kCodes) {
    if (code.library == library && code.value == value) return &code;
  }
  return nullptr;
}

}  // namespace detail

/** As the tag names it: "cudart", "rocm-smi". */
constexpr const char* LibraryName(Library library) noexcept {
  return detail::kLibraryNames[static_cast<int>(library)];
}

/** The vendor's name, e.g. "cudaErrorMemoryAllocation"; null for an unknown number. */
inline const char* CodeName(Library library, int value) noexcept {
  const detail::Code* code = detail::FindCode(library, value);
  return code == nullptr ? nullptr : code->name;
}

/** Documented by the vendor as needing a new process; false for an unknown number. */
inline bool IsSticky(Library library, int value) noexcept {
  const detail::Code* code = detail::FindCode(library, value);
  return code != nullptr && code->kind == detail::Kind::kSticky;
}

/** No failure: success, not ready, in progress; false for an unknown number. */
inline bool IsStatus(Library library, int value) noexcept {
  const detail::Code* code = detail::FindCode(library, value);
  return code != nullptr && code->kind == detail::Kind::kStatus;
}

}  // namespace gpu_exceptions
`;
}

/** Path below the root -> content. */
function generate(root) {
  const tables = readTables(root);
  return new Map([
    ['lib/codes/table.ts', renderTypeScript(tables)],
    ['docs/codes.md', renderMarkdown(tables)],
    ['native/include/gpu_exceptions/codes.h', renderHeader(tables)],
  ]);
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

function main(args) {
  const unknown = args.find((argument) => argument !== '--check');
  if (unknown !== undefined) {
    console.error(`unknown argument "${unknown}"; known: --check`);
    return 2;
  }
  const root = path.resolve(__dirname, '..');
  let files;
  try {
    files = generate(root);
  } catch (error) {
    if (!(error instanceof DefError)) throw error;
    console.error(error.message);
    return 1;
  }
  let stale = 0;
  for (const [file, content] of files) {
    const target = path.join(root, file);
    if (readIfThere(target) === content) continue;
    stale += 1;
    if (args.includes('--check')) {
      console.error(`${file} is stale: run "${COMMAND}" and commit the result`);
    } else {
      fs.mkdirSync(path.dirname(target), { recursive: true });
      fs.writeFileSync(target, content);
      console.log(`wrote ${file}`);
    }
  }
  return args.includes('--check') && stale > 0 ? 1 : 0;
}

module.exports = { DefError, checkTogether, generate, parseDef };

if (require.main === module) process.exitCode = main(process.argv.slice(2));
