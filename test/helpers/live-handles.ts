import { loadBinding } from '../../lib/native/load.js';

/** Fails every test of the file that leaves a buffer, stream or event behind. */
export function eachTestGivesAllBack(): void {
  let before = 0;
  beforeEach(() => {
    before = loadBinding().liveHandles();
  });
  afterEach(() => {
    // What another test file left in this process may be collected meanwhile.
    expect(loadBinding().liveHandles()).toBeLessThanOrEqual(before);
  });
}
