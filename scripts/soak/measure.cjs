'use strict';
// How the lines of scripts/soak.cjs are measured and judged.

/**
 * `short`: a look of some seconds, for machines that do other things besides: it finds what grows with
 * every call and what is no longer linear in devices, leaves room for noise, and leaves workers out.
 */
const short = process.argv.includes('--short');
const MiB = 2 ** 20;
const MOST_MIB = short ? 16 : 5;
/** A ratio that is called linear: twice the work for each may cost up to so much more. */
const MOST_RATIO = short ? 4 : 1.6;

function repeat(count, work) {
  for (let i = 0; i < count; i += 1) work(i);
}

function time(work) {
  const started = performance.now();
  work();
  return performance.now() - started;
}

/** The best of some: what else the machine does can only add. */
async function bestOf(rounds, measure) {
  let best = Infinity;
  for (let i = 0; i < rounds; i += 1) best = Math.min(best, await measure());
  return best;
}

/** Resident memory after everything that can be collected was. */
function resident() {
  for (let i = 0; i < 4; i += 1) globalThis.gc();
  return process.memoryUsage().rss;
}

function verdict(line, met) {
  console.log(`${met ? 'ok    ' : 'FAILED'}  ${line}`);
  return met;
}

module.exports = { MOST_MIB, MOST_RATIO, MiB, bestOf, repeat, resident, short, time, verdict };
