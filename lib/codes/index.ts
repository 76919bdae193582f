/**
 * What the vendors' status codes mean and what to do about them. The facts stand in
 * `native/errors/codes/*.def`; `table.ts` is generated from there. A library's rows are unpacked when
 * it is first asked for, so that loading this file costs next to nothing.
 */

import type { GPUFailureCategory, GPULibrary, RestartScope } from '../failure/types.js';
import { remedies, tables } from './table.js';
import type { PackedTable } from './table.js';

/** One vendor code. Frozen; the same object for every caller. */
export interface CodeRow {
  readonly library: GPULibrary;
  /** cuDNN: 8 (which also covers older releases) or 9. `null` for every other library. */
  readonly major: number | null;
  /** As a C `int`: ROCm SMI's 0xFFFFFFFF is -1 here. */
  readonly value: number;
  /** The vendor's name, e.g. `cudaErrorMemoryAllocation`. */
  readonly name: string;
  /** Other names of the same number: old spellings, deprecated names. */
  readonly aliases: readonly string[];
  /** Status rows have one, too (`cudaErrorNotReady` is `busy`); success is `unknown`. */
  readonly category: GPUFailureCategory;
  readonly restart: RestartScope;
  /** Documented by the vendor as needing a new process; policy plays no part. */
  readonly sticky: boolean;
  /** The same call may succeed later in this process. */
  readonly retryable: boolean;
  /** A status, not a failure: success, not ready, in progress, nothing to report. */
  readonly status: boolean;
  /** Harmless while the process exits: nothing is left to free. */
  readonly benignAtExit: boolean;
  /** First release known to have the name; `null`: older than the oldest dated source. */
  readonly since: string | null;
  /** One sentence for the person on call; empty only for success. */
  readonly remedy: string;
}

/** A code found by its name. */
export interface NamedCode {
  /**
   * Where `value` is `null`, the row of the newest numbering. All rows of that name agree on
   * category, restart, flags and remedy; `row.value` and `row.major` are then not to be trusted.
   */
  readonly row: CodeRow;
  /** `null`: the name exists in both of cuDNN's numberings and stands for different numbers. */
  readonly value: number | null;
}

/** cuDNN 8 and older stop at 14, cuDNN 9 starts at 1001; only 0 is common to both. */
const FIRST_CUDNN_9_VALUE = 1000;

type RowsByValue = ReadonlyMap<number, CodeRow>;

const unpacked = new Map<PackedTable, RowsByValue>();
let byName: ReadonlyMap<string, NamedCode> | null = null;

function decodeRow(line: string, table: PackedTable): CodeRow {
  const [value, name = '', category, restart, flags = '', since = '', remedy, aliases] =
    line.split(' ');
  return Object.freeze<CodeRow>({
    library: table.library,
    major: table.major,
    value: Number(value),
    name,
    aliases: Object.freeze(aliases ? aliases.split(',') : []),
    // The generator admits no other words.
    category: category as GPUFailureCategory,
    restart: restart as RestartScope,
    sticky: flags.includes('s'),
    retryable: flags.includes('r'),
    status: flags.includes('i'),
    benignAtExit: flags.includes('x'),
    since: since === '-' ? null : since,
    remedy: remedies[Number(remedy)] ?? '',
  });
}

function rowsOf(table: PackedTable): RowsByValue {
  let rows = unpacked.get(table);
  if (rows === undefined) {
    const fresh = new Map<number, CodeRow>();
    for (const line of table.rows.trim().split('\n')) {
      const row = decodeRow(line, table);
      fresh.set(row.value, row);
    }
    rows = fresh;
    unpacked.set(table, rows);
  }
  return rows;
}

function tableFor(library: GPULibrary, code: number): PackedTable | undefined {
  const major = library !== 'cudnn' ? null : code > 0 && code < FIRST_CUDNN_9_VALUE ? 8 : 9;
  return tables.find((table) => table.library === library && table.major === major);
}

/**
 * The row of a status, or `null` when the table does not know the number: a newer library, or no
 * code of that library at all. Never guesses. For cuDNN the numbering is told by the value, since
 * the two do not overlap. A C enumeration read as unsigned is understood.
 */
export function findCode(library: GPULibrary, code: number): CodeRow | null {
  const table = tableFor(library, code);
  if (table === undefined) return null;
  const signed = code > 0x7fffffff && code <= 0xffffffff ? code | 0 : code;
  return rowsOf(table).get(signed) ?? null;
}

function indexByName(): ReadonlyMap<string, NamedCode> {
  const index = new Map<string, NamedCode>();
  for (const table of tables) {
    for (const row of rowsOf(table).values()) {
      for (const name of [row.name, ...row.aliases]) {
        const older = index.get(name);
        const value = older === undefined || older.value === row.value ? row.value : null;
        index.set(name, Object.freeze({ row, value }));
      }
    }
  }
  return index;
}

/** The code of exactly that vendor name or alias (case matters), or `null`. */
export function findCodeByName(name: string): NamedCode | null {
  byName ??= indexByName();
  return byName.get(name) ?? null;
}

/** Every row of a library in the order of its numbers; cuDNN 8 comes before cuDNN 9. */
export function codesOf(library: GPULibrary): readonly CodeRow[] {
  return tables
    .filter((table) => table.library === library)
    .flatMap((table) => [...rowsOf(table).values()]);
}

/** cuDNN 9 groups its codes by thousands (cudnn_graph.h), so that a new code tells its kind. */
const CUDNN_9_GROUPS: Readonly<Record<number, GPUFailureCategory>> = {
  2: 'invalid-argument',
  3: 'not-supported',
  4: 'library',
  5: 'kernel-fault',
};

/** The category of a number that {@link findCode} does not know: all that the number itself says. */
export function categoryOfUnknown(library: GPULibrary, code: number): GPUFailureCategory {
  if (library !== 'cudnn') return 'unknown';
  return CUDNN_9_GROUPS[Math.floor(code / 1000)] ?? 'unknown';
}
