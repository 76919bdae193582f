import { ArgumentPacker } from '../../../lib/cuda/argument-packer.js';
import { LaunchArea } from '../../../lib/cuda/launch-area.js';

test.each([1, 4, 8, 12, 17])('what stands behind a struct of %i bytes leaves it whole', (size) => {
  const area = new LaunchArea(new ArrayBuffer(2 ** 17));
  const packer = new ArgumentPacker('k', 0, [
    { offset: 0, size, kind: 'bytes' },
    { offset: 32, size: 4, kind: 'integer' },
  ]);
  packer.pack([new Uint8Array(size).fill(7), -1], area);
  const bytes = new Uint8Array(area.ints.buffer, area.ints.byteOffset);
  const [first = 0, second = 0] = area.offsets;
  expect([...bytes.subarray(first, first + size)]).toEqual(Array(size).fill(7));
  expect(area.ints[second / 4]).toBe(-1);
  expect(second % 8).toBe(0);
});
