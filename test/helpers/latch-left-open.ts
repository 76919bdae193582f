/**
 * Jest's `setupFilesAfterEnv`: holds each test file to leaving the fatal latch open. Jest runs several
 * files in one process, in an order of its own; the addon keeps the latch for the process, so that a
 * file which leaves it closed fails whichever guarded call comes next.
 */

type LatchState = typeof import('../../lib/guard/latch-state.js');

afterAll(() => {
  // Loaded here, not above: some files are about what loads when.
  const { latch, fatalState } = require('../../lib/guard/latch-state.js') as LatchState;
  const process = fatalState();
  // The word tells of devices as well, once the question has joined this file to the latch.
  expect({ process, word: latch.words[0] }).toEqual({ process: null, word: 0 });
});
