import { loadBinding, mockLibraryPath } from '../native/load.js';
import { toJsonText } from './json-text.js';
import { mockKernel } from './kernel.js';
import { steering } from './steering.js';
import type { Mock, MockCall, MockScenario, MockState } from './types.js';

/** How every message of the stand-in itself begins (`native/mock/scenario/read_scenario.h`). */
const OWN_WORDS = 'gpu-exceptions mock: ';

/**
 * Makes the stand-in the GPU of this process, all its threads included, and gives it a scenario. It
 * must be chosen before the first look at a real GPU. Called again, it starts afresh on the new
 * scenario: allocations, contexts and errors are gone, device addresses and buffers are void.
 *
 * @throws {TypeError} the scenario is no plain data (`ERR_INVALID_ARG_TYPE`) or says something that
 * the stand-in does not know (`ERR_INVALID_ARG_VALUE`; the message names the place, what was given
 * and the nearest valid word). The scenario before it then stays.
 * @throws {Error} real libraries are open in this process already.
 * @throws {GPUException} category `library`: the addon or the stand-in is not built.
 */
export function useMock(scenario: MockScenario = {}): Mock {
  const text = toJsonText(scenario, 'scenario');
  const binding = loadBinding();
  inOwnWords(() => binding.useMock(mockLibraryPath(), text));
  return mock;
}

// One object for all: it steers the one stand-in of the process and has no state of its own.
const mock: Mock = {
  ...steering(control),
  state,
  calls,
  kernel: mockKernel,
  callLog: () => JSON.parse(control('log', '')) as MockCall[],
};

function state(): MockState {
  return JSON.parse(control('state', '')) as MockState;
}

function calls(): Record<string, number>;
function calls(name: string): number;
function calls(name?: string): Record<string, number> | number {
  const counts = state().calls;
  if (name === undefined) {
    return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  }
  if (typeof name !== 'string') {
    throw Object.assign(new TypeError(`"name" must be a string. Received ${typeof name}`), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
  }
  const count = Object.hasOwn(counts, name) ? counts[name] : undefined;
  if (count === undefined) {
    throw Object.assign(
      new RangeError(
        `"name" must be a function that the stand-in has (docs/mock.md). Received ${JSON.stringify(name.slice(0, 60))}`,
      ),
      { code: 'ERR_OUT_OF_RANGE' },
    );
  }
  return count;
}

function control(verb: string, argument: string): string {
  return inOwnWords(() => loadBinding().mockControl(verb, argument));
}

/** What the stand-in refuses is a wrong argument of its caller. */
function inOwnWords<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    if (!message.includes(OWN_WORDS)) throw error;
    throw Object.assign(new TypeError(message, { cause: error }), {
      code: 'ERR_INVALID_ARG_VALUE',
    });
  }
}
