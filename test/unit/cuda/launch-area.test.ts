import { LaunchArea } from '../../../lib/cuda/launch-area.js';

// Two instances of the package on one thread write into the addon's one buffer.
test('a launch that another instance has interrupted is refused, and the next one is not', () => {
  const buffer = new ArrayBuffer(2 ** 17);
  const [one, other] = [new LaunchArea(buffer), new LaunchArea(buffer)];
  const turn = one.begin();
  const meanwhile = other.begin();
  expect(() => {
    one.end(turn, 1, 1, 0, false, false);
  }).toThrow(/^launch\(\): reading its options or arguments made another launch$/);
  other.end(meanwhile, 1, 1, 0, false, false);
  one.end(one.begin(), 1, 1, 0, false, false);
});
