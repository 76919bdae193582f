/**
 * What stands around all sequences and must not be changed by any: things of each device, things that
 * were given back, and things that belong to somebody else.
 */

import { once } from 'node:events';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Event, Stream, alloc, compile, loadModule } from '../../lib/cuda/index.js';
import type { DeviceBuffer, Kernel, Module } from '../../lib/cuda/index.js';
import { loadBinding } from '../../lib/native/load.js';
import { compiledPackage } from '../helpers/compiled';
import { addonPath } from '../native/addon/support';
import { DEVICES } from './steps';

export interface Things {
  readonly buffer: DeviceBuffer;
  readonly stream: Stream;
  readonly event: Event;
}

/** The addon's own. */
export type Handles = Readonly<Record<keyof Things, number>>;

export interface Surroundings {
  /** Live ones, by device; the events were recorded. */
  readonly own: readonly Things[];
  /** `takes(float*)`, by device. */
  readonly kernels: readonly Kernel[];
  readonly gone: Things;
  /** Of another copy of the package, and of another thread: what arrives is no more than an object. */
  readonly foreign: readonly Things[];
  readonly ownHandles: Handles;
  /** Of another thread. */
  readonly theirHandles: Handles;
  /** Gives all back; throws when another thread's memory was changed, or its handles are not what they were. */
  end(): Promise<void>;
  /** Also after a failure, when nothing may work any longer. */
  abandon(): Promise<unknown>;
}

const neighbour = resolve(__dirname, '..', 'fixtures', 'model', 'neighbour.cjs');

function things(
  cuda: Pick<typeof import('../../lib/cuda/index.js'), 'alloc' | 'Stream' | 'Event'>,
  device = 0,
): Things {
  const stream = new cuda.Stream({ device });
  const event = new cuda.Event({ device });
  event.record(stream);
  return { buffer: cuda.alloc(64, { device }), stream, event };
}

function giveBack({ buffer, stream, event }: Things): void {
  buffer.free();
  stream.dispose();
  event.dispose();
}

/** The package once more, as a second installed one would be. */
function anotherCopy(): typeof import('../../lib/cuda/index.js') {
  let copy: unknown;
  jest.isolateModules(() => {
    copy = require('../../lib/cuda/index.js');
  });
  return copy as typeof import('../../lib/cuda/index.js');
}

/** Has `work` done in the middle of them. The other thread ends with it, or Jest would never. */
export async function surrounded(work: (around: Surroundings) => Promise<void>): Promise<void> {
  const around = await surround();
  try {
    await work(around);
    await around.end();
  } finally {
    await around.abandon();
  }
}

async function surround(): Promise<Surroundings> {
  const binding = loadBinding();
  const mine = { alloc, Stream, Event };
  const own = DEVICES.map((device) => things(mine, device));
  const gone = things(mine);
  giveBack(gone);
  const ofCopy = things(anotherCopy());

  const program = await compile('extern "C" __global__ void takes(float* values) { }');
  const modules: Module[] = DEVICES.map((device) => loadModule(program, { device }));
  const kernels = modules.map((module) => module.kernel('takes'));

  const listener = binding.onProgress(() => {});
  const ownHandles = {
    buffer: binding.alloc(64, 0, 0),
    stream: binding.createStream(0, 0, 0, listener),
    event: binding.createEvent(0, 1),
  };
  // Last, since nobody would end it if anything failed here.
  const worker = new Worker(neighbour, {
    workerData: { package: compiledPackage() },
    env: { ...process.env, GPU_EXCEPTIONS_ADDON: addonPath },
  });
  const [{ handles, clones }] = (await once(worker, 'message')) as [
    { handles: Handles; clones: Things },
  ];

  return {
    own,
    kernels,
    gone,
    foreign: [ofCopy, clones],
    ownHandles,
    theirHandles: handles,
    async end() {
      [...own, ofCopy].forEach(giveBack);
      for (const module of modules) module.unload();
      binding.free(ownHandles.buffer);
      binding.disposeStream(ownHandles.stream);
      binding.disposeEvent(ownHandles.event);
      const ended = once(worker, 'exit');
      worker.postMessage('tell');
      const [{ untouched, live }] = (await once(worker, 'message')) as [
        { untouched: boolean; live: number },
      ];
      await ended;
      if (!untouched || live !== 6) {
        throw new Error(`another thread's things were touched; it has ${String(live)} of 6`);
      }
    },
    abandon: () => worker.terminate(),
  };
}
