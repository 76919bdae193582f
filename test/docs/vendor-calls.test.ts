/** What each call makes of NVIDIA's on the stand-in, by itself: its row names all of that. */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as cuda from '../../lib/cuda/index.js';
import { useMock } from '../../lib/mock/index.js';
import type { Mock } from '../../lib/mock/index.js';
import { runScript, testWithAddon, WITH_ADDON } from '../helpers/run-script.js';
import { callsOf } from '../native/addon/support.js';
import { CUDA_PAGES, callRows, unversioned, vendorNames } from './pages.js';
import { publicCalls } from './public-calls.js';

const root = resolve(__dirname, '..', '..');
const rows = callRows();
const MiB = 2 ** 20;
const LARGE = 4 * MiB;
const SOURCE = 'extern "C" __global__ void fill(int* values, int n) { }';

/** What is there before a call is made: all of it has been used, on two devices. */
interface Scene {
  mock: Mock;
  stream: cuda.Stream;
  event: cuda.Event;
  start: cuda.Event;
  buffer: cuda.DeviceBuffer;
  other: cuda.DeviceBuffer;
  /** Of the stream. */
  ordered: cuda.DeviceBuffer;
  pinned: ArrayBuffer;
  program: cuda.CompiledProgram;
  module: cuda.Module;
  kernel: cuda.Kernel;
}

async function prepare(): Promise<Scene> {
  const mock = useMock({ devices: 2 });
  const stream = new cuda.Stream();
  const [event, start] = [new cuda.Event(), new cuda.Event()];
  const [buffer, other] = [cuda.alloc(LARGE), cuda.alloc(LARGE, { device: 1 })];
  const ordered = cuda.alloc(16, { stream });
  const pinned = cuda.alloc(LARGE, { host: 'pinned' });
  const program = await cuda.compile(SOURCE);
  const module = cuda.loadModule(program);
  const kernel = module.kernel('fill');
  start.record(stream);
  event.record(stream);
  await Promise.all([buffer.fill(0, { stream }), other.fill(0), stream.synchronize()]);
  return { mock, stream, event, start, buffer, other, ordered, pinned, program, module, kernel };
}

function giveBack({ stream, event, start, buffer, other, ordered, module }: Scene): void {
  for (const each of [buffer, other, ordered]) if (!each.freed) each.free();
  for (const each of [stream, event, start]) if (!each.disposed) each.dispose();
  if (!module.unloaded) module.unload();
}

/** What is in the streams when a call is made: how much it has to wait for is a part of what it does. */
const scenes: Readonly<Record<string, (scene: Scene) => void>> = {
  'with nothing to do': () => {},
  'with open work': ({ stream, event, start, buffer, ordered, kernel }) => {
    start.record(stream);
    for (const each of [buffer, ordered]) kernel.launch({ grid: 1, block: 1, stream }, each, 1);
    event.record(stream);
  },
};

/** Every way of a call, as far as they differ for NVIDIA. What throws is left to other tests. */
const ways: Readonly<Record<string, (scene: Scene) => unknown>> = {
  alloc: ({ stream }) => {
    const own = [cuda.alloc(16), cuda.alloc(16, { stream }), cuda.alloc(16, { host: 'pinned' })];
    for (const options of [{}, { stream }]) ignore(() => cuda.alloc(2 ** 50, options));
    return () => {
      for (const each of own) if (each instanceof cuda.DeviceBuffer) each.free();
    };
  },
  'buffer.write': ({ stream, buffer, pinned }) => [
    buffer.write(new Uint8Array(64), { stream }),
    buffer.write(pinned, { stream }),
    buffer.write(new Uint8Array(new SharedArrayBuffer(LARGE)), { stream }),
    buffer.write(new Uint8Array(LARGE), { stream, transfer: true }),
    buffer.write(new Uint8Array(LARGE), { stream }),
  ],
  'buffer.read': ({ stream, buffer }) => [
    buffer.read({ stream, byteLength: 64 }),
    buffer.read({ stream }),
  ],
  'buffer.readInto': ({ stream, buffer, pinned }) => [
    buffer.readInto(new Uint8Array(64), { stream }),
    buffer.readInto(pinned, { stream }),
    buffer.readInto(new Uint8Array(new SharedArrayBuffer(LARGE)), { stream }),
    buffer.readInto(new Uint8Array(LARGE), { stream }),
  ],
  'buffer.fill': ({ stream, buffer }) => [buffer.fill(1, { stream }), buffer.fill(1)],
  'buffer.copyTo': ({ stream, buffer, other }) => [
    buffer.copyTo(buffer, { stream, byteLength: 64, targetOffset: 64 }),
    buffer.copyTo(other, { stream }),
  ],
  'buffer.free': ({ buffer, ordered }) => {
    buffer.free();
    ordered.free();
  },
  'new Stream': () => {
    const stream = new cuda.Stream();
    return () => {
      stream.dispose();
    };
  },
  'stream.synchronize': ({ stream }) => stream.synchronize(),
  'stream.query': ({ stream }) => stream.query(),
  'stream.wait': ({ stream, event }) => {
    stream.wait(event);
  },
  'stream.dispose': ({ stream }) => {
    stream.dispose();
  },
  'new Event': () => {
    const event = new cuda.Event();
    return () => {
      event.dispose();
    };
  },
  'event.record': ({ stream, event }) => {
    event.record(stream);
  },
  'event.query': ({ event }) => event.query(),
  'event.synchronize': ({ event }) => event.synchronize(),
  'event.elapsed': ({ start, event }) => start.elapsed(event),
  'event.dispose': ({ event }) => {
    event.dispose();
  },
  synchronize: () => cuda.synchronize(),

  compile: () => [
    cuda.compile(`// ${String(Math.random())}\n${SOURCE}`),
    cuda.compile(SOURCE, { arch: 'sm_90', cache: false, nameExpressions: ['fill'] }),
    cuda.compile(SOURCE, { cache: false }),
    cuda.compile('extern "C" __global__ void fill( { }', { cache: false }).catch(() => {}),
  ],
  loadModule: ({ program }) => {
    const module = cuda.loadModule(program);
    return () => {
      module.unload();
    };
  },
  'module.kernel': ({ module }) => module.kernel('fill'),
  'module.unload': ({ module }) => {
    module.unload();
  },
  'kernel.launch': ({ kernel, stream, buffer }) => {
    kernel.launch({ grid: 1, block: 1, stream }, buffer, 1);
    kernel.launch({ grid: 1, block: 1, stream, cooperative: true }, buffer, 1);
    kernel.launch({ grid: 1, block: 1, stream, sharedBytes: 64 * 1024 }, buffer, 1);
  },
  'kernel.attributes': ({ kernel }) => kernel.attributes(),
  'kernel.occupancy': ({ kernel }) => [
    kernel.occupancy({ block: 32 }),
    kernel.occupancy({ block: 32, sharedBytes: 64 * 1024 }),
  ],

  libraries: () => cuda.libraries(),
  deviceCount: () => cuda.deviceCount(),
  deviceMemory: () => [cuda.deviceMemory(), cuda.deviceMemory(1)],
  devices: () => cuda.devices(),
  processes: () => cuda.processes(),
  snapshot: () => cuda.snapshot({ timeoutMs: 60_000 }),
  contextHealth: () => cuda.contextHealth(0, { timeoutMs: 60_000 }),
  lastError: () => cuda.lastError(),
  peekLastError: () => cuda.peekLastError(),
};

function ignore(work: () => unknown): void {
  try {
    work();
  } catch {
    // It is what is called that counts.
  }
}

type Counts = ReadonlyMap<string, number>;

/** How often each function was called, once the lanes of both devices have nothing left to do. */
async function callsSoFar({ mock }: Scene): Promise<Counts> {
  for (const device of [0, 1]) await cuda.synchronize(device);
  return new Map(Object.entries(callsOf(mock)));
}

const less = (some: Counts, others: Counts): Counts =>
  new Map([...some].map(([name, times]) => [name, times - (others.get(name) ?? 0)]));

/** What NVIDIA was called by one of ours, less what `beforehand` and waiting make by themselves. */
async function calledBy(
  way: (scene: Scene) => unknown,
  beforehand: (scene: Scene) => void,
): Promise<string[]> {
  const scene = await prepare();
  const first = await callsSoFar(scene);
  beforehand(scene);
  const before = await callsSoFar(scene);
  const ofOthers = less(before, first);
  beforehand(scene);
  const answer = await way(scene);
  if (Array.isArray(answer)) await Promise.all(answer);
  const made = less(less(await callsSoFar(scene), before), ofOthers);
  if (typeof answer === 'function') (answer as () => void)();
  giveBack(scene);
  return [...made].flatMap(([name, times]) => (times > 0 ? [unversioned(name)] : []));
}

/** What the rows name for a call; a row may refer to other calls of ours. */
function namedFor(name: string): string[] {
  return rows
    .filter(({ names }) => names.includes(name))
    .flatMap(({ vendor, page }) => {
      const referred = [...vendor.matchAll(/`([a-z]\w+)`/g)].map((match) => match[1] ?? '');
      const others = referred.filter((other) => other !== name && rows.some(({ names }) => names.includes(other))); // prettier-ignore
      return [...vendorNames(vendor), ...common(page), ...others.flatMap(namedFor)];
    });
}

/** What the page says once for all of its calls. */
function common(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  const [paragraph] = /^Beside what the tables? names?,[^]*?\n\n/m.exec(text) ?? [];
  if (paragraph === undefined) throw new Error(`${page} does not say what all calls make`);
  return vendorNames(paragraph);
}

describe('NVIDIA’s calls', () => {
  it('are looked at for everything that makes any', () => {
    const made = publicCalls(join(root, 'lib', 'cuda', 'index.ts'));
    const wanted = made.filter(
      ({ kind, name }) => kind !== 'property' && !name.includes('[Symbol.'),
    );
    const named = rows.filter(({ vendor }) => vendor !== '–').flatMap(({ names }) => names);
    const missing = wanted.filter(({ name }) => named.includes(name) && !(name in ways));
    expect(missing).toEqual([]);
    expect(Object.keys(ways).filter((name) => !named.includes(name))).toEqual([]);
  });

  it('that all calls may make are few, and named once on each page', () => {
    for (const page of Object.keys(CUDA_PAGES)) expect(common(page).length).toBeLessThanOrEqual(16);
  });

  testWithAddon('that only the first calls in a process make are named as well', () => {
    const made = runScript(
      '',
      `const cuda = require(process.env.DIST + '/cuda/index.js');
       const mock = require(process.env.DIST + '/mock/index.js').useMock();
       const stream = new cuda.Stream();
       const buffer = cuda.alloc(64, { stream });
       const module = cuda.loadModule(await cuda.compile(${JSON.stringify(SOURCE)}));
       module.kernel('fill').launch({ grid: 1, block: 1, stream }, buffer, 1);
       for (const each of [buffer, module, stream]) each[Symbol.dispose]();
       await cuda.synchronize();
       return Object.keys(mock.calls());`,
      WITH_ADDON,
    ) as string[];
    const calls = [
      'new Stream',
      'alloc',
      'compile',
      'loadModule',
      'module.kernel',
      'kernel.launch',
    ];
    const ends = ['buffer.free', 'module.unload', 'stream.dispose', 'synchronize'];
    const named = new Set([...calls, ...ends].flatMap(namedFor));
    expect(made).toContain('cuLaunchKernel');
    expect(made.map(unversioned).filter((call) => !named.has(call))).toEqual([]);
  });

  describe.each(Object.entries(scenes))('%s', (_, beforehand) => {
    testWithAddon.each(Object.entries(ways))(
      'that %s makes stand in its row',
      async (name, way) => {
        const named = new Set(namedFor(name));
        const made = await calledBy(way, beforehand);
        expect(made.filter((call) => !named.has(call))).toEqual([]);
      },
    );
  });
});
