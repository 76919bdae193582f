import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { compiledPackage } from './compiled.js';

/** The addon as built in this checkout. */
export const ADDON = resolve(
  join(__dirname, '..', '..', 'build', 'Release', 'gpu_exceptions.node'),
);

/** `test`, or `test.skip` where the addon is not built. */
export const testWithAddon = existsSync(ADDON) ? test : test.skip;

/** For scripts that are to have the addon; without it they cannot load any. */
export const WITH_ADDON = { GPU_EXCEPTIONS_ADDON: ADDON };

/**
 * Runs `script`, the body of an async function, in a process of its own, with the compiled package in
 * `process.env.DIST`. Answers what it returned, as JSON. Fails if the process does not end by itself
 * within 30 seconds or ends with an error.
 */
export function runScript(
  prelude: string,
  script: string,
  environment: Record<string, string> = {},
): unknown {
  const body = `${prelude}\n(async () => { ${script} })().then(
    (answer) => console.log(JSON.stringify(answer ?? null)),
    (error) => { console.error(error); process.exitCode = 1; },
  );`;
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['-e', body], {
    encoding: 'utf8',
    timeout: 30_000,
    env: {
      ...process.env,
      DIST: compiledPackage(),
      PRELUDE: prelude,
      GPU_EXCEPTIONS_ADDON: '/nowhere',
      ...environment,
    },
  });
  if (status !== 0) throw new Error(`${stderr}\n(status ${String(status)}, ${String(signal)})`);
  return JSON.parse(stdout);
}
