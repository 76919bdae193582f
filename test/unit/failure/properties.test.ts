import fc from 'fast-check';

import { classifyGpuFailure, explainGpuFailure, judge } from '../../../lib/failure/judge';
import { rules } from '../../../lib/failure/rules/index';

const example = fc.constantFrom(...rules.map((rule) => rule.example));
const marker = fc.constantFrom(
  'CUDA',
  'error',
  'out of memory',
  'cudaMalloc',
  'GPU 0',
  'failed',
  '2.00 GiB',
  ' ',
  '\n',
  '"',
  ':',
);
const soup = fc
  .array(fc.oneof(marker, fc.string({ maxLength: 6 })), { maxLength: 30 })
  .map((parts) => parts.join(''));
const text = fc.oneof(example, soup, fc.string({ unit: 'binary', maxLength: 400 }));

describe('the judge', () => {
  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withNullPrototype: true,
          withObjectString: true,
        }),
        (value) => {
          judge(value);
          explainGpuFailure(value);
        },
      ),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(text, fc.anything(), (message, code) => {
        judge(Object.assign(new Error(message), { code, cause: code }));
      }),
      { numRuns: 500 },
    );
  });

  it('says the same about the same error twice, and explains what it says', () => {
    fc.assert(
      fc.property(text, (message) => {
        const error = new Error(message);
        const first = classifyGpuFailure(error);
        expect(classifyGpuFailure(error)).toEqual(first);
        expect(explainGpuFailure(error).failure).toEqual(first);
      }),
      { numRuns: 400 },
    );
  });

  it('says the same after structuredClone and JSON, where the information survives', () => {
    fc.assert(
      fc.property(text, text, (outer, inner) => {
        const error = new Error(outer, { cause: new Error(inner) });
        const verdict = classifyGpuFailure(error);
        expect(classifyGpuFailure(structuredClone(error))).toEqual(verdict);
        const plain: unknown = JSON.parse(
          JSON.stringify({
            name: 'Error',
            message: outer,
            cause: { name: 'Error', message: inner },
          }),
        );
        expect(classifyGpuFailure(plain)).toEqual(verdict);
      }),
      { numRuns: 300 },
    );
  });

  it('does not change its mind when an unrelated sentence is appended', () => {
    const sentence = fc.constantFrom(
      ' The tram was late again today.',
      '\nPlease see the handbook, chapter four.',
      ' (request 81 of 94, user asked twice)',
    );
    fc.assert(
      fc.property(example, sentence, (message, more) => {
        const before = classifyGpuFailure(new Error(message));
        const after = classifyGpuFailure(new Error(message + more));
        expect(after).toEqual(before);
      }),
      { numRuns: 400 },
    );
  });

  it('is total: a verdict is complete, and survives JSON', () => {
    fc.assert(
      fc.property(example, (message) => {
        const failure = classifyGpuFailure(new Error(message));
        if (failure === null) return;
        expect(JSON.parse(JSON.stringify(failure))).toEqual(failure);
        expect(failure.remedy).not.toBe('');
        expect(failure.requestedBytes ?? 0).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 300 },
    );
  });
});
