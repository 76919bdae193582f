import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { steering } from './steering.js';
import type { MockSteering } from './types.js';

interface Command {
  verb: string;
  argument?: unknown;
}

/**
 * Steers stand-ins in other processes: every process that runs with `GPU_EXCEPTIONS_MOCK_CONTROL` set
 * to `file` carries out what is done here, in order, at its next call into the stand-in; one that
 * starts later does so first. What it cannot carry out makes all its calls fail, with the reason on
 * its stderr. The file is replaced as a whole, so no reader sees half of it; one process may write.
 *
 * @throws {TypeError} `file` is no path, or is there and is no control file.
 */
export function mockControlFile(file: string): MockSteering {
  if (typeof file !== 'string' || file === '') {
    throw Object.assign(new TypeError(`"file" must be a path. Received ${typeof file}`), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
  }
  const commands = read(file);
  write(file, commands);
  return steering((verb, argument) => {
    const command: Command = { verb };
    if (argument !== '') command.argument = JSON.parse(argument);
    write(file, [...commands, command]);
    commands.push(command);
  });
}

function read(file: string): Command[] {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const commands = (parsed(text) as { commands?: unknown } | null)?.commands;
  if (Array.isArray(commands)) return commands as Command[];
  throw Object.assign(new TypeError(`"file" must be a control file; ${file} is none`), {
    code: 'ERR_INVALID_ARG_VALUE',
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function write(file: string, commands: Command[]): void {
  const beside = `${file}.${process.pid}.tmp`;
  const handle = openSync(beside, 'w');
  try {
    writeSync(handle, JSON.stringify({ commands }));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(beside, file);
}
