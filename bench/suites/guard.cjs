'use strict';
const { catchGpuExceptions } = require('gpu-exceptions');
const { compare } = require('../lib/compare.cjs');

// Eight different functions of at least 500 ns each, so that the call site inside the guard is as
// megamorphic as it is in a server that guards many things.
function makeFunctions() {
  const bodies = [
    (n) => {
      let s = 0;
      for (let i = 0; i < 700; ++i) s += Math.sqrt(i + n);
      return s;
    },
    (n) => {
      let s = 1;
      for (let i = 0; i < 700; ++i) s = (s * 31 + i + n) | 0;
      return s;
    },
    (n) => {
      let s = 0;
      for (let i = 0; i < 700; ++i) s ^= Math.imul(i, n + 7);
      return s;
    },
    (n) => {
      let s = 0.5;
      for (let i = 0; i < 700; ++i) s = s * 0.99 + n;
      return s;
    },
    (n) => {
      let s = n;
      for (let i = 1; i < 700; ++i) s = (s % i) + i;
      return s;
    },
    (n) => {
      let s = 0;
      for (let i = 0; i < 700; ++i) s += (i & n) === 0 ? 1 : 2;
      return s;
    },
    (n) => {
      let s = 0;
      for (let i = 0; i < 700; ++i) s = Math.max(s, (i * n) % 97);
      return s;
    },
    (n) => {
      let s = 0;
      for (let i = 0; i < 700; ++i) s += i / (n + 1);
      return s;
    },
  ];
  return bodies;
}

function byHand(fn) {
  return function (n) {
    try {
      return fn.call(this, n);
    } catch (error) {
      throw new Error('GPU error', { cause: error });
    }
  };
}

function each(functions) {
  return () => {
    let sum = 0;
    for (let i = 0; i < functions.length; ++i) sum += functions[i](i);
    return sum;
  };
}

module.exports = async function guard() {
  const plain = makeFunctions();
  await compare({
    title: 'guard, success path, sync, eight functions of ≥ 500 ns',
    baseline: ['try/catch by hand', each(plain.map(byHand))],
    subject: ['catchGpuExceptions.wrap', each(plain.map((fn) => catchGpuExceptions.wrap(fn)))],
    bar: { ratio: 1.15, addedNs: 40 },
    perCall: 8,
    rounds: 15,
  });

  const answers = plain.map((_, i) => async () => i);
  const rethrow = (error) => {
    throw new Error('GPU error', { cause: error });
  };
  const awaited = (functions) => async () => {
    let sum = 0;
    for (let i = 0; i < functions.length; ++i) sum += await functions[i]();
    return sum;
  };
  await compare({
    title: 'guard, success path, async',
    baseline: ['.catch(handler) by hand', awaited(answers.map((fn) => () => fn().catch(rethrow)))],
    subject: ['catchGpuExceptions.wrap', awaited(answers.map((fn) => catchGpuExceptions.wrap(fn)))],
    bar: { ratio: 1.15 },
    perCall: 8,
    rounds: 15,
  });

  const text = 'CUDA error: out of memory';
  const fail = () => {
    throw new Error(text);
  };
  const swallow = (fn) => () => {
    try {
      return fn();
    } catch (error) {
      return error;
    }
  };
  const wrapByHand = () => {
    try {
      return fail();
    } catch (error) {
      throw new Error(text, { cause: error });
    }
  };
  await compare({
    title: 'guard, failure path, probe: false, a fresh error each time',
    baseline: ['catch and throw new Error(text, { cause })', swallow(wrapByHand)],
    subject: ['catchGpuExceptions.wrap', swallow(catchGpuExceptions.wrap(fail, { probe: false }))],
    bar: { ratio: 2.5 },
  });
};
