/** `gpu-exceptions mock`: runs a program on the stand-in. */

import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { useMock } from '../mock/index.js';
import type { MockScenario } from '../mock/index.js';
import { mockLibraryPath } from '../native/load.js';
import { corrupted, takeAway } from './broken-library.js';

const USAGE = `Usage: gpu-exceptions mock [options] -- command …
       gpu-exceptions mock [options] --print-env folder
Options: --scenario file.json, --gpus h100:2, --without function, --corrupt library
`;

/** What is wrong with the libraries that a program will find. */
interface Breakage {
  /** Functions that they lack. */
  without: readonly string[];
  /** Files that cannot be loaded. */
  corrupt: readonly string[];
}

/** Names without a version, by which some programs open a library. */
const UNVERSIONED = {
  'libnvidia-ml.so': 'libnvidia-ml.so.1',
  'libcuda.so': 'libcuda.so.1',
  'libcudart.so': 'libcudart.so.13',
};

/** Signals that a terminal or a supervisor sends to us and means for the program. */
const FORWARDED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Answers the exit code: the program's own, 128 + n where signal n ended it, 2 for a wrong use. */
export async function mock(args: string[]): Promise<number> {
  const end = args.indexOf('--');
  const command = end < 0 ? [] : args.slice(end + 1);
  let scenario: string;
  let folder: string | undefined;
  let files: ReadonlyMap<string, Buffer>;
  try {
    const { values } = parseArgs({
      args: end < 0 ? args : args.slice(0, end),
      options: {
        scenario: { type: 'string' },
        gpus: { type: 'string' },
        without: { type: 'string', multiple: true, default: [] },
        corrupt: { type: 'string', multiple: true, default: [] },
        'print-env': { type: 'string' },
      },
    });
    folder = values['print-env'];
    if ((folder === undefined) === (command.length === 0)) throw new TypeError(USAGE);
    scenario = read(values.scenario, values.gpus);
    files = broken(standInFolder(), values);
  } catch (error) {
    const { message } = error as Error;
    const prefix = 'gpu-exceptions mock: ';
    // A refused scenario's message begins with it already.
    process.stderr.write(`${message.startsWith(prefix) ? '' : prefix}${message}\n`);
    return 2;
  }
  if (folder !== undefined) {
    mkdirSync(folder, { recursive: true });
    link(folder, files);
    for (const [name, value] of Object.entries(environment(path.resolve(folder), scenario))) {
      console.log(`export ${name}='${value.replaceAll("'", `'\\''`)}'`);
    }
    return 0;
  }
  process.stderr.write('gpu-exceptions mock: a stand-in answers for NVIDIA; no GPU is involved\n');
  return run(command);

  function run([program = '', ...rest]: string[]): Promise<number> {
    const temporary = mkdtempSync(path.join(tmpdir(), 'gpu-exceptions-mock-'));
    link(temporary, files);
    return spawned(program, rest, environment(temporary, scenario)).finally(() =>
      rmSync(temporary, { recursive: true, force: true }),
    );
  }
}

/** The scenario as JSON text, after the stand-in itself has taken it. */
function read(file: string | undefined, gpus: string | undefined): string {
  const given: unknown = file === undefined ? {} : JSON.parse(readFileSync(file, 'utf8'));
  const scenario = (
    gpus === undefined ? given : { ...(given as MockScenario), devices: gpus }
  ) as MockScenario;
  useMock(scenario);
  return JSON.stringify(scenario);
}

/** Where the libraries with NVIDIA's names lie: beside the engine that they jump into. */
function standInFolder(): string {
  const folder = path.join(path.dirname(mockLibraryPath()), 'stand-in');
  if (!existsSync(folder)) {
    throw new Error(
      `${folder} is not there: only builds for Linux have libraries by NVIDIA's names`,
    );
  }
  return folder;
}

/** The libraries that differ from what was built, by file name. */
function broken(libraries: string, { without, corrupt }: Breakage): Map<string, Buffer> {
  const names = readdirSync(libraries);
  const engine = path.basename(mockLibraryPath());
  const files = new Map<string, Buffer>();
  const content = (name: string): Buffer =>
    files.get(name) ??
    readFileSync(name === engine ? mockLibraryPath() : path.join(libraries, name));
  for (const symbol of without) {
    let found = false;
    // A library's functions are also looked for in what it depends on, and that is the engine.
    for (const name of [...names, engine]) {
      const library = content(name);
      if (!takeAway(library, symbol)) continue;
      files.set(name, library);
      found = true;
    }
    if (!found) throw new TypeError(`--without ${symbol}: no library of the stand-in has it`);
  }
  for (const name of corrupt) {
    if (!names.includes(name)) {
      throw new TypeError(`--corrupt ${name}: the libraries are ${names.join(', ')}`);
    }
    files.set(name, corrupted(content(name)));
  }
  return files;
}

/** The engine is linked, too: a library that is reached by a link does not find it beside itself. */
function link(folder: string, files: ReadonlyMap<string, Buffer>): void {
  const libraries = standInFolder();
  const targets = new Map([[path.basename(mockLibraryPath()), mockLibraryPath()]]);
  for (const name of readdirSync(libraries)) targets.set(name, path.join(libraries, name));
  for (const [name, library] of Object.entries(UNVERSIONED)) targets.set(name, library);
  for (const [name, target] of targets) {
    const place = path.join(folder, name);
    const content = files.get(name);
    rmSync(place, { force: true });
    if (content === undefined) symlinkSync(target, place);
    else writeFileSync(place, content);
  }
}

function environment(folder: string, scenario: string): Record<string, string> {
  const before = process.env['LD_LIBRARY_PATH'];
  return {
    LD_LIBRARY_PATH: before === undefined || before === '' ? folder : `${folder}:${before}`,
    GPU_EXCEPTIONS_BACKEND: 'mock',
    GPU_EXCEPTIONS_MOCK_SCENARIO: scenario,
  };
}

function spawned(program: string, args: string[], extra: Record<string, string>): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...extra } });
    const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
    for (const signal of FORWARDED) process.on(signal, forward);
    const done = (code: number): void => {
      for (const signal of FORWARDED) process.off(signal, forward);
      resolve(code);
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      process.stderr.write(`gpu-exceptions mock: ${error.message}\n`);
      done(error.code === 'ENOENT' ? 127 : 126);
    });
    child.on('exit', (code, signal) =>
      done(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}
