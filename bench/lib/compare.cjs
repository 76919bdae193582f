'use strict';
// Two ways of doing a thing, measured side by side in alternating rounds: the machine's clock moves
// between rounds, the ratio within one does not. Prints medians and spread.

const { measure } = require('mitata');

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const results = [];

function report({ title, bar, ratios, detail, met }) {
  const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
  const verdict = bar === undefined ? '' : met ? `met (${bar})` : `NOT MET (${bar})`;
  results.push({ title, met: bar === undefined || met });
  console.log(
    `${title}\n    ratio ${median(ratios).toFixed(2)} (${spread})  ${verdict}\n    ${detail}`,
  );
}

/**
 * @param {object} spec
 * @param {string} spec.title
 * @param {[string, Function]} spec.baseline  name and function
 * @param {[string, Function]} spec.subject
 * @param {{ ratio?: number, addedNs?: number, atLeast?: number }} spec.bar
 * @param {number} [spec.rounds] alternating rounds
 * @param {number} [spec.perCall] calls of the thing in one call of the function
 */
async function compare({ title, baseline, subject, bar = {}, rounds = 9, perCall = 1 }) {
  const options = { min_cpu_time: 60e6, min_samples: 12, batch_samples: 256 };
  const base = [];
  const ours = [];
  for (let round = 0; round < rounds; ++round) {
    // Whoever goes first in a round finds the caches as the other left them: take turns.
    const order = round % 2 ? [subject, baseline] : [baseline, subject];
    for (const each of order) {
      const stats = await measure(each[1], options);
      (each === subject ? ours : base).push(stats.p50 / perCall);
    }
  }
  const ratios = ours.map((ns, round) => ns / base[round]);
  const added = median(ours.map((ns, round) => ns - base[round]));
  const ratio = median(ratios);
  const met =
    (bar.ratio === undefined || ratio <= bar.ratio) &&
    (bar.addedNs === undefined || added <= bar.addedNs) &&
    (bar.atLeast === undefined || 1 / ratio >= bar.atLeast);
  const words = [
    bar.ratio !== undefined && `≤ ${bar.ratio} ×`,
    bar.addedNs !== undefined && `≤ ${bar.addedNs} ns added`,
    bar.atLeast !== undefined && `≥ ${bar.atLeast} × faster`,
  ].filter(Boolean);
  report({
    title,
    bar: words.length ? words.join(', ') : undefined,
    ratios,
    met,
    detail:
      `${subject[0]}: ${median(ours).toFixed(1)} ns; ${baseline[0]}: ${median(base).toFixed(1)} ns; ` +
      `difference ${added.toFixed(1)} ns`,
  });
}

/** A figure that is a number in itself, such as files or milliseconds. */
function figure({ title, values, unit, atMost, atLeast }) {
  const value = median(values);
  const met =
    (atMost === undefined || value <= atMost) && (atLeast === undefined || value >= atLeast);
  const barred = atMost !== undefined || atLeast !== undefined;
  const bar = atMost !== undefined ? `≤ ${atMost} ${unit}` : `≥ ${atLeast} ${unit}`;
  if (barred) results.push({ title, met });
  const shown = (number) => (Number.isInteger(number) ? String(number) : number.toFixed(2));
  console.log(
    `${title}\n    ${shown(value)} ${unit} (${shown(Math.min(...values))}–${shown(Math.max(...values))})  ` +
      (barred ? `${met ? 'met' : 'NOT MET'} (${bar})` : '(no bar)'),
  );
}

module.exports = { compare, figure, median, results };
