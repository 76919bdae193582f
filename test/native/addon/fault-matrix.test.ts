import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { codesOf, findCode } from '../../../lib/codes/index.js';
import type { GPUFailure } from '../../../lib/failure/types.js';
import type { MockDeviceState, MockState } from '../../../lib/mock/index.js';
import { declarations, functionsIn } from '../abi/declarations';
import { FUNCTIONS } from '../mock/stand-in';
import { answerOf, root, runProgram } from './support';

type Library = 'cudart' | 'cuda' | 'nvml' | 'cudnn' | 'nvrtc';

/** What the stand-in counts as not given back yet; of contexts, the most that one device counts. */
type Held = Omit<MockState, 'devices' | 'nowMs' | 'launches' | 'unsupported' | 'calls'> &
  Pick<MockDeviceState, 'contextReferences'>;

interface Row {
  call: string;
  code: number;
  sticky: boolean;
  promised: string;
  expected: number;
  reached: number;
  /** The runtime's last error afterwards. */
  left: number;
  /** The call was made on another thread than the one that `left` was asked on. */
  ownThread: boolean;
  live: number;
  /** What the stand-in says that is not given back yet, once the lanes are done. */
  held: Held;
  /** The context of a device was lost. */
  lost: boolean;
  ended: string;
  /** Of what is tolerated: what was answered, and what was to be, where they differ. */
  rubbish?: string;
  exception?: string;
  failure?: GPUFailure;
  http?: [number, string];
}

/** Declared, since the stand-in exports them, and never called by the addon. */
const NEVER_MADE = [
  'cudnnGetCudartVersion',
  'cudnnGetVersion',
  'nvmlDeviceGetName',
  'nvmlDeviceGetPciInfo_v3',
  'nvmlSystemGetDriverVersion',
];

/** What stays at the driver, and why; of all codes where there are none. */
const KEPT: { calls: string[]; codes?: number[]; held: Partial<Held>; why: string }[] = [
  {
    calls: ['cudaFree', 'cudaFreeAsync'],
    codes: [4],
    held: { allocations: 1 },
    why: 'a runtime that unloads takes it back itself; here the rule only says so',
  },
  {
    calls: ['cudaFreeHost'],
    codes: [1, 4],
    held: { hostAllocations: 1 },
    why: 'the same of 4; 1 may mean that it is gone, and its address somebody else’s',
  },
  ...(
    [
      ['cudaStreamDestroy', 'streams'],
      ['cudaEventDestroy', 'events'],
      ['cuModuleUnload', 'modules'],
      ['nvrtcDestroyProgram', 'programs'],
    ] as const
  ).map(([call, kind]) => ({
    calls: [call],
    held: { [kind]: 1 },
    why: 'whether its handle still names something is not known, and using one that is gone is undefined',
  })),
  {
    calls: ['cuCtxPopCurrent_v2'],
    held: { pushedContexts: 1 },
    why: 'it stays on the stack of a thread of ours, where nobody else’s lies below it',
  },
];

/** To a primary context: the runtime’s own, and the one that the addon keeps for all its work there. */
function mostReferences({ call, code }: Row): number {
  // By these the driver says that the context is gone, and with it the reference: another one is taken.
  return call === 'cuModuleLoadDataEx' && [3, 201, 709].includes(code) ? 3 : 2;
}

const matrix: Record<Library, Row[]> = { cudart: [], cuda: [], nvml: [], cudnn: [], nvrtc: [] };

beforeAll(() => {
  for (const library of Object.keys(matrix) as Library[]) {
    const env = { GPU_EXCEPTIONS_BACKEND: 'mock', LIBRARY: library };
    const missing = { NO_DRIVER: '1', GPU_EXCEPTIONS_CUDA: '/nonexistent/libcuda.so.1' };
    matrix[library] = [{}, missing].flatMap((more) =>
      answerOf<Row[]>(runProgram('matrix.cjs', { ...env, ...more }, ['--expose-gc'])),
    );
  }
}, 180_000);

afterAll(() => {
  const lines: string[] = [];
  const total: Record<string, number> = {};
  for (const [library, rows] of Object.entries(matrix)) {
    for (const call of new Set(rows.map((row) => row.call))) {
      const counts: Record<string, number> = {};
      for (const { ended } of rows.filter((row) => row.call === call)) {
        counts[ended] = (counts[ended] ?? 0) + 1;
        total[ended] = (total[ended] ?? 0) + 1;
      }
      lines.push(`  ${library.padEnd(7)} ${call.padEnd(42)} ${text(counts)}`);
    }
  }
  const sum = Object.values(total).reduce((a, b) => a + b, 0);
  process.stdout.write(
    `\nFault matrix: each call of ours x each code of its library\n${lines.join('\n')}\n` +
      `  ${String(sum)} pairs: ${text(total)}\n\n`,
  );
});

function text(counts: Record<string, number>): string {
  return Object.entries(counts)
    .map(([ended, count]) => `${String(count)} ${ended}`)
    .join(', ');
}

/** The calls that our sources make, by the name of the function pointer. */
function made(): Set<string> {
  const native = join(root, 'native');
  const text = ['api', 'bindings', 'errors', 'ops', 'probe']
    .flatMap((folder) =>
      readdirSync(join(native, folder)).map((file) => join(native, folder, file)),
    )
    .filter((file) => /\.(?:cc|h)$/.test(file))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  return new Set(
    FUNCTIONS.map(({ name }) => name).filter((name) =>
      new RegExp(`(?:\\.|->|\\b)${name}(?:\\(|[,;\\s)}])`).test(text),
    ),
  );
}

describe('the fault matrix', () => {
  it('has no hole: every vendor call that we make is in it', () => {
    const covered = Object.values(matrix).flatMap((rows) => rows.map(({ call }) => call));
    expect([...made()].filter((name) => !covered.includes(name))).toEqual([]);
    for (const { call, code, reached } of Object.values(matrix).flat()) {
      expect([call, code, reached > 0]).toEqual([call, code, true]);
    }
  });

  it('has no hole: every vendor call that native/abi declares is in it, or is never made', () => {
    for (const [library, rows] of Object.entries(matrix) as [Library, Row[]][]) {
      const covered = new Set(rows.map(({ call }) => call));
      const declared = functionsIn(declarations(library));
      expect(declared.length).toBeGreaterThan(2);
      const holes = declared.filter((name) => !covered.has(name));
      expect(holes.filter((name) => !NEVER_MADE.includes(name))).toEqual([]);
    }
    expect(NEVER_MADE.filter((name) => made().has(name))).toEqual([]);
  });

  it('has no hole: every code of every numbering of a library is in each of its rows', () => {
    for (const [library, rows] of Object.entries(matrix) as [Library, Row[]][]) {
      const codes = codesOf(library).map(({ value }) => value).filter((value) => value > 0); // prettier-ignore
      for (const call of new Set(rows.map((row) => row.call))) {
        const tried = rows.filter((row) => row.call === call).map(({ code }) => code);
        expect([call, tried]).toEqual([call, codes]);
      }
    }
  });

  it.each(Object.keys(matrix) as Library[])('%s: each pair ends as promised', (library) => {
    const wrong = matrix[library].filter((row) => row.ended !== row.promised);
    expect(
      wrong.map((row) => `${row.call} ${String(row.code)}: ${row.ended}, not ${row.promised}`),
    ).toEqual([]);
    expect(matrix[library].length).toBeGreaterThan(30);
  });

  it('is tolerated with what a healthy machine answers, and null in the place of what was refused', () => {
    const rows = Object.values(matrix).flat();
    const wrong = rows.filter(({ rubbish }) => rubbish !== undefined);
    expect(wrong.map(({ call, code, rubbish }) => [call, code, rubbish])).toEqual([]);
    expect(rows.filter(({ ended }) => ended === 'tolerated').length).toBeGreaterThan(1500);
  });

  it('answers the last error with its code', () => {
    const rows = matrix.cudart.filter(({ ended }) => ended === 'answers');
    expect(rows.filter(({ code, failure }) => failure?.code !== code)).toEqual([]);
    expect(rows.length).toBeGreaterThan(200);
  });

  it('ends as the exception that the table promises', () => {
    for (const [library, rows] of Object.entries(matrix) as [Library, Row[]][]) {
      for (const row of rows.filter(({ ended }) => ended === 'throws')) {
        const entry = findCode(library, row.expected);
        const place = `${row.call} ${String(row.code)}`;
        const { failure } = row;
        expect([place, failure?.library, failure?.code]).toEqual([place, library, row.expected]);
        expect([place, failure?.name]).toEqual([place, entry?.name]);
        // 35 is told apart by the driver's version.
        if (row.expected !== 35 && entry?.status !== true) {
          expect([place, failure?.category]).toEqual([place, entry?.category]);
        }
        const memory = entry?.category === 'out-of-memory';
        const refused = library === 'nvrtc' && [5, 6].includes(row.code);
        expect([place, row.exception]).toEqual([
          place,
          memory ? 'CUDAOutOfMemoryException' : refused ? 'KernelCompileError' : 'GPUException',
        ]);
        expect([place, row.http?.[0]]).toEqual([place, 503]);
        expect([place, row.http?.[1].includes(entry?.name ?? '?')]).toEqual([place, false]);
      }
    }
  });

  it('clears the runtime’s last error, unless it is sticky', () => {
    const failed = matrix.cudart.filter(({ ended }) => ended === 'throws');
    const wrong = failed.filter(
      ({ sticky, code, left, ownThread }) => left !== (sticky && !ownThread ? code : 0),
    );
    expect(wrong.map(({ call, code, left }) => `${call} ${String(code)} left ${String(left)}`)).toEqual([]); // prettier-ignore
    expect(failed.filter(({ sticky }) => sticky).length).toBeGreaterThan(30);
  });

  it('tells a poisoned context with the code that it answered', () => {
    const poisoned = matrix.cuda.filter(({ ended }) => ended === 'poisoned');
    expect(poisoned.filter(({ code, failure }) => failure?.code !== code)).toEqual([]);
    expect(poisoned.length).toBeGreaterThan(50);
  });

  it('leaves no allocation of ours behind', () => {
    const left = Object.values(matrix)
      .flat()
      .filter(({ live }) => live !== 0);
    expect(left.map(({ call, code, live }) => [call, code, live])).toEqual([]);
  });

  it('leaves nothing at the driver, by the driver’s own books', () => {
    const wrong: unknown[] = [];
    for (const row of Object.values(matrix).flat()) {
      if (row.lost) continue; // nothing is given back in a lost context: it goes with the process
      const nothing = Object.fromEntries(Object.keys(row.held).map((kind) => [kind, 0])) as unknown as Held; // prettier-ignore
      const expected: Held = {
        ...nothing,
        contextReferences: Math.min(row.held.contextReferences, mostReferences(row)),
        // Small copies go through pinned memory, which a lane asks for and keeps for the next one.
        ...(row.call === 'cudaMemcpyAsync' && {
          hostAllocations: Math.min(row.held.hostAllocations, 2),
        }),
        ...KEPT.find(({ calls, codes }) => calls.includes(row.call) && (codes?.includes(row.code) ?? true))?.held, // prettier-ignore
      };
      if (!isDeepStrictEqual(row.held, expected)) wrong.push([row.call, row.code, row.held]);
    }
    expect(wrong).toEqual([]);
  });
});
