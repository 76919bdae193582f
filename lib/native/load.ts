/**
 * The only place that resolves the native addon. Importing this file loads nothing; the addon is
 * loaded once per thread, when it is first needed.
 */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type bindings from 'bindings';
import type { GPUException } from '../exceptions/index.js';
import type { LibraryCandidate, NativeHooks } from './answers.js';
import { BINDING_VERSION } from './binding.js';
import type { NativeBinding } from './binding.js';

// Required when they are needed: the root must stay light, and the addon may never be asked for.
interface Lazy {
  (id: 'bindings'): typeof bindings;
  (id: 'node:worker_threads'): typeof import('node:worker_threads');
  (id: '../exceptions/index.js'): typeof import('../exceptions/index.js');
  (id: '../failure/make.js'): typeof import('../failure/make.js');
  (id: '../guard/raise.js'): typeof import('../guard/raise.js');
  (id: '../guard/raise-native.js'): typeof import('../guard/raise-native.js');
  (id: '../guard/fatal-latch.js'): typeof import('../guard/fatal-latch.js');
}
declare const require: Lazy & ((id: string) => unknown);

/** The package's directory: this file is two levels below it, compiled or not. */
const ROOT = path.resolve(__dirname, '..', '..');
const ADDON = 'gpu_exceptions.node';

/** Decide where libraries are looked for; handed to the addon as they are when it is loaded. */
const ENVIRONMENT = [
  'GPU_EXCEPTIONS_CUDART',
  'GPU_EXCEPTIONS_CUDA',
  'GPU_EXCEPTIONS_NVML',
  'GPU_EXCEPTIONS_CUDNN',
  'GPU_EXCEPTIONS_NVRTC',
  'CUDA_PATH',
  'CUDA_HOME',
  'CONDA_PREFIX',
  'ProgramW6432',
] as const;

interface Loaded {
  binding: NativeBinding;
  /** What hot calls fill, in the order of `Reading`: the addon's one array on this thread. */
  readings: Float64Array;
  path: string;
}

/** The result on this thread: the addon, or every candidate with the reason why it was not taken. */
let result: Loaded | LibraryCandidate[] | null = null;
let raising: typeof import('../guard/raise-native.js') | undefined;
/** Set-up mistakes are met again at the next call: the addon is there, what was asked for is not. */
let ready = false;

/**
 * The addon. Loads it, and makes the stand-in its backend where `GPU_EXCEPTIONS_BACKEND=mock` says so.
 *
 * @throws {GPUException} category `library`, restart `environment`: the addon is not built, or does
 * not fit, or the environment asks for a backend or scenario that there is not; `cause` names every
 * candidate with its own reason. Published on `gpu-exceptions:failure`.
 */
export function loadBinding(): NativeBinding {
  return published(load);
}

function load(): NativeBinding {
  const { binding, path: file } = resolve();
  if (!ready) {
    chooseBackend(binding, file);
    ready = true;
    // A worker that starts after the process was found unusable learns of it here.
    require('../guard/fatal-latch.js').joinNative(binding);
  }
  return binding;
}

/** The numbers that hot calls of the addon answer, in the order of `Reading`. @throws {GPUException} */
export function loadReadings(): Float64Array {
  return resolve().readings;
}

/** The addon, or `null` where it cannot be loaded. Never throws. */
export function tryLoadBinding(): NativeBinding | null {
  try {
    return load();
  } catch {
    return null;
  }
}

/** Tells the channel of a set-up exception that is about to reach the caller. */
function published<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { failure } = error as GPUException;
    if (failure !== null) require('../guard/raise.js').publish(error as GPUException, failure);
    throw error;
  }
}

/**
 * The path of the stand-in's library, which is built beside the addon.
 *
 * @throws {GPUException} category `library`: addon or stand-in is not built.
 */
export function mockLibraryPath(): string {
  return published(() => standInBeside(resolve().path));
}

function resolve(): Loaded {
  result ??= find();
  if (Array.isArray(result)) throw notBuilt(result);
  return result;
}

function find(): Loaded | LibraryCandidate[] {
  const refused: LibraryCandidate[] = [];
  const explicit = process.env['GPU_EXCEPTIONS_ADDON'];
  if (explicit !== undefined && explicit !== '') {
    const file = path.resolve(explicit);
    return open(file, () => require(file), refused) ?? refused;
  }
  for (const folder of ['build/Release', `prebuilds/${process.platform}-${process.arch}`]) {
    const parts = [...folder.split('/'), ADDON];
    const file = path.join(ROOT, ...parts);
    const found = open(file, () => throughBindings(file, parts), refused);
    if (found !== null) return found;
  }
  return refused;
}

/** One candidate at a time, so that each keeps its own reason. */
function throughBindings(file: string, parts: string[]): unknown {
  try {
    return require('bindings')({
      bindings: ADDON,
      module_root: ROOT,
      try: [['module_root', ...parts]],
    });
  } catch (error) {
    // It takes any loader message with "not find" in it for a missing file; ask for the message.
    return Array.isArray((error as { tries?: unknown }).tries) ? require(file) : raise(error);
  }
}

function raise(error: unknown): never {
  throw error;
}

function open(file: string, load: () => unknown, refused: LibraryCandidate[]): Loaded | null {
  try {
    if (!existsSync(file)) throw new Error('no such file');
    const binding = load() as NativeBinding;
    const version: unknown = binding.bindingVersion;
    if (version !== BINDING_VERSION) {
      throw new Error(`built for another version of this package (interface ${String(version)})`);
    }
    return { binding, readings: binding.initialize(hooks()), path: file };
  } catch (error) {
    refused.push({ path: file, reason: error instanceof Error ? error.message : String(error) });
    return null;
  }
}

function hooks(): NativeHooks {
  const environment: Record<string, string> = {};
  for (const name of ENVIRONMENT) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return {
    createError: (library, code, call, device, requestedBytes, detail, memory, driverVersion) => {
      // Kept, since a failure may still come when no module can be had any more: in Jest after a test
      // file's end, for one.
      raising ??= require('../guard/raise-native.js');
      return raising.raiseNative({
        library,
        code,
        call,
        device,
        requestedBytes,
        detail,
        memory,
        driverVersion,
      });
    },
    createUsageError: (kind, message) =>
      kind === 'type'
        ? new TypeError(message)
        : kind === 'range'
          ? new RangeError(message)
          : new Error(message),
    mainThread: require('node:worker_threads').isMainThread,
    environment,
  };
}

function chooseBackend(binding: NativeBinding, file: string): void {
  const backend = process.env['GPU_EXCEPTIONS_BACKEND'] ?? '';
  if (backend === '' || backend === 'real') return;
  if (backend !== 'mock') {
    throw setUpException(
      'GPU_EXCEPTIONS_BACKEND names no backend.',
      'Set GPU_EXCEPTIONS_BACKEND to mock (the stand-in) or real, or leave it unset.',
      new Error(`GPU_EXCEPTIONS_BACKEND is ${JSON.stringify(backend)}; allowed are mock and real`),
    );
  }
  try {
    // Another thread may have configured it already; its devices are this thread's, too.
    binding.useMock(standInBeside(file), scenario(), true);
  } catch (error) {
    throw setUpException(
      'The stand-in for the GPU libraries could not be used.',
      'Correct GPU_EXCEPTIONS_MOCK_SCENARIO (JSON text, or the path of a JSON file), or unset it.',
      error,
    );
  }
}

/** The scenario that the environment gives: JSON text, or the path of a file with it. */
function scenario(): string {
  const given = process.env['GPU_EXCEPTIONS_MOCK_SCENARIO']?.trim() ?? '';
  if (given === '') return '{}';
  return given.startsWith('{') ? given : readFileSync(given, 'utf8');
}

function standInBeside(addon: string): string {
  const extension = { win32: '.dll', darwin: '.dylib' }[process.platform as string] ?? '.so';
  // CMake and node-gyp do not agree on the prefix under Windows.
  const files = ['libgpu_exceptions_mock', 'gpu_exceptions_mock'].map((name) =>
    path.join(path.dirname(addon), name + extension),
  );
  const found = files.find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw setUpException(
    'The stand-in for the GPU libraries is not built. Run: npx gpu-exceptions build',
    'Run `npx gpu-exceptions build`, which builds the stand-in beside the addon.',
    new Error(`no such file: ${files.join(', ')}`),
  );
}

function notBuilt(refused: readonly LibraryCandidate[]): GPUException {
  const tried = refused.map(({ path: file, reason }) => `  ${file}: ${reason}`);
  const lines = ['The native addon could not be loaded. Tried:', ...tried, ...buildRecord()];
  return setUpException(
    'The native addon of gpu-exceptions is not built. Run: npx gpu-exceptions build',
    'Run `npx gpu-exceptions build`; it needs a C++17 compiler and either CMake or Python. The cause names what was missing.',
    new Error(lines.join('\n')),
  );
}

/** What scripts/build-native.cjs wrote down when it last ran here. */
function buildRecord(): string[] {
  try {
    const text = readFileSync(path.join(ROOT, 'build', 'native-build.json'), 'utf8');
    const { tried } = JSON.parse(text) as {
      tried: { with: string; ok: boolean; reason: string | null }[];
    };
    const failed = tried.filter(({ ok }) => !ok);
    if (failed.length === 0) return [];
    return [
      'The last build failed:',
      ...failed.map((each) => `  ${each.with}: ${each.reason ?? 'no reason was kept'}`),
    ];
  } catch {
    return ['It was never built here.'];
  }
}

function setUpException(message: string, remedy: string, cause: unknown): GPUException {
  const { GPUException: Exception } = require('../exceptions/index.js');
  const { makeFailure } = require('../failure/make.js');
  const failure = makeFailure({ category: 'library', restart: 'environment', remedy }, 'probe');
  return new Exception(message, { cause, failure });
}
