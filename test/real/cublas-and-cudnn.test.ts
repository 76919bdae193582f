/**
 * cuBLAS and cuDNN without a driver: the stand-in answers what NVIDIA's own were seen to answer, and
 * so do NVIDIA's own, where GPU_EXCEPTIONS_TEST_LIBRARIES names their folders (separated by colons).
 */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STAND_IN, hasStandIn } from '../native/mock/programs';
import { root } from '../native/addon/support';
import { describeIf } from './support';

const fixtures = join(root, 'test', 'fixtures', 'real');
const { answers: observed } = JSON.parse(
  readFileSync(join(fixtures, 'cublas-and-cudnn.json'), 'utf8'),
) as { answers: unknown };

function answersOf(libraries: string, scenario: object = {}): unknown {
  const program = join(fixtures, 'cublas-and-cudnn.cjs');
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [program, require.resolve('koffi')],
    {
      encoding: 'utf8',
      env: {
        ...process.env,
        LD_LIBRARY_PATH: libraries,
        GPU_EXCEPTIONS_MOCK_SCENARIO: JSON.stringify(scenario),
      },
    },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

describeIf(hasStandIn ? null : 'it is made for Linux only')('the stand-in without a driver', () => {
  it('answers as cuBLAS and cuDNN do', () => {
    expect(answersOf(STAND_IN, { presets: ['driver-not-loaded'] })).toEqual(observed);
  });
});

const real = process.env['GPU_EXCEPTIONS_TEST_LIBRARIES'];
const missing = real === undefined ? 'GPU_EXCEPTIONS_TEST_LIBRARIES names no folder' : null;
describeIf(missing)("NVIDIA's cuBLAS and cuDNN without a driver", () => {
  it('answer as they were seen to', () => {
    expect(answersOf(real ?? '')).toEqual(observed);
  });
});
