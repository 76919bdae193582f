/** Compiled with `experimentalDecorators`, never run. */

import { expectTypeOf } from 'expect-type';
import { catchGpuExceptions } from '../../../lib/index.js';

class Model {
  factor = 2;

  @catchGpuExceptions()
  async predict(x: number, label?: string): Promise<string> {
    return `${label ?? ''}${x * this.factor}`;
  }

  @catchGpuExceptions
  shape(x: number): number[] {
    return [x, this.factor];
  }

  @catchGpuExceptions({ timeoutMs: 1000 })
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
