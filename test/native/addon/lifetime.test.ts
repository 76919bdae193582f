import { join } from 'node:path';
import { mockLibraryPath } from '../../../lib/native/load.js';
import { aboveTheStandIn, itCompiled, openWorkshop } from './compile';
import { answerOf, runProgram, sanitized } from './support';

const MOCK = { GPU_EXCEPTIONS_BACKEND: 'mock' };

interface Forgotten {
  byte: number;
  live: number;
  pinned: number;
  allocations: number;
  warnings: { code: string; message: string }[];
}

describe('what is forgotten', () => {
  it('is given back when it is collected, with one warning', () => {
    const answer = answerOf<Forgotten>(runProgram('lifetime.cjs', MOCK, ['--expose-gc']));
    expect(answer).toMatchObject({ byte: 7, live: 0, pinned: 0, allocations: 0 });
    expect(answer.warnings).toHaveLength(1);
    expect(answer.warnings[0]).toMatchObject({ code: 'GPU_EXCEPTIONS_LEAKED_BUFFER' });
    expect(answer.warnings[0]?.message).toMatch(
      /^An? (DeviceBuffer of \d+ bytes on device 0|Stream|Event) was never freed/,
    );
  });

  it('is told with the place where it was made, when that is asked for', () => {
    const env = { ...MOCK, GPU_EXCEPTIONS_KEEP_STACKS: '1' };
    const { warnings } = answerOf<Forgotten>(runProgram('lifetime.cjs', env, ['--expose-gc']));
    expect(warnings).toHaveLength(5); // three buffers, a stream, an event
    for (const { message } of warnings) {
      expect(message).toMatch(
        /It was made here:\n {4}at .*\n? *(at .*\n? *)*forget .*lifetime\.cjs/,
      );
    }
  });
});

describe('what a program makes in a way of its own', () => {
  it.each(['0', '1'])('is made, or given back at once (stacks kept: %s)', (kept) => {
    const env = { ...MOCK, GPU_EXCEPTIONS_KEEP_STACKS: kept };
    const { answers, made, returned } = answerOf<{
      answers: object;
      made: number[];
      returned: number[];
    }>(runProgram('spoiled-making.cjs', env));
    const things = ['buffer', 'ordered', 'stream', 'event', 'module'];
    const all = (what: string): object => ({
      ...Object.fromEntries(things.map((thing) => [thing, what])),
      left: [0, 0],
    });
    expect(answers).toEqual({
      'stacks that are call sites': all('made'),
      'stacks that throw': all('made'),
      'stacks that nobody can take': all('made'),
      'things that nobody can register': all('the program’s own'),
    });
    expect(made).toEqual([5, 4, 4]); // with a stream for all of them
    expect(returned).toEqual([4, 4, 4]);
  });
});

describe('host memory of the addon', () => {
  it('is told to V8 for as long as it is there', () => {
    expect(answerOf(runProgram('external-memory.cjs', MOCK))).toEqual({
      staging: 1,
      writing: 3, // the first turn
      written: 1,
      name: 'TypeError',
      givenUp: 1,
      afresh: 0,
      kept: 64 * 2 ** 20,
    });
  });
});

describe('memory of V8 that copies use', () => {
  it('stays until they are told of, whoever else has hold of it', () => {
    expect(answerOf(runProgram('held-guests.cjs', MOCK, ['--expose-gc']))).toEqual({
      copying: 4,
      told: 0,
    });
  });
});

describe('an end in the middle of copies', () => {
  it('of a worker frees what it held and harms nobody', () => {
    expect(answerOf(runProgram('terminated-copies.cjs', MOCK))).toEqual({
      terminated: 8,
      byte: 9,
      allocations: 0,
    });
  }, 60_000);

  it('of a worker waits for what reads into its memory, and begins no more of it', () => {
    expect(answerOf(runProgram('terminated-guest.cjs', MOCK))).toEqual({
      before: false,
      after: true,
      copies: 1,
    });
  }, 60_000);

  const itPreloads = sanitized === undefined ? itCompiled : it.skip;
  itPreloads('of a worker harms nobody where the system gives no thread', () => {
    const workshop = openWorkshop();
    try {
      const preload = workshop.compile('no-threads.cc', { name: 'no-threads' });
      const flag = join(workshop.folder, 'no-threads');
      const env = { ...MOCK, LD_PRELOAD: preload, NO_THREADS_WHERE: flag };
      expect(answerOf(runProgram('ends-without-threads.cjs', env))).toEqual({ ended: true });
    } finally {
      workshop.remove();
    }
  });

  itPreloads('of a worker lets everybody go on where the addon has no memory for it', () => {
    const workshop = openWorkshop();
    try {
      const preload = workshop.compile('no-memory.cc', { name: 'no-memory' });
      const gate = workshop.compile('gate.cc', { flags: aboveTheStandIn() });
      const env = { ...MOCK, LD_PRELOAD: preload, GATE: gate };
      expect(answerOf(runProgram('ends-without-memory.cjs', env))).toEqual({ byte: 5 });
    } finally {
      workshop.remove();
    }
  });

  it.each([
    ['exit', 7],
    ['throw', 1],
    ['hang', 7],
  ])('of the process by %s is clean', (how, status) => {
    const result = runProgram('ends-copying.cjs', { ...MOCK, HOW: how });
    expect([result.signal, result.status]).toEqual([null, status]);
    expect(result.stdout).toBe('ends\n');
  });
});

describe('eight GPU synchronisations of a second each', () => {
  it('delay neither a file nor a timer, nor small work in other streams and devices', () => {
    // A checker takes as long for the small work alone.
    const SECONDS = sanitized === undefined ? '1' : '20';
    const order = answerOf<string[]>(runProgram('loop.cjs', { ...MOCK, SECONDS }));
    const first = [...Array<string>(9).fill('work'), 'file', 'timer'];
    expect(order.slice(0, first.length).sort()).toEqual(first.sort());
    expect(order.slice(first.length)).toEqual(Array(8).fill('device'));
  });
});

describe('threads of the addon that have no memory', () => {
  const itPreloads = sanitized === undefined ? itCompiled : it.skip;
  itPreloads('settle every promise, and end nothing', () => {
    const workshop = openWorkshop();
    try {
      const preload = workshop.compile('no-memory.cc', { name: 'no-memory' });
      const flag = join(workshop.folder, 'no-memory');
      const env = { ...MOCK, LD_PRELOAD: preload, NO_MEMORY_WHERE: flag };
      const { without, again } = answerOf<Record<'without' | 'again', Record<string, string>>>(
        runProgram('no-memory.cjs', env),
      );
      // What the lane had to copy is not taken for done.
      expect(without).toMatchObject({ feed: 'GPUException', shared: 'GPUException' });
      expect(Object.values(without)).toHaveLength(10);
      expect(new Set(Object.values(again))).toEqual(new Set(['done']));
    } finally {
      workshop.remove();
    }
  });
});

describe("the environment's own thread", () => {
  const itPreloads = sanitized === undefined ? itCompiled : it.skip;
  itPreloads('settles every promise whenever it has no memory once', () => {
    const workshop = openWorkshop();
    try {
      const preload = workshop.compile('no-memory.cc', { name: 'no-memory' });
      const env = { ...MOCK, LD_PRELOAD: preload };
      expect(answerOf(runProgram('no-memory-here.cjs', env))).toEqual({
        unrefused: [],
        right: true,
      });
    } finally {
      workshop.remove();
    }
  });
});

describe('an environment without the driver', () => {
  it('gives back its memory where another one has it', () => {
    const env = {
      GPU_EXCEPTIONS_CUDART: mockLibraryPath(),
      GPU_EXCEPTIONS_CUDA: '/nonexistent',
      DRIVER: mockLibraryPath(),
    };
    const answer = answerOf(runProgram('no-driver-here.cjs', env, ['--expose-gc']));
    expect(answer).toEqual([null, 'launched']);
  });
});

describe('what belongs to another thread', () => {
  it('is refused by name', () => {
    const foreign = "TypeError: handle: it belongs to another thread's environment";
    expect(answerOf(runProgram('foreign.cjs', MOCK))).toEqual([
      ...Array<string>(4).fill(foreign),
      'TypeError: target must be a DeviceBuffer of this thread; got an object',
    ]);
  });
});
