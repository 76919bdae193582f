/** Random work: what fast-check makes, and what it means. */

import fc from 'fast-check';
import { alloc } from '../../lib/cuda/index.js';
import type { HostMemory } from '../../lib/cuda/index.js';

const KiB = 1024;
/** Small ones, around the limit of what is staged, and large ones. */
export const SIZES = [1, 7, 64, 4096, 4097, 100 * KiB, KiB * KiB, KiB * KiB + 1, 3 * KiB * KiB];

export const DEVICES = [0, 1] as const;

export type Kind = 'view' | 'array' | 'shared' | 'pinned' | 'transfer' | 'data-view';

export interface Step {
  what: string;
  device: number;
  at: number;
  other: number;
  stream: number;
  from: number;
  length: number;
  value: number;
  kind: Kind;
}

/** Often nothing or all of it. */
const share = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }));

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(
    'alloc', 'alloc', 'write', 'write', 'write', 'read', 'read', 'readInto', 'fill', 'fill', 'copy',
    'copy', 'copy', 'slice', 'free', 'stream', 'dispose', 'wait', 'settle', 'wrong', 'wrong',
  ), // prettier-ignore
  device: fc.constantFrom(...DEVICES),
  at: fc.nat(7),
  other: fc.nat(7),
  stream: fc.nat(3),
  from: share,
  length: share,
  value: fc.nat(255),
  kind: fc.constantFrom<Kind>('view', 'array', 'shared', 'pinned', 'transfer', 'data-view'),
});

/** A sequence of work. */
export const steps = fc.array(step, { minLength: 10, maxLength: 60, size: 'max' });

/** A range of so many bytes, from two numbers between 0 and 1. */
export function rangeIn(total: number, { from, length }: Step): [start: number, length: number] {
  const start = Math.floor(from * total);
  return [start, Math.floor(length * (total - start))];
}

/** Host memory with a pattern in it, and the same bytes where nobody changes them. */
export function hostMemory(kind: Kind, length: number, value: number): [HostMemory, Uint8Array] {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 1) bytes[i] = value + i * 31;
  if (kind === 'array') return [bytes.slice().buffer, bytes];
  if (kind === 'data-view') return [new DataView(bytes.slice().buffer), bytes];
  if (length > 0 && (kind === 'shared' || kind === 'pinned')) {
    const memory =
      kind === 'shared' ? new SharedArrayBuffer(length) : alloc(length, { host: 'pinned' });
    new Uint8Array(memory).set(bytes);
    return [memory, bytes];
  }
  return [bytes.slice(), bytes];
}
