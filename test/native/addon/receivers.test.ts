/** Methods that are called on something else than an object of theirs. */

import { inspect, types } from 'node:util';
import { alloc, compile, Event, loadModule, Stream } from '../../../lib/cuda/index.js';
import { resetFatalState } from '../../../lib/index.js';
import { useMock } from '../../../lib/mock/index.js';
import { eachTestGivesAllBack } from '../../helpers/live-handles';
import { thrownBy } from './support';

eachTestGivesAllBack();
afterEach(resetFatalState);

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Descriptor = { get: Method } | { value: Method };

const ASYNC = new Set(['write', 'read', 'readInto', 'fill', 'copyTo', 'synchronize', 'elapsed']);

/** Objects of each class; given back at the end of the block. */
async function objects(): Promise<[name: string, object: object, giveBack: () => void][]> {
  useMock();
  const module = loadModule(await compile('extern "C" __global__ void k() {}', { arch: 'sm_90' }));
  const [buffer, stream, event] = [alloc(16), new Stream(), new Event()];
  return [
    ['DeviceBuffer', buffer, () => { buffer.free(); }],
    ['Stream', stream, () => { stream.dispose(); }],
    ['Event', event, () => { event.dispose(); }],
    ['Kernel', module.kernel('k'), () => undefined],
    ['Module', module, () => { module.unload(); }],
  ]; // prettier-ignore
}

it('say whose they are, and what they were called on', async () => {
  const all = await objects();
  let tried = 0;
  for (const [name, object] of all) {
    const prototype = Object.getPrototypeOf(object) as object;
    for (const key of Reflect.ownKeys(prototype)) {
      if (key === 'constructor' || key === inspect.custom) continue; // which shows whatever it is
      const property = Object.getOwnPropertyDescriptor(prototype, key) as Descriptor;
      const method = 'get' in property ? property.get : property.value;
      const what = 'value' in property ? `${String(key)}()` : String(key);
      const others = all.map(([, other]) => other).filter((other) => other !== object);
      for (const [on, got] of [
        [undefined, 'undefined'],
        [null, 'null'],
        [7, '7'],
        [{}, 'an object'],
        [prototype, 'an object'],
        [new Proxy(object, {}), 'a Proxy'],
        ...others.map((other) => [other, 'an object'] as const),
      ] as const) {
        const message = `${what} must be called on a ${name}; got ${got}`;
        const answer = (): unknown => method.call(on, {}, {});
        if (ASYNC.has(String(key))) {
          await expect(answer()).rejects.toThrow(new TypeError(message));
        } else {
          expect(thrownBy(answer)).toEqual(new TypeError(message));
        }
        tried += 1;
      }
    }
  }
  expect(tried).toBeGreaterThanOrEqual(300);
  for (const [, , giveBack] of all) giveBack();
});

it('are methods otherwise, with their names and lengths, also of classes that extend theirs', async () => {
  useMock();
  class Named extends Stream {
    readonly label = 'mine';
    override get disposed(): boolean {
      return super.disposed;
    }
  }
  using named = new Named();
  await named.synchronize();
  expect([named.query(), named.disposed]).toEqual([true, false]);
  const methods = Object.getOwnPropertyDescriptors(Stream.prototype);
  for (const [name, length] of [
    ['synchronize', 0],
    ['wait', 1],
    ['dispose', 0],
  ] as const) {
    const method = methods[name].value as Method;
    expect([method.name, method.length]).toEqual([name, length]);
    expect(() => Reflect.construct(method, [])).toThrow(TypeError);
  }
  expect(types.isPromise(named.synchronize())).toBe(true);
  expect(Object.keys(Stream.prototype)).toEqual([]);
});
