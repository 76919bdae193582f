import { makeFailure, withMemory } from '../../../lib/failure/make';
import type { DeviceMemory, GPUFailureCategory } from '../../../lib/failure/types';

const GIB = 1024 ** 3;
const memory = (total: number | null, free: number | null): DeviceMemory => ({
  total,
  free,
  used: null,
  reserved: null,
  source: 'nvml',
});

describe('a failure', () => {
  it('is frozen, its memory too, and takes no part of what it was made from', () => {
    const memory = { free: 1, used: null, reserved: null, total: 2, source: 'cuda' as const };
    const failure = makeFailure({ category: 'out-of-memory', memory }, 'tag');
    expect(Object.isFrozen(failure)).toBe(true);
    expect(Object.isFrozen(failure.memory)).toBe(true);
    expect(Object.isFrozen(memory)).toBe(false);
    expect(Object.isFrozen(withMemory(failure, memory))).toBe(true);
  });
});

describe('a failure', () => {
  it.each<[GPUFailureCategory, string, boolean]>([
    ['out-of-memory', 'none', true],
    ['kernel-fault', 'process', false],
    ['hardware', 'device', false],
    ['device-lost', 'process', false],
    ['no-device', 'environment', false],
    ['driver-mismatch', 'environment', false],
    ['busy', 'none', true],
    ['invalid-argument', 'none', false],
  ])('%s has defaults of its own: restart %s', (category, restart, retryable) => {
    const failure = makeFailure({ category }, 'message');
    expect(failure).toMatchObject({ category, restart, retryable, evidence: 'message' });
    expect(failure.remedy).toMatch(/^[A-Z].+\.$/);
  });

  it('is plain data that survives JSON and structured cloning, every field present', () => {
    const failure = makeFailure({ category: 'unknown' }, 'tag');
    expect(JSON.parse(JSON.stringify(failure))).toEqual(failure);
    expect(structuredClone(failure)).toEqual(failure);
    expect(Object.values(failure)).not.toContain(undefined);
  });

  it('may belong to earlier work when it is asynchronous, not when the call only looks', () => {
    const fault = { category: 'kernel-fault', library: 'cudart' } as const;
    expect(makeFailure({ ...fault, call: 'cudaMemcpy' }, 'tag').mayBeEarlier).toBe(true);
    expect(makeFailure({ ...fault, call: 'cudaGetDeviceCount' }, 'tag').mayBeEarlier).toBe(false);
    expect(makeFailure({ category: 'hardware', library: 'nvml' }, 'tag').mayBeEarlier).toBe(false);
    expect(makeFailure({ category: 'out-of-memory' }, 'tag').mayBeEarlier).toBe(false);
  });

  it('knows unknown from zero', () => {
    const failure = makeFailure({ category: 'out-of-memory', requestedBytes: NaN }, 'tag');
    expect(failure).toMatchObject({ requestedBytes: null, memory: null, device: null, code: null });
  });
});

describe('input too big or device full', () => {
  const asked = makeFailure({ category: 'out-of-memory', requestedBytes: 32 * GIB }, 'message');

  it('larger than the device can ever give: the input is at fault', () => {
    expect(withMemory(asked, memory(24 * GIB, 20 * GIB))).toMatchObject({
      retryable: false,
      restart: 'none',
      memory: { total: 24 * GIB },
      remedy: expect.stringMatching(/smaller/) as string,
    });
  });

  it('merely more than is free now: it may succeed later', () => {
    expect(withMemory(asked, memory(80 * GIB, 1 * GIB))).toMatchObject({ retryable: true });
  });

  it('cannot be told without total or size', () => {
    expect(withMemory(asked, memory(null, 1)).retryable).toBe(asked.retryable);
    const unsized = makeFailure({ category: 'out-of-memory' }, 'message');
    expect(withMemory(unsized, memory(24 * GIB, 0)).retryable).toBe(true);
  });

  it('changes nothing but the memory of other failures, and not the one it was given', () => {
    const fault = makeFailure({ category: 'kernel-fault', requestedBytes: 32 * GIB }, 'tag');
    expect(withMemory(fault, memory(1, 1))).toEqual({ ...fault, memory: memory(1, 1) });
    expect(asked.memory).toBeNull();
  });

  it('is told by the text alone where that has both figures', () => {
    const facts = { category: 'out-of-memory', requestedBytes: 3, totalBytes: 2 } as const;
    expect(makeFailure(facts, 'message')).toMatchObject({ retryable: false, restart: 'none' });
    const overflow = { category: 'out-of-memory', requestedBytes: Infinity } as const;
    expect(makeFailure(overflow, 'message')).toMatchObject({
      retryable: false,
      requestedBytes: null,
    });
  });

  it('says that a context is lost where the failure is sticky, and nowhere else', () => {
    const remedy = (sticky: boolean): string =>
      makeFailure({ category: 'kernel-fault', sticky }, 'code').remedy;
    expect(remedy(true)).toMatch(/context of this one is unusable/);
    expect(remedy(false)).not.toMatch(/unusable/);
    expect(remedy(false)).toMatch(/decides whether the process can go on/);
  });
});
