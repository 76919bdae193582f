import { engineLog, isEngineLog, linesSince } from '../../../lib/failure/engine-log';

describe('an engine’s log', () => {
  it('keeps lines with level and a time that only grows', () => {
    const log = engineLog();
    log.logger('error', 'first\nsecond\n');
    log.push('third');
    const lines = log.recent();
    expect(lines.map(({ level, text }) => [level, text])).toEqual([
      ['error', 'first'],
      ['error', 'second'],
      [null, 'third'],
    ]);
    const times = lines.map(({ time }) => time);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
  });

  it('is bounded', () => {
    const log = engineLog({ capacity: 3 });
    for (let i = 0; i < 1000; i += 1) log.push(`line ${String(i)}`);
    expect(log.recent().map(({ text }) => text)).toEqual(['line 997', 'line 998', 'line 999']);
    expect(log.recent(1).map(({ text }) => text)).toEqual(['line 999']);
    expect(log.recent(0)).toEqual([]);
  });

  it('keeps beginning and end of one huge message', () => {
    const log = engineLog({ capacity: 1000 });
    log.push(Array.from({ length: 5000 }, (_, i) => `l${String(i)}`).join('\n'));
    const texts = log.recent().map(({ text }) => text);
    expect(texts.length).toBeLessThanOrEqual(256);
    expect(texts[0]).toBe('l0');
    expect(texts.at(-1)).toBe('l4999');
    log.push('y'.repeat(10_000_000));
    expect(log.recent(1)[0]?.text.length).toBeLessThanOrEqual(4096);
  });

  it('gives the lines of a call’s own time', () => {
    const log = engineLog();
    log.push('before');
    const started = performance.now();
    log.push('during');
    expect(linesSince(log, started)).toEqual(['during']);
    expect(linesSince(log, performance.now() + 1)).toEqual([]);
    expect(linesSince({} as never, 0)).toEqual([]);
  });

  it('takes bytes from a child’s stream and ignores what is no text', () => {
    const log = engineLog();
    log.push(Buffer.from('from a pipe\n'));
    for (const odd of [null, undefined, 7, {}, Symbol('x')]) {
      log.push(odd);
      log.logger(odd, odd);
    }
    expect(log.recent().map(({ text }) => text)).toEqual(['from a pipe']);
  });

  it('hands out copies', () => {
    const log = engineLog();
    log.push('kept');
    const [line] = log.recent();
    if (line !== undefined) line.text = 'changed';
    expect(log.recent()[0]?.text).toBe('kept');
  });

  it('can be told from anything else', () => {
    expect(isEngineLog(engineLog())).toBe(true);
    for (const other of [null, {}, { logger: () => undefined }])
      expect(isEngineLog(other)).toBe(false);
  });

  it('refuses a revoked proxy by name', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(() => engineLog(proxy)).toThrow(
      new TypeError('options must be an object with none but capacity; got a Proxy'),
    );
  });

  it.each([
    [null, TypeError, /options must be an object with none but capacity; got null/],
    [[], TypeError, /options must be an object with none but capacity; got an array/],
    [{ capasity: 5 }, TypeError, /options\.capasity is not an option; allowed: capacity/],
    [{ [Symbol.iterator]: 1 }, TypeError, /options\.Symbol\(Symbol\.iterator\) is not an option/],
    [{ capacity: '3' }, TypeError, /options\.capacity must be a number/],
    [{ capacity: 0 }, RangeError, /options\.capacity must be an integer from 1/],
    [{ capacity: 1.5 }, RangeError, /got 1\.5/],
    [{ capacity: NaN }, RangeError, /got NaN/],
  ])('options %p are refused by name', (options, type, message) => {
    expect(() => engineLog(options as never)).toThrow(type);
    expect(() => engineLog(options as never)).toThrow(message);
  });
});
