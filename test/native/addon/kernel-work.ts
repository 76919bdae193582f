/** A module with kernels and two buffers for them, afresh for each test. */

import { alloc, compile, loadModule } from '../../../lib/cuda/index.js';
import type { DeviceBuffer, Module } from '../../../lib/cuda/index.js';
import { useMock } from '../../../lib/mock/index.js';
import { eachTestFindsDevicesAtRest, untilDevicesAreAtRest } from '../../helpers/devices-at-rest';

export const SOURCE = `
struct Point { double x; int y; };
extern "C" __global__ void saxpy(int n, float a, const float* x, float* y) {}
extern "C" __global__ void many(char a, short b, int c, long long d, float e, double f, Point g) {}
extern "C" __global__ void none() {}
`;

export let loaded: Module;
export let x: DeviceBuffer;
export let y: DeviceBuffer;

export async function fresh(scenario = {}, options = {}): Promise<ReturnType<typeof useMock>> {
  const mock = useMock(scenario);
  loaded = loadModule(await compile(SOURCE, options));
  x = alloc(1024);
  y = alloc(1024);
  return mock;
}

/** For the file that calls it. */
export function eachTestHasKernels(): void {
  eachTestFindsDevicesAtRest();
  beforeEach(async () => {
    await fresh();
  });
  // Launches that nobody waited for would keep the device busy for the files that follow.
  afterAll(untilDevicesAreAtRest);
}
