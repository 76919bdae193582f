'use strict';
// `npm run bench [-- suite …]`: the bars of the package's speed, each as a ratio against the
// thinnest honest alternative, in one run, on the stand-in. `--strict` makes a missed bar an error.

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { results } = require('./lib/compare.cjs');

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

async function main() {
  for (const suite of positionals.length ? positionals : suites) {
    console.log(`\n== ${suite}`);
    await require(`./suites/${suite}.cjs`)();
  }
  const missed = results.filter((result) => !result.met);
  console.log(`\n${results.length - missed.length} of ${results.length} bars met`);
  for (const { title } of missed) console.log(`  missed: ${title}`);
  if (values.strict && missed.length) process.exitCode = 1;
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
