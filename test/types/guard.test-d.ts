/** Compiled, never run: `npm run test:types`. */

import { expectTypeOf } from 'expect-type';
import {
  catchGpuExceptions,
  classifyExit,
  classifyGpuFailure,
  engineLog,
  fatalState,
  include,
} from '../../lib/index.js';
import type { GPUException, GPUFailure, GuardOptions } from '../../lib/index.js';
import type * as commonjs from '../../lib/index.js';
import type * as esm from '../../lib/index.mjs';

expectTypeOf(include).toEqualTypeOf<string>();

// A block answers what it answered.
expectTypeOf(catchGpuExceptions(() => 5)).toEqualTypeOf<number>();
expectTypeOf(catchGpuExceptions(() => undefined)).toEqualTypeOf<undefined>();
expectTypeOf(catchGpuExceptions(async () => 'x')).toEqualTypeOf<Promise<string>>();
expectTypeOf(catchGpuExceptions(() => 5, { timeoutMs: 10 })).toEqualTypeOf<number>();
const thenable = { then: (f: (value: number) => void) => f(1) };
expectTypeOf(catchGpuExceptions(() => thenable)).toEqualTypeOf<typeof thenable>();

// Generators keep what they yield, return and take.
function* generator(): Generator<number, string, boolean> {
  return (yield 1) ? 'a' : 'b';
}
async function* stream(): AsyncGenerator<string, number> {
  yield 'token';
  return 1;
}
expectTypeOf(catchGpuExceptions(generator)).toEqualTypeOf<Generator<number, string, boolean>>();
expectTypeOf(catchGpuExceptions(stream)).toEqualTypeOf<AsyncGenerator<string, number>>();
async function consume(): Promise<void> {
  for await (const token of catchGpuExceptions(() => stream())) {
    expectTypeOf(token).toEqualTypeOf<string>();
  }
}
void consume;

// A block takes no parameters.
// @ts-expect-error a handler wants wrap
catchGpuExceptions((request: { body: string }) => request.body);
// @ts-expect-error no function
catchGpuExceptions('x');
// @ts-expect-error unknown option
catchGpuExceptions(() => 1, { timeout: 5 });
// @ts-expect-error wrong type
catchGpuExceptions(() => 1, { device: '0' });

// wrap keeps the whole type: parameters, this, overloads, generics, properties, construction.
const add = (a: number, b = 2): number => a + b;
expectTypeOf(catchGpuExceptions.wrap(add)).toEqualTypeOf<typeof add>();
expectTypeOf(catchGpuExceptions.wrap(add)).parameters.toEqualTypeOf<Parameters<typeof add>>();

async function infer(this: { scale: number }, x: Float32Array): Promise<Float32Array> {
  return x.map((value) => value * this.scale);
}
expectTypeOf(catchGpuExceptions.wrap(infer)).thisParameter.toEqualTypeOf<{ scale: number }>();
expectTypeOf(catchGpuExceptions.wrap(infer)).returns.resolves.toEqualTypeOf<Float32Array>();

interface Overloaded {
  (x: string): string;
  (x: number): number;
}
declare const overloaded: Overloaded;
expectTypeOf(catchGpuExceptions.wrap(overloaded)('a')).toEqualTypeOf<string>();
expectTypeOf(catchGpuExceptions.wrap(overloaded)(1)).toEqualTypeOf<number>();

const identity = <T>(value: T): T => value;
expectTypeOf(catchGpuExceptions.wrap(identity)(5)).toEqualTypeOf<number>();
const named = Object.assign(() => 1, { displayName: 'x' });
expectTypeOf(catchGpuExceptions.wrap(named).displayName).toEqualTypeOf<string>();
expectTypeOf(catchGpuExceptions.wrap(stream)).toEqualTypeOf<typeof stream>();

class Session {
  constructor(readonly model: string) {}
  static open(): Session {
    return new Session('x');
  }
}
const Guarded = catchGpuExceptions.wrap(Session);
expectTypeOf(new Guarded('x')).toEqualTypeOf<Session>();
expectTypeOf<(typeof Guarded)['open']>().returns.toEqualTypeOf<Session>();
// @ts-expect-error no function
catchGpuExceptions.wrap({});

// iterate
expectTypeOf(catchGpuExceptions.iterate([1, 2])).toEqualTypeOf<IterableIterator<number>>();
expectTypeOf(catchGpuExceptions.iterate(stream())).toEqualTypeOf<AsyncIterableIterator<string>>();
// @ts-expect-error no iterable
catchGpuExceptions.iterate(5);

// TC39 decorators, in all three forms, keep the method's type.
class Model {
  readonly #factor = 2;

  @catchGpuExceptions()
  async predict(x: number, label?: string): Promise<string> {
    return `${label ?? ''}${x * this.#factor}`;
  }

  @catchGpuExceptions
  shape(x: number): number[] {
    return [x, this.#factor];
  }

  @catchGpuExceptions({ device: 0, onFailure: (exception) => void exception.failure })
  static async *tokens(prompt: string): AsyncGenerator<string> {
    yield prompt;
  }

  // @ts-expect-error methods only
  @catchGpuExceptions()
  field = 1;
}
expectTypeOf<Model['predict']>().toEqualTypeOf<(x: number, label?: string) => Promise<string>>();
expectTypeOf<Model['shape']>().toEqualTypeOf<(x: number) => number[]>();
expectTypeOf<(typeof Model)['tokens']>().toEqualTypeOf<
  (prompt: string) => AsyncGenerator<string>
>();

// Options, and what onFailure is given.
const options: GuardOptions = {
  device: 0,
  probe: false,
  timeoutMs: undefined,
  log: engineLog(),
  onFailure: (exception) => {
    expectTypeOf(exception).toEqualTypeOf<GPUException>();
  },
  rules: [
    { match: 'x', veto: true },
    { match: /y/, failure: { category: 'hardware' } },
  ],
};
expectTypeOf(options.device).toEqualTypeOf<number | undefined>();

expectTypeOf(fatalState).toEqualTypeOf<(device?: number) => GPUFailure | null>();
expectTypeOf(classifyGpuFailure).parameters.toEqualTypeOf<[error: unknown]>();
expectTypeOf(classifyGpuFailure).returns.toEqualTypeOf<GPUFailure | null>();
expectTypeOf(classifyExit({ code: 134, signal: null })).toEqualTypeOf<GPUFailure | null>();

// Both entries have the same names, and the same things under them.
expectTypeOf<keyof typeof esm>().toEqualTypeOf<keyof typeof commonjs>();
expectTypeOf<typeof esm.catchGpuExceptions>().toEqualTypeOf<typeof catchGpuExceptions>();
