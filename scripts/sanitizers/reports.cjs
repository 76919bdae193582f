'use strict';
// Reads what a sanitizer or valgrind wrote, and tells the reports that are ours.

const fs = require('node:fs');
const path = require('node:path');

/** A frame of the addon's or the stand-in's; the tests' own programs and libraries are not meant. */
const OUR_FRAME = /\bgpuex::|libgpu_exceptions_mock\.so|gpu_exceptions\.node|\/native\/\w/;
/** What V8 keeps for its own heap. It gives it back with the heap, and `process.exit` leaves the heap. */
const V8_HEAP = /\bv8::internal::/;
/** V8's collector takes every word of the stack for a pointer, written or not, and whose it is. */
const STACK_SCAN = /\bheap::base::.*\bIteratePointersInStack\b/;
/** Where a report begins. */
const HEAD =
  /^(?:=+\d+=+ERROR: AddressSanitizer|(?:Direct|Indirect) leak of|WARNING: ThreadSanitizer|.*: runtime error: |==\d+== (?=\S)(?!Memcheck|Copyright|Using|Command|Parent|HEAP|LEAK|ERROR|Warning))/m;
const LEAK = /^(?:Direct|Indirect) leak of|\bare (?:definitely|indirectly|possibly) lost\b/m;

const frames = (report) => report.split('\n').filter((line) => /^\s*(?:#\d+ |==\d+==\s+(?:at|by) )/.test(line)); // prettier-ignore

/**
 * Whether a report concerns us: one of its frames is ours. A leak does if what leaked was allocated
 * by our code, or by Node-API on its behalf, and not by V8 for its heap below a call of ours. What
 * V8's collector finds as it reads the whole stack, below a call of ours as well, is not.
 */
function isOurs(report) {
  const stack = frames(report);
  if (STACK_SCAN.test(stack[0] ?? '')) return false;
  const first = stack.findIndex((frame) => OUR_FRAME.test(frame));
  if (!LEAK.test(report)) return first >= 0 || OUR_FRAME.test(report.split('\n')[0]);
  return first >= 0 && !stack.slice(0, first).some((frame) => V8_HEAP.test(frame));
}

/** The reports in one log. */
function reportsIn(text) {
  return text
    .split(new RegExp(`(?=${HEAD.source})`, 'm'))
    .filter((part) => HEAD.test(part))
    .map((part) => part.trimEnd());
}

/** The same report at another address and in another process is told once. */
const identity = (report) =>
  report
    .replace(/0x[0-9a-f]+|==\d+==|pid=\d+|\d+ byte\(?s?\)?|\b[TM]\d+\b|\d+ object/g, '')
    .slice(0, 4000);

/** `{ total, ours }` of all logs in `folder`; of equal reports `ours` holds the first. */
function readReports(folder) {
  const all = fs
    .readdirSync(folder)
    .flatMap((name) => reportsIn(fs.readFileSync(path.join(folder, name), 'utf8')));
  const ours = new Map();
  for (const report of all.filter(isOurs)) {
    const key = identity(report);
    if (!ours.has(key)) ours.set(key, report);
  }
  return { total: all.length, ours: [...ours.values()] };
}

module.exports = { isOurs, readReports, reportsIn };
