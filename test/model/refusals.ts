/** Calls that are refused by the name of an argument, and change nothing. */

import { alloc, f64, loadModule } from '../../lib/cuda/index.js';
import type { DeviceBuffer, Stream } from '../../lib/cuda/index.js';
import { loadBinding } from '../../lib/native/load.js';
import type { Surroundings } from './surroundings';

export interface Scene {
  readonly buffer: DeviceBuffer;
  readonly value: number;
  /** A buffer that was freed, and what was a part of it. */
  readonly freed: DeviceBuffer;
  readonly freedPart: DeviceBuffer;
  readonly around: Surroundings;
}

type Refused = readonly [argument: string, attempt: () => unknown];

/** Numbers and values that do not fit. */
function unfit({ buffer, value, around }: Scene): Refused[] {
  const { byteLength } = buffer;
  const kernel = around.kernels[buffer.device];
  return [
    ['source', () => buffer.write(new Uint8Array(byteLength + 1))],
    ['source', () => buffer.write(new Uint8Array(1), { offset: byteLength })],
    ['source', () => buffer.write('text' as never)],
    ['value', () => buffer.fill(value + 0.5)],
    ['options.offset', () => buffer.fill(value, { offset: -1 })],
    ['options.byteLength', () => buffer.read({ byteLength: byteLength + 1 })],
    [
      'options.targetOffset',
      () => buffer.copyTo(buffer, { targetOffset: Math.min(1, byteLength) }),
    ],
    ['options.stream', () => buffer.read({ stream: {} as Stream })],
    ['byteLength', () => buffer.slice(byteLength, 1)],
    ['offset', () => buffer.slice(Symbol() as never)],
    ['offset', () => buffer.slice(5n as never)],
    ['offset', () => buffer.slice({ valueOf: () => { throw new Error('mine'); } } as never)], // prettier-ignore
    ['arguments[0]', () => kernel?.launch({ grid: 1, block: 1 }, f64(value))],
  ];
}

/** Things of the other device. */
function ofAnotherDevice({ buffer, value, around }: Scene): Refused[] {
  const { device } = buffer;
  const own = around.own[device] as Surroundings['own'][0];
  const other = around.own[1 - device] as Surroundings['own'][0];
  const shape = { grid: 1, block: 1 };
  return [
    ['options.stream', () => buffer.write(new Uint8Array(1), { stream: other.stream })],
    ['options.stream', () => buffer.read({ stream: other.stream })],
    ['options.stream', () => buffer.fill(value, { stream: other.stream })],
    ['options.stream', () => buffer.copyTo(own.buffer, { byteLength: 1, stream: other.stream })],
    ['options.stream', () => alloc(16, { device, stream: other.stream })],
    ['stream', () => own.event.record(other.stream)],
    ['end', () => own.event.elapsed(other.event)],
    ['arguments[0]', () => around.kernels[1 - device]?.launch(shape, buffer)],
    [
      'options.stream',
      () => around.kernels[device]?.launch({ ...shape, stream: other.stream }, buffer),
    ],
  ];
}

/** Things that were given back. */
function afterUse({ buffer, value, freed, freedPart, around }: Scene): Refused[] {
  const { stream, event } = around.gone;
  const own = around.own[buffer.device] as Surroundings['own'][0];
  return [
    ['write()', () => freed.write(new Uint8Array(1))],
    ['free()', () => freed.free()],
    ['address', () => freed.address],
    ['read()', () => freedPart.read()],
    ['target', () => buffer.copyTo(freed, { byteLength: 0 })],
    ['target', () => buffer.copyTo(freedPart, { byteLength: 0 })],
    ['arguments[0]', () => around.kernels[freed.device]?.launch({ grid: 1, block: 1 }, freed)],
    ['options.stream', () => buffer.fill(value, { stream })],
    ['options.stream', () => alloc(16, { stream })],
    ['stream', () => own.event.record(stream)],
    ['event', () => own.stream.wait(event)],
    ['end', () => own.event.elapsed(event)],
    ['dispose()', () => stream.dispose()],
  ];
}

/** Objects of another thread, or of another copy of the package. */
function ofSomebodyElse({ buffer, value, around }: Scene): Refused[] {
  const own = around.own[buffer.device] as Surroundings['own'][0];
  const kernel = around.kernels[buffer.device];
  const shape = { grid: 1, block: 1 };
  return around.foreign.flatMap((foreign): Refused[] => [
    ['target', () => buffer.copyTo(foreign.buffer)],
    ['options.stream', () => buffer.copyTo(own.buffer, { byteLength: 1, stream: foreign.stream })],
    ['options.stream', () => buffer.write(new Uint8Array(1), { stream: foreign.stream })],
    ['options.stream', () => buffer.readInto(new Uint8Array(1), { stream: foreign.stream })],
    ['options.stream', () => buffer.fill(value, { stream: foreign.stream })],
    ['options.stream', () => alloc(16, { stream: foreign.stream })],
    ['stream', () => own.event.record(foreign.stream)],
    ['event', () => own.stream.wait(foreign.event)],
    ['end', () => own.event.elapsed(foreign.event)],
    ['arguments[0]', () => kernel?.launch(shape, foreign.buffer)],
    ['options.stream', () => kernel?.launch({ ...shape, stream: foreign.stream }, buffer)],
  ]);
}

/** The same below the objects: the addon itself takes no handle of another thread. */
function handlesOfAnotherThread({ value, around }: Scene): Refused[] {
  const binding = loadBinding();
  const { ownHandles: own, theirHandles: theirs } = around;
  const calls: (() => unknown)[] = [
    () => binding.fill(theirs.buffer, 0, own.stream, 8, value),
    () => binding.fill(own.buffer, 0, theirs.stream, 8, value),
    () => binding.copyDevice(theirs.buffer, 0, own.stream, own.buffer, 0, 8),
    () => binding.copyDevice(own.buffer, 0, own.stream, theirs.buffer, 0, 8),
    () => binding.writeStaged(theirs.buffer, 0, own.stream, new Uint8Array(8)),
    () => binding.writeGuest(theirs.buffer, 0, own.stream, new Uint8Array(8)),
    () => binding.readStaged(theirs.buffer, 0, own.stream, 8),
    () => binding.openFeed(theirs.buffer, 0, own.stream, 8),
    () => binding.alloc(16, 0, theirs.stream),
    () => binding.address(theirs.buffer),
    () => binding.free(theirs.buffer),
    () => binding.queryStream(theirs.stream),
    () => binding.touchStream(theirs.stream),
    () => binding.disposeStream(theirs.stream),
    () => binding.recordEvent(own.event, theirs.stream),
    () => binding.recordEvent(theirs.event, own.stream),
    () => binding.waitForEvent(own.stream, theirs.event),
    () => binding.queryEvent(theirs.event),
    () => binding.elapsedMs(own.event, theirs.event, () => undefined),
    () => binding.disposeEvent(theirs.event),
  ];
  return calls.map((call) => ['handle', call]);
}

/** Memory that was detached. */
function detached({ buffer, around }: Scene): Refused[] {
  const image = new Uint8Array(300);
  structuredClone(image.buffer, { transfer: [image.buffer] });
  const kernel = around.kernels[buffer.device];
  return [
    ['source', () => buffer.write(image)],
    ['target', () => buffer.readInto(image)],
    ['arguments[0]', () => kernel?.launch({ grid: 1, block: 1 }, image)],
    ['image', () => loadModule(image)],
    ['image', () => loadModule(image.buffer)],
    ['image.image', () => loadModule({ image, ptx: '' })],
  ];
}

const FAMILIES = [
  unfit,
  detached,
  ofAnotherDevice,
  afterUse,
  ofSomebodyElse,
  handlesOfAnotherThread,
];

/** Makes one of these calls; `which`: any two integers from 0. */
export async function tryRefused(scene: Scene, which: readonly [number, number]): Promise<void> {
  const family = FAMILIES[which[0] % FAMILIES.length] ?? unfit;
  const tries = family(scene);
  await check(family.name, tries, which[1] % tries.length);
}

/** Makes every one of them. Answers how many there are. */
export async function tryAllRefused(scene: Scene): Promise<number> {
  let count = 0;
  for (const family of FAMILIES) {
    const tries = family(scene);
    for (const at of tries.keys()) await check(family.name, tries, at);
    count += tries.length;
  }
  return count;
}

/** Throws unless the call is refused as it must be. */
async function check(family: string, tries: readonly Refused[], at: number): Promise<void> {
  const [argument, attempt] = tries[at] as Refused;
  const what = `${family} ${String(at)}, ${argument}`;
  try {
    await attempt();
  } catch (error) {
    const isRefusal = error instanceof TypeError || error instanceof RangeError;
    if (isRefusal && error.message.includes(argument)) return;
    throw new Error(`${what}: refused otherwise: ${String(error)}`, { cause: error });
  }
  throw new Error(`${what}: it was taken`);
}
