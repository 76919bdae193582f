/**
 * How an exception is recognised when its class came from elsewhere: from a second installed copy of
 * this package, or from another realm (`vm`, Jest). A leaf: imports nothing of ours.
 */

const PREFIX = 'gpu-exceptions/';

/** Which classes own a brand. Subclasses that users write own none, so they stay distinct. */
const brandOfClass = new WeakMap<object, symbol>();
const brandOfName = new Map<string, symbol>();

/** What is the same for all instances of a class and therefore lives on its prototype. */
export interface ClassFacts {
  name: string;
  code: string;
  /** HTTP status of classes that are not given one. */
  statusCode?: number;
  /** Whether the message may be shown to a client. */
  expose?: boolean;
}

/**
 * Gives a class its brand and its constant facts. They are non-enumerable, so that loggers which walk
 * a prototype chain do not print them, and writable, because Koa assigns `error.status`.
 */
export function stamp(constructor: { readonly prototype: object }, facts: ClassFacts): void {
  const brand = brandNamed(facts.name);
  brandOfClass.set(constructor, brand);
  const constant = (key: string | symbol, value: unknown): void => {
    Object.defineProperty(constructor.prototype, key, {
      value,
      writable: true,
      configurable: true,
      enumerable: false,
    });
  };
  constant(brand, true);
  constant('name', facts.name);
  constant('code', facts.code);
  if (facts.expose !== undefined) constant('expose', facts.expose);
  if (facts.statusCode !== undefined) {
    constant('statusCode', facts.statusCode);
    constant('status', facts.statusCode);
  }
}

/** `value instanceof constructor`: by brand if the class owns one, else by prototype. Never throws. */
export function isInstance(constructor: unknown, value: unknown): boolean {
  const brand = brandOfClass.get(constructor as object);
  if (brand !== undefined) return inherits(value, brand);
  try {
    return Function.prototype[Symbol.hasInstance].call(constructor as () => void, value);
  } catch {
    return false; // a proxy whose traps throw
  }
}

/**
 * Whether `value` is an instance of our class `name` or of a subclass, whichever copy or realm it
 * came from. Never throws, whatever the traps of a proxy do.
 */
export function hasBrand(value: unknown, name: string): boolean {
  return inherits(value, brandNamed(name));
}

function brandNamed(name: string): symbol {
  let brand = brandOfName.get(name);
  if (brand === undefined) {
    brand = Symbol.for(PREFIX + name);
    brandOfName.set(name, brand);
  }
  return brand;
}

function inherits(value: unknown, brand: symbol): boolean {
  if (typeof value !== 'object' || value === null) return false;
  try {
    // A prototype is no instance of its own class.
    return (value as Record<symbol, unknown>)[brand] === true && !Object.hasOwn(value, brand);
  } catch {
    return false;
  }
}
