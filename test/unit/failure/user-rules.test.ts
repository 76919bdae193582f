import { checkRules } from '../../../lib/failure/user-rules';

describe('rules of the user’s are checked when they are given', () => {
  it('good ones come back as they are', () => {
    const rules = [
      { match: 'x', veto: true },
      { match: /x/, failure: { category: 'busy', device: 1 } },
      { match: () => false, failure: { category: 'unknown' } },
    ];
    expect(checkRules(rules)).toBe(rules);
    expect(checkRules([])).toEqual([]);
  });

  it.each([
    ['x', /^rules must be an array of rules; got "x"/],
    [null, /^rules must be an array of rules; got null/],
    [[null], /^rules\[0\] must be an object; got null/],
    [[{ veto: true }], /^rules\[0\]\.match must be a non-empty string, a RegExp or a function/],
    [[{ match: '', veto: true }], /^rules\[0\]\.match/],
    [[{ match: 'x' }], /^rules\[0\] must have either failure or veto/],
    [[{ match: 'x', veto: true, failure: { category: 'busy' } }], /either failure or veto/],
    [[{ match: 'x', veto: false }], /^rules\[0\]\.veto must be true/],
    [[{ match: 'x', failure: 'busy' }], /^rules\[0\]\.failure must be an object/],
    [
      [
        { match: 'x', veto: true },
        { match: 'x', failure: {} },
      ],
      /^rules\[1\]\.failure\.category must be out-of-memory,/,
    ],
    [[{ match: 'x', failure: { category: 'oom' } }], /got "oom"/],
  ])('%p is refused by name', (rules, message) => {
    expect(() => checkRules(rules)).toThrow(TypeError);
    expect(() => checkRules(rules)).toThrow(message);
  });

  it('names the argument as the caller calls it', () => {
    expect(() => checkRules(7, 'options.rules')).toThrow(/^options\.rules must be/);
  });
});
