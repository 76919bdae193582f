import type { CodeRow } from '../../lib/codes/index.js';
import { GPUException } from '../../lib/exceptions/index.js';
import { toResponse } from '../../lib/http/index.js';

/** Holds what was thrown for a vendor's code to what the table of codes promises, up to the HTTP answer. */
export function expectAsPromised(row: CodeRow, error: unknown, call: string): void {
  const { library, value, name, category, sticky, retryable, restart, remedy } = row;
  const place = `${name} (${String(value)})`;
  expect([place, error instanceof GPUException]).toEqual([place, true]);
  const { failure, message, name: kind } = error as GPUException;
  expect(failure).toMatchObject({ evidence: 'tag', library, code: value, name, call });
  expect([place, failure]).toMatchObject([place, { category, sticky, retryable, restart }]);
  expect([place, remedy.length > 20 && (failure?.remedy.length ?? 0) > 20]).toEqual([place, true]);
  const nvidia = !['hip', 'rocm-smi'].includes(library);
  const outOfMemory = nvidia ? 'CUDAOutOfMemoryException' : 'GPUOutOfMemoryException';
  const expected = category === 'out-of-memory' ? outOfMemory : 'GPUException';
  expect([place, kind]).toEqual([place, expected]);
  expectToldApart(row, error as GPUException, message);
}

/** What a client reads: the status, and nothing of the vendor's. */
function expectToldApart({ name, value }: CodeRow, error: GPUException, message: string): void {
  const { status, body } = toResponse(error);
  expect([name, value, status]).toEqual([name, value, 503]);
  for (const text of [JSON.stringify(body), message]) {
    expect(text).not.toMatch(/secret|machine|someCall/);
    expect(text).not.toContain(name);
  }
}
