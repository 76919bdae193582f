#!/usr/bin/env node
/** `gpu-exceptions <command>`: what a user runs by hand. Each command is one entry of {@link commands}. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect, parseArgs } from 'node:util';

interface Command {
  summary: string;
  run(args: string[]): number | Promise<number>;
}

const packageRoot = join(__dirname, '..', '..');

/** Builds the addon in the installed package; package managers do not run build scripts of dependencies. */
function build(args: string[]): number {
  const script = join(packageRoot, 'scripts', 'build-native.cjs');
  return spawnSync(process.execPath, [script, ...args], { stdio: 'inherit' }).status ?? 1;
}

function libraries(args: string[]): number {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } });
  // Loaded here and not above: `build` must work where there is no addon yet.
  const cuda = require('../cuda/index.js') as typeof import('../cuda/index.js');
  const found = cuda.libraries();
  if (values.json) {
    console.log(JSON.stringify(found, null, 2));
    return 0;
  }
  for (const each of found) {
    if (each.loaded) {
      const standIn = each.mock ? '  STAND-IN, no GPU behind it' : '';
      console.log(`${each.library}: ${each.version ?? 'version unknown'}  ${each.path}${standIn}`);
      for (const { message } of each.findings) console.log(`    ${message}`);
    } else {
      console.log(`${each.library}: not found`);
      for (const candidate of each.candidates)
        console.log(`    ${candidate.path}: ${candidate.reason}`);
    }
  }
  return 0;
}

const commands: Record<string, Command> = {
  build: { summary: 'build the native addon where this package is installed', run: build },
  libraries: {
    summary: "which of NVIDIA's libraries this process finds, and why not [--json]",
    run: libraries,
  },
  mock: {
    summary:
      'run a program on the stand-in, no GPU needed [--scenario f.json] [--gpus h100:2] -- command',
    // Loaded here for the same reason.
    run: (args) => (require('./mock.js') as typeof import('./mock.js')).mock(args),
  },
};

function usage(): string {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name}  ${summary}`);
  return `Usage: gpu-exceptions <command>\n\n${lines.join('\n')}\n`;
}

function version(): string {
  const text = readFileSync(join(packageRoot, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** What `parseArgs` throws for a flag or an argument that there is not. */
function isUsageError(error: unknown): error is Error {
  return (
    error instanceof Error &&
    String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS_')
  );
}

async function main(argv: string[]): Promise<number> {
  const [name, ...args] = argv;
  if (name === undefined || ['help', '--help', '-h'].includes(name)) {
    process.stdout.write(usage());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    process.stderr.write(`gpu-exceptions: no command "${name}"\n\n${usage()}`);
    return 2;
  }
  try {
    return await command.run(args);
  } catch (error) {
    if (isUsageError(error)) {
      process.stderr.write(`gpu-exceptions ${name}: ${error.message}\n\n${usage()}`);
      return 2;
    }
    console.error(inspect(error));
    return 1;
  }
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
