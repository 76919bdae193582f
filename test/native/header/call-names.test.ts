/** What a failed call is called, in whatever way it is written: see native/include/gpu_exceptions/call_name.h. */

import { canCompile } from '../addon/compile';
import { Workshop } from './build';

const workshop = new Workshop();
afterAll(() => workshop.remove());

const itBuilt = canCompile ? it : it.skip;

type Written = [source: string, name: string | null, error: Error & Record<symbol, unknown>];

itBuilt(
  'the call is named in the tag and in the message, or no name is told',
  async () => {
    const addon = await workshop.addon('names', [['call_names.cc', []]], []);
    const { errors } = require(addon) as { errors: () => Written[] };
    const answers = errors();
    expect(answers.length).toBeGreaterThan(40);
    const told = answers.map(([source, , error]) => {
      const tag = error[Symbol.for('gpu-exceptions.tag')] as { call: string | null };
      return [source, tag.call, error.message.split(' answered ')[0]];
    });
    expect(told).toEqual(answers.map(([source, name]) => [source, name, name ?? 'cudart']));
  },
  60_000,
);
