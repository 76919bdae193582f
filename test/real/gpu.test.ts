/**
 * A real GPU, where there is one. With GPU_EXCEPTIONS_KEEP_READINGS set, what it answered is kept in
 * test/real/readings, without what identifies the machine.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContextHealth, LibraryReport } from '../../lib/cuda/index.js';
import type { DeviceMemory, GPUFailure } from '../../lib/failure/types.js';
import { answerOf, root, runProgram } from '../native/addon/support';
import { describeIf, realLibraries } from './support';

interface Readings {
  libraries: LibraryReport[];
  driverVersion: number;
  count: number;
  devices: {
    before: ContextHealth;
    memory: DeviceMemory;
    again: DeviceMemory;
    after: ContextHealth;
  }[];
  held: { memory: DeviceMemory; health: ContextHealth };
  address: boolean;
  refused: { name: string; failure: GPUFailure } | null;
  lastError: null;
}

function missingPart(): string | null {
  const { cuda, cudart } = realLibraries();
  if (!cuda.loaded) return 'no NVIDIA driver was found here';
  if (!cudart.loaded) return 'no libcudart was found here';
  const { category } = answerOf<{ category: string | null }>(runProgram('../real/count.cjs'));
  const unusable = category === 'no-device' || category === 'driver-mismatch';
  return unusable ? 'the driver shows no usable GPU' : null;
}

const required = process.env['GPU_EXCEPTIONS_REQUIRE_GPU'] === '1';

describeIf(missingPart(), required)('a real GPU', () => {
  let readings: Readings;

  beforeAll(() => {
    readings = answerOf<Readings>(runProgram('../real/gpu.cjs'));
    if (process.env['GPU_EXCEPTIONS_KEEP_READINGS']) keep(readings);
  });

  it('is there', () => {
    expect(readings.count).toBeGreaterThan(0);
    expect(readings.driverVersion).toBeGreaterThanOrEqual(11000);
    expect(readings.libraries.some(({ mock }) => mock)).toBe(false);
  });

  it('has memory figures that agree with each other', () => {
    for (const { memory } of readings.devices) {
      expect(memory.total).toBeGreaterThan(0);
      if (memory.source === 'nvml' && memory.reserved !== null) {
        expect((memory.free ?? 0) + (memory.used ?? 0) + memory.reserved).toBe(memory.total);
      }
    }
  });

  it('gets no context from being looked at', () => {
    for (const { before, memory, again, after } of readings.devices) {
      expect(before).toMatchObject({ active: false, poisoned: null, timedOut: false });
      expect(after).toMatchObject({ active: false, poisoned: null, timedOut: false });
      // A context takes hundreds of megabytes.
      if (memory.used !== null && again.used !== null) {
        expect(Math.abs(again.used - memory.used)).toBeLessThan(64 * 2 ** 20);
      }
    }
  });

  it('holds memory that was allocated, in an active, healthy context', () => {
    expect(readings.address).toBe(true);
    expect(readings.held.health).toMatchObject({ active: true, poisoned: null });
    const idle = readings.devices[0]?.memory.used ?? null;
    const held = readings.held.memory.used;
    if (idle !== null && held !== null) expect(held - idle).toBeGreaterThanOrEqual(64 * 2 ** 20);
  });

  it('refuses what it cannot hold, with the evidence, and leaves no last error', () => {
    expect(readings.refused).toMatchObject({
      name: 'CUDAOutOfMemoryException',
      failure: {
        category: 'out-of-memory',
        code: 2,
        call: 'cudaMalloc',
        device: 0,
        requestedBytes: 2 ** 50,
        retryable: false,
      },
    });
    expect(readings.refused?.failure.memory?.free).toBeGreaterThan(0);
    expect(readings.lastError).toBeNull();
  });
});

/** Figures and versions only: paths name machines. */
function keep({ libraries, ...figures }: Readings): void {
  const folder = join(root, 'test', 'real', 'readings');
  const versions = libraries.map(({ library, version, foundBy }) => ({
    library,
    version,
    foundBy,
  }));
  const cuda = String(figures.driverVersion);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `cuda-${cuda}-${process.platform}-${process.arch}.json`),
    `${JSON.stringify({ versions, ...figures }, null, 2)}\n`,
  );
}
