import fc from 'fast-check';
import { GPUException } from '../../../lib/exceptions/gpu';
import { makeFailure } from '../../../lib/failure/make';
import { FailedWork, MOST_FAILURES, MOST_UNTOLD } from '../../../lib/cuda/failed-work';

/** Failures of a stream as they come, with the number of tickets that are well before each. */
const failures = fc.array(
  fc.record({
    well: fc.nat(5),
    length: fc.integer({ min: 1, max: 4 }),
    told: fc.boolean(),
    /** A mark that was refused: it covers what failed before as well. */
    reachesBack: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(9) }), // prettier-ignore
  }),
  { maxLength: 4 * MOST_FAILURES, size: 'max' },
);

describe('FailedWork', () => {
  it('knows of every ticket that failed, whatever came later', () => {
    fc.assert(
      fc.property(failures, (all) => {
        const work = new FailedWork();
        const failed = new Set<number>();
        let last = 0;
        let isExact = true;
        all.forEach(({ well, length, told, reachesBack }, error) => {
          const after = Math.max(0, last + well - reachesBack);
          last += well + length;
          work.add({ after, last, error }, told);
          for (let ticket = after + 1; ticket <= last; ++ticket) failed.add(ticket);
          isExact = error < MOST_FAILURES;
        });
        for (let ticket = 1; ticket <= last + 5; ++ticket) {
          const isKnown = work.tell(ticket) !== undefined;
          if (isExact || failed.has(ticket)) expect(isKnown).toBe(failed.has(ticket));
        }
      }),
    );
  });

  it('tells each failure once to those who wait later, as long as there is room, and in order', () => {
    fc.assert(
      fc.property(failures, (all) => {
        const work = new FailedWork();
        const untold: number[] = [];
        let last = 0;
        all.forEach(({ well, length, told, reachesBack }, error) => {
          const before = last;
          last += well + length;
          work.add({ after: last - length, last, error }, told);
          if (!told && untold.length < MOST_UNTOLD) untold.push(error);
          const isOfNewest = untold[0] === error;
          // Who waits for what was put in before hears of no later failure.
          if (isOfNewest) expect(work.tellBefore(before)).toBeUndefined();
          else if (reachesBack > 0) expect(work.tellBefore(before)?.error).toBe(untold.shift());
        });
        const rest = untold.map(() => work.tellBefore(last + 1)?.error);
        expect(rest).toEqual(untold);
        expect(work.tellBefore(Infinity)).toBeUndefined();
      }),
    );
  });

  it('tells nobody later what somebody who waited for it was told', () => {
    const work = new FailedWork();
    work.add({ after: 1, last: 2, error: 'first' }, false);
    work.add({ after: 2, last: 3, error: 'second' }, false);
    expect(work.tell(2)?.error).toBe('first');
    expect(work.tellBefore(4)?.error).toBe('second');
    expect(work.tellBefore(4)).toBeUndefined();
    expect([work.tell(2), work.tell(3)].map((each) => each?.error)).toEqual(['first', 'second']);
  });

  it('tells once that a context was lost, whatever calls found out', () => {
    const lost = (code: number, sticky = true) =>
      new GPUException({ failure: makeFailure({ category: 'kernel-fault', code, sticky }, 'tag') });
    const [first, second, third, fourth] = [lost(719), lost(1, false), lost(719), lost(1, false)];
    const work = new FailedWork();
    [first, second, third, fourth].forEach((error, i) => {
      work.add({ after: i, last: i + 1, error }, false);
    });
    const told = Array.from({ length: 4 }, () => work.tellBefore(9)?.error);
    expect(told).toEqual([first, second, fourth, undefined]);
    expect(work.tell(3)?.error).toBe(third);
  });

  it('lets as few tickets as can be count as failed that are not', () => {
    const work = new FailedWork();
    work.add({ after: 0, last: 1, error: 'old' }, true);
    const first = 1_000_000;
    for (let i = 0; i < 10 * MOST_FAILURES; ++i) {
      work.add({ after: first + 10 * i, last: first + 10 * i + 1, error: 'new' }, true);
    }
    expect([work.tell(1)?.error, work.tell(2), work.tell(first)]).toEqual(['old', undefined, undefined]); // prettier-ignore
  });
});
