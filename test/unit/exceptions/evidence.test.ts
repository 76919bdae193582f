import { inspect } from 'node:util';
import { GPUException } from '../../../lib/exceptions/index.js';
import type { GPUFailure } from '../../../lib/failure/types.js';

const failure = {
  category: 'out-of-memory',
  call: 'cudaMalloc',
  remedy: 'see /opt/models on host-17',
} as GPUFailure;

const make = (): GPUException =>
  new GPUException('GPU error', 503, {
    cause: new Error('allocation failed in /srv/engine/alloc.cc on host-17'),
    failure,
  });

/** What pino's default serializer of errors does: own and inherited enumerable properties. */
function enumerated(error: object): Record<string, unknown> {
  const seen: Record<string, unknown> = {};
  for (const key in error) seen[key] = (error as Record<string, unknown>)[key];
  return seen;
}

describe('the evidence', () => {
  it('is shown by util.inspect, and so by console.error', () => {
    const shown = inspect(make());
    expect(shown).toContain("call: 'cudaMalloc'");
    expect(shown).toContain('/srv/engine/alloc.cc');
  });

  it('is listed for loggers that enumerate', () => {
    expect(enumerated(make())).toEqual({ statusCode: 503, status: 503, failure });
  });

  it('is not in what a client reads', () => {
    const text = JSON.stringify({ error: make() });
    expect(text).toBe(
      '{"error":{"name":"GPUException","code":"ERR_GPU","message":"GPU error","status":503}}',
    );
  });

  it('takes no room where there is none', () => {
    expect(inspect(new GPUException())).not.toContain('failure');
  });
});

describe('toJSON', () => {
  it('stays printable whatever became of the exception', () => {
    const spoilt = Object.assign(make(), { message: 10n, code: Symbol('c'), statusCode: NaN });
    expect(JSON.parse(JSON.stringify(spoilt))).toEqual({
      name: 'GPUException',
      code: 'Symbol(c)',
      message: '10',
      status: 500,
    });
  });
});
