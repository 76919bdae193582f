/** Values that throw as soon as anyone looks at them, and a generator of everything else. */

import * as fc from 'fast-check';

function refuse(): never {
  throw new Error('a trap was sprung');
}

const everyTrap = {
  get: refuse,
  has: refuse,
  ownKeys: refuse,
  getPrototypeOf: refuse,
  getOwnPropertyDescriptor: refuse,
  defineProperty: refuse,
  set: refuse,
};

export function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function cyclicError(): Error {
  const first = new Error('first');
  const second = new Error('second', { cause: first });
  first.cause = second;
  return second;
}

export const HOSTILE: readonly unknown[] = [
  new Proxy({}, everyTrap),
  new Proxy(new Error('inside'), everyTrap),
  new Proxy([], everyTrap),
  new Proxy(() => undefined, everyTrap),
  revokedProxy(),
  { toString: refuse, valueOf: refuse, [Symbol.toPrimitive]: refuse },
  { get cause() { return refuse(); }, get failure() { return refuse(); } }, // prettier-ignore
  { get name() { return refuse(); }, get message() { return refuse(); }, get code() { return refuse(); } }, // prettier-ignore
  { get [Symbol.toStringTag]() { return refuse(); }, toString: 1 }, // prettier-ignore
  Object.freeze(new Error('frozen')),
  Object.assign(new Error('x'), { name: Symbol('name'), message: 10n, stack: 5, code: {} }),
  Object.create(null),
  cyclicError(),
  Symbol('text'),
  10n,
  10n ** 400n,
  NaN,
  -0,
  Infinity,
  '\ud800 lone',
  'x'.repeat(100_000),
  () => refuse(),
  new Map([[{}, new Set()]]),
  new Uint8Array(1 << 20),
  new AggregateError([null, new Error('member')], 'several'),
];

/** Any value, wrapped, because fast-check itself looks at what it generates. */
export const anyValue: fc.Arbitrary<() => unknown> = fc.oneof(
  { weight: 2, arbitrary: fc.nat(HOSTILE.length - 1).map((index) => () => HOSTILE[index]) },
  {
    weight: 3,
    arbitrary: fc
      .anything({
        withBigInt: true,
        withBoxedValues: true,
        withDate: true,
        withMap: true,
        withNullPrototype: true,
        withObjectString: true,
        withSet: true,
        withSparseArray: true,
        withTypedArray: true,
      })
      .map((value) => () => value),
  },
);
