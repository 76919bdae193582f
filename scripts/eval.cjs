'use strict';
/**
 * How well the judge tells GPU failures from everything else, on labelled messages.
 *
 *   node scripts/eval.cjs [file.jsonl …] [--quiet]
 *
 * Prints precision, recall and F1 for "is it the GPU" and "is it out of memory", how often the
 * restart scope agrees, a confusion matrix by label, and every miss with the rules that spoke and the
 * argument why it is left (`test/fixtures/corpus/arguments.json`); beside it the rules of
 * `fal.exceptions`, re-stated, as a baseline. Without a file it measures the development set and every
 * held-out one. Reads the TypeScript sources, so that nothing has to be built first. Always ends with
 * 0: it measures, tests decide.
 */

const fs = require('node:fs');
const path = require('node:path');
const { registerTypeScript } = require('./typescript-hook.cjs');

const root = path.join(__dirname, '..');
const LABELS = ['gpu-oom', 'gpu-fault', 'gpu-other', 'gpu-setup', 'not-gpu'];

function readRows(file) {
  return fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line));
}

/** The error as a program would have met it: text, class and code. */
function errorOf(row) {
  const error = new Error(row.message);
  const name = row.class ?? row.error_type ?? null;
  if (name !== null) Object.defineProperty(error, 'name', { value: name, configurable: true });
  if (row.code !== null && row.code !== undefined) error.code = row.code;
  return error;
}

const FAL_MARKERS = [
  'cuda',
  'cudnn',
  'nvml',
  'nccl',
  'cublas',
  'cufft',
  'cusolver',
  'cusparse',
  'triton',
];

/** The rules of `fal.exceptions`: four phrases for out of memory, then nine markers anywhere. */
function falVerdict(row) {
  const text = row.message;
  const name = row.class ?? row.error_type ?? null;
  // Out of memory must be a RuntimeError (PyTorch's class of its own is one); where the class is not
  // known, fal is given the benefit of the doubt.
  const runtime =
    name === null || /(?:^|\.)(?:RuntimeError|OutOfMemoryError|AcceleratorError)$/.test(name);
  const oom =
    runtime &&
    ((text.includes('CUDA') && text.includes('out of memory')) ||
      text.includes('NVML_SUCCESS == r INTERNAL ASSERT FAILED') ||
      text.includes('CUDNN_STATUS_INTERNAL_ERROR') ||
      text.includes('cuDNN error: CUDNN_STATUS_NOT_SUPPORTED.'));
  const gpu = oom || FAL_MARKERS.some((marker) => text.toLowerCase().includes(marker));
  return { gpu, oom, label: oom ? 'gpu-oom' : gpu ? 'gpu-other' : 'not-gpu' };
}

function labelOf(failure) {
  if (failure === null) return 'not-gpu';
  switch (failure.category) {
    case 'out-of-memory':
      return 'gpu-oom';
    case 'kernel-fault':
    case 'hardware':
    case 'device-lost':
      return 'gpu-fault';
    case 'no-device':
    case 'driver-mismatch':
    case 'permission':
      return 'gpu-setup';
    default:
      return failure.restart === 'environment' ? 'gpu-setup' : 'gpu-other';
  }
}

function score(pairs) {
  const tp = pairs.filter(([want, got]) => want && got).length;
  const fp = pairs.filter(([want, got]) => !want && got).length;
  const fn = pairs.filter(([want, got]) => want && !got).length;
  const precision = tp + fp === 0 ? 0 : tp / (tp + fp);
  const recall = tp + fn === 0 ? 0 : tp / (tp + fn);
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { precision, recall, f1, falseAlarms: fp, missed: fn };
}

function line(name, result) {
  const part = (value) => value.toFixed(3);
  return `${name.padEnd(30)} precision ${part(result.precision)}  recall ${part(result.recall)}  F1 ${part(result.f1)}  false alarms ${result.falseAlarms}  missed ${result.missed}`;
}

/** `true` means that ending a process, resetting a device or rebooting a node helps. */
function restartHelps(failure) {
  return failure !== null && ['process', 'device', 'node'].includes(failure.restart);
}

function evaluate(rows, verdictOf) {
  const verdicts = rows.map(verdictOf);
  return {
    verdicts,
    gpu: score(rows.map((row, i) => [row.label !== 'not-gpu', verdicts[i].gpu])),
    oom: score(rows.map((row, i) => [row.label === 'gpu-oom', verdicts[i].oom])),
  };
}

function confusion(rows, verdicts) {
  const cell = (text) => String(text).padStart(11);
  const out = [`${'label \\ judged'.padEnd(16)}${LABELS.map(cell).join('')}`];
  for (const label of LABELS) {
    const counts = LABELS.map(
      (judged) =>
        rows.filter((row, i) => row.label === label && verdicts[i].label === judged).length,
    );
    out.push(`${label.padEnd(16)}${counts.map(cell).join('')}`);
  }
  return out.join('\n');
}

function measure(rows, explain) {
  return evaluate(rows, (row) => {
    const explanation = explain(errorOf(row));
    const { failure } = explanation;
    return {
      gpu: failure !== null,
      oom: failure?.category === 'out-of-memory',
      label: labelOf(failure),
      explanation,
    };
  });
}

function restartAgreement(rows, verdicts) {
  const scoped = rows
    .map((row, i) => ({ row, failure: verdicts[i].explanation.failure }))
    .filter(({ row }) => typeof row.restart === 'boolean');
  const agree = ({ row, failure }) => restartHelps(failure) === row.restart;
  const share = (list) =>
    `${list.filter(agree).length} of ${list.length} (${((100 * list.filter(agree).length) / Math.max(1, list.length)).toFixed(1)} %)`;
  const gpuScoped = scoped.filter(({ row }) => row.label !== 'not-gpu');
  return `restart scope agrees on ${share(scoped)}; on GPU rows ${share(gpuScoped)}`;
}

/** What the row says and the judge does not, in words, or `null`. */
function missOf(row, { gpu, oom, label, explanation }) {
  if (gpu !== (row.label !== 'not-gpu') || oom !== (row.label === 'gpu-oom')) {
    return `${row.label} judged ${label}`;
  }
  const { failure } = explanation;
  return typeof row.restart === 'boolean' && restartHelps(failure) !== row.restart
    ? `restart ${row.restart}, judged ${failure?.restart ?? 'none'} (${row.label})`
    : null;
}

function printMisses(rows, verdicts, reasons) {
  console.log('\nMisses');
  let misses = 0;
  rows.forEach((row, i) => {
    const miss = missOf(row, verdicts[i]);
    if (miss === null) return;
    misses += 1;
    console.log(`- ${row.id}: ${miss}\n    ${JSON.stringify(row.message.slice(0, 260))}`);
    for (const spoken of verdicts[i].explanation.spoken) {
      console.log(
        `    ${spoken.speaks} ${spoken.rule} (${spoken.weight}): ${JSON.stringify(spoken.matched.slice(0, 100))}`,
      );
    }
    console.log(`    why: ${reasons[row.id] ?? 'not argued'}`);
  });
  if (misses === 0) console.log('- none');
}

function main(argv) {
  registerTypeScript();
  const { explainGpuFailure } = require(path.join(root, 'lib', 'failure', 'judge.ts'));
  const corpus = path.join(root, 'test', 'fixtures', 'corpus');
  const given = argv.filter((argument) => !argument.startsWith('--'));
  const files =
    given.length > 0
      ? given
      : fs
          .readdirSync(corpus)
          .filter((name) => name.endsWith('.jsonl'))
          .sort((a, b) => Number(a !== 'messages.jsonl') - Number(b !== 'messages.jsonl'))
          .map((name) => path.join(corpus, name));
  const reasons = JSON.parse(fs.readFileSync(path.join(corpus, 'arguments.json'), 'utf8'));

  files.forEach((file, i) => {
    const rows = readRows(file);
    const ours = measure(rows, explainGpuFailure);
    const fal = evaluate(rows, falVerdict);
    if (i > 0) console.log('');
    console.log(`${rows.length} messages from ${path.relative(process.cwd(), file)}\n`);
    console.log(line('is it the GPU: ours', ours.gpu));
    console.log(line('is it the GPU: fal re-stated', fal.gpu));
    console.log(line('is it out of memory: ours', ours.oom));
    console.log(line('is it out of memory: fal', fal.oom));
    console.log(`${restartAgreement(rows, ours.verdicts)}\n`);
    console.log(confusion(rows, ours.verdicts));
    if (!argv.includes('--quiet')) printMisses(rows, ours.verdicts, reasons);
  });
}

main(process.argv.slice(2));
