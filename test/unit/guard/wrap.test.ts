import { types } from 'node:util';
import {
  catchGpuExceptions,
  CUDAOutOfMemoryException,
  GPUException,
  resetFatalState,
} from '../../../lib/index.js';
import { outOfMemoryText, rejectionOf, tagged, thrownBy } from '../../helpers/gpu-errors.js';

const wrap: typeof catchGpuExceptions.wrap = (fn, options) => catchGpuExceptions.wrap(fn, options);

afterEach(resetFatalState);

describe('a wrapped function', () => {
  test('keeps name, length, this and arguments', () => {
    function predict(this: { scale: number }, a: number, b: number): number {
      return this.scale * (a + b);
    }
    const guarded = wrap(predict);
    expect(guarded.name).toBe('predict');
    expect(guarded).toHaveLength(2);
    expect(guarded.call({ scale: 10 }, 1, 2)).toBe(30);
    expect(wrap(() => 1).prototype).toBeUndefined();
  });

  test('keeps properties, and the marks by which frameworks know an async function', () => {
    const original = Object.assign(async () => 1, { displayName: 'model', [Symbol.for('k')]: 2 });
    const guarded = wrap(original);
    expect(guarded.displayName).toBe('model');
    expect(guarded[Symbol.for('k') as never]).toBe(2);
    expect(Object.prototype.toString.call(guarded)).toBe('[object AsyncFunction]');
    expect(guarded.constructor).toBe(original.constructor);
    expect(Object.getOwnPropertyNames(guarded).sort()).toEqual(['displayName', 'length', 'name']);
    expect(() => new (guarded as never as new () => unknown)()).toThrow(TypeError);
    const prototype = {};
    expect(Reflect.get(wrap(Object.assign(original, { prototype })), 'prototype')).toBe(prototype);
  });

  test('throws what the guard makes of it, at every call', () => {
    const original = outOfMemoryText();
    const guarded = wrap(() => {
      throw original;
    });
    for (let i = 0; i < 3; i++) {
      const thrown = thrownBy(guarded);
      expect(thrown).toBeInstanceOf(CUDAOutOfMemoryException);
      expect((thrown as Error).cause).toBe(original);
    }
  });

  test('stays synchronous or asynchronous', async () => {
    expect(wrap(() => 5)()).toBe(5);
    const promise = wrap(async (n: number) => n + 1)(1);
    expect(types.isPromise(promise)).toBe(true);
    expect(await promise).toBe(2);
    expect(await rejectionOf(wrap(async () => Promise.reject(tagged()))())).toBeInstanceOf(
      CUDAOutOfMemoryException,
    );
  });

  test('may return a promise today, an object tomorrow and a generator after that', async () => {
    function* generator() {
      yield 1;
    }
    const guarded = wrap((what: unknown) => what);
    const object = {};
    for (let i = 0; i < 2; i++) {
      expect(await guarded(Promise.resolve(1))).toBe(1);
      expect(guarded(object)).toBe(object);
      expect([...(guarded(generator()) as Iterable<number>)]).toEqual([1]);
      expect(
        await rejectionOf(guarded(Promise.reject(tagged())) as Promise<unknown>),
      ).toBeInstanceOf(GPUException);
    }
  });

  test.each([undefined, null, {}, 'f', 1])('%p is no function', (given) => {
    expect(() => wrap(given as never)).toThrow(TypeError);
    expect(() => wrap(given as never)).toThrow(/^fn must be a function; got /);
  });

  test('a proxy of a function whose traps throw is called all the same', () => {
    const refuse = (): never => {
      throw new Error('trap');
    };
    const traps = { get: refuse, ownKeys: refuse, getPrototypeOf: refuse };
    const guarded = wrap(new Proxy((n: number) => n * 2, traps));
    expect(guarded(4)).toBe(8);
  });
});

describe('new', () => {
  class Session {
    static readonly kind = 'session';
    readonly made: string;
    constructor(readonly model: string) {
      if (model === '') throw tagged({ code: 2 });
      this.made = new.target.name;
    }
    run(): string {
      return this.model;
    }
  }

  test('makes an instance of the wrapped class', () => {
    const Guarded = wrap(Session);
    const session = new Guarded('llama');
    expect(session).toBeInstanceOf(Session);
    expect(session).toBeInstanceOf(Guarded);
    expect(session.run()).toBe('llama');
    expect(session.made).toBe('Session');
    expect(Guarded.kind).toBe('session');
    expect(Guarded.prototype).toBe(Session.prototype);
  });

  test('guards the constructor', () => {
    const Guarded = wrap(Session);
    expect(thrownBy(() => new Guarded(''))).toBeInstanceOf(CUDAOutOfMemoryException);
  });

  test('works for subclasses of the wrapped class', () => {
    class Child extends wrap(Session) {}
    const child = new Child('whisper');
    expect(child).toBeInstanceOf(Child);
    expect(child).toBeInstanceOf(Session);
    expect(child.made).toBe('Child');
  });

  test('works for a plain constructor function', () => {
    function Point(this: { x: number }, x: number) {
      this.x = x;
    }
    const Guarded = wrap(Point) as unknown as new (x: number) => { x: number };
    expect(new Guarded(3)).toEqual({ x: 3 });
    expect(new Guarded(3)).toBeInstanceOf(Point);
  });

  test('a function that is no constructor stays none', () => {
    const Guarded = wrap(() => 1) as unknown as new () => unknown;
    expect(() => new Guarded()).toThrow(TypeError);
  });
});
