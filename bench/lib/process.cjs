'use strict';
const { spawnSync } = require('node:child_process');

/** What `node` with these arguments prints. Throws with its words when it fails. */
function inFreshProcess(args) {
  const child = spawnSync(process.execPath, args, { cwd: __dirname, encoding: 'utf8' });
  if (child.status !== 0) {
    const end = child.error ?? child.signal ?? child.status;
    throw new Error(`node ${args.join(' ')} ended with ${end}\n${child.stderr}`);
  }
  return child.stdout;
}

module.exports = { inFreshProcess };
