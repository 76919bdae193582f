/** The programs in examples/kernels, as a user starts them, on the stand-in. */

import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const folder = resolve(__dirname, '..', '..', 'examples', 'kernels');

describe('examples/kernels', () => {
  it.each([
    ['vector-add', ['1000 sums are right; the last is 2997']],
    [
      'saxpy',
      [
        'Float32Array: y[3] = 7, y[511] = 1023',
        'Float64Array: y[3] = 7, y[511] = 1023',
        'line 6: expected a ";"',
      ],
    ],
    [
      'shrinking-batch',
      [
        '800 MiB asked, 336 MiB free: batches of 100',
        '400 MiB asked, 336 MiB free: batches of 50',
        '200 scores are right',
      ],
    ],
    ['double-buffered', ['8 parts of 4096 squares are right']],
  ])('%s', (name, lines) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, `${name}.cjs`)], {
      encoding: 'utf8',
      timeout: 60_000,
      env: { ...process.env, GPU_EXCEPTIONS_BACKEND: 'mock' },
    });
    expect([stderr, status, stdout.trim().split('\n')]).toEqual(['', 0, lines]);
  });
});
