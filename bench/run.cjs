'use strict';
// `npm run bench [-- suite …]`: the bars of the package's speed, each as a ratio against the
// thinnest honest alternative, in one run, on the stand-in. `--strict` makes a missed bar an error.

const { fork } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

/** Set in the process that measures. */
const CHILD = 'GPU_EXCEPTIONS_BENCH_CHILD';

const suites = fs
  .readdirSync(path.join(__dirname, 'suites'))
  .map((file) => path.basename(file, '.cjs'))
  .sort();
const { values, positionals } = parseArgs({
  options: { strict: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const unknown = positionals.find((name) => !suites.includes(name));
if (unknown !== undefined) {
  console.error(`No suite "${unknown}"; there are ${suites.join(', ')}`);
  process.exit(2);
}

/** In a process of its own, so that nothing is measured on what another suite has left behind. */
async function inChild(suite) {
  const child = fork(__filename, [suite], { env: { ...process.env, [CHILD]: '1' } });
  const ended = Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
  let results;
  child.on('message', (message) => (results = message));
  const [[code, signal]] = await ended;
  if (code !== 0 || results === undefined) {
    throw new Error(`the suite "${suite}" ended early, with ${signal ?? code}`);
  }
  return results;
}

async function main() {
  const results = [];
  for (const suite of positionals.length ? positionals : suites) {
    console.log(`\n== ${suite}`);
    results.push(...(await inChild(suite)));
  }
  const missed = results.filter((result) => !result.met);
  console.log(`\n${results.length - missed.length} of ${results.length} bars met`);
  for (const { title } of missed) console.log(`  missed: ${title}`);
  if (values.strict && missed.length) process.exitCode = 1;
}

async function measureHere(suite) {
  const { results } = require('./lib/compare.cjs');
  await require(`./suites/${suite}.cjs`)();
  process.send(results, () => process.disconnect());
}

(process.env[CHILD] === '1' ? measureHere(positionals[0]) : main()).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
