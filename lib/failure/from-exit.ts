/** Judging a child process that died, by its exit code, signal and last words. */

import { chromiumGpuExit } from './chromium-exit.js';
import type { FailureFacts } from './facts.js';
import { fieldsOf } from './fields.js';
import { readLog } from './judge-log.js';
import { makeFailure } from './make.js';
import type { GPUFailure, GPULibrary, RestartScope } from './types.js';

/** As `child_process` reports it; `stderr` as collected by the parent. */
export interface ChildExit {
  /** Exit code, or `null` when a signal ended it. Shell forms (134, 137, 139) are understood. */
  code?: number | null;
  /** Name of the signal, e.g. `SIGABRT`, or `null`. */
  signal?: string | null;
  /** Its standard error; the last 64 KiB are read. */
  stderr?: string | Uint8Array | null;
  /**
   * Whose numbers the codes are, where a program has its own. `chromium-gpu`: the GPU process of
   * Chromium, as Electron's `child-process-gone` reports it with `type: 'GPU'`.
   */
  program?: 'chromium-gpu' | null;
}

const TAIL = 64 * 1024;

/** How it ended. */
type Ending = 'clean' | 'error' | 'abort' | 'segfault' | 'kill';

/** Shells add 128 to the signal; Windows answers NTSTATUS values, signed or not. */
function endingOf(code: number | null, signal: string | null): Ending {
  if (signal === 'SIGABRT' || signal === 'SIGTRAP' || signal === 'SIGILL') return 'abort';
  if (signal === 'SIGSEGV' || signal === 'SIGBUS' || signal === 'SIGFPE') return 'segfault';
  if (signal === 'SIGKILL') return 'kill';
  if (signal !== null) return 'error';
  if (code === null || code === 0) return 'clean';
  switch (code >>> 0) {
    case 134:
    case 133:
    case 0xc0000409: // STATUS_STACK_BUFFER_OVERRUN: abort() and __fastfail
    case 0x40000015: // STATUS_FATAL_APP_EXIT
    case 0x80000003: // STATUS_BREAKPOINT: a failed check of programs built like Chromium
      return 'abort';
    case 139:
    case 135:
    case 0xc0000005: // STATUS_ACCESS_VIOLATION
      return 'segfault';
    case 137:
      return 'kill';
    default:
      return 'error';
  }
}

/** Libraries of drivers and GPU engines, as crash reports and stack traces name them. */
const DRIVER_LIBRARIES: readonly (readonly [RegExp, GPULibrary | null])[] = [
  [
    /\blibcuda\.so|\bnvcuda(?:64)?\.dll|\blibnvidia-[\w-]{2,30}\.so|\bnvoglv(?:32|64)\.dll|\bnvwgf2umx?\.dll/,
    'cuda',
  ],
  [/\blibcudart(?:\.so|64)|\bcudart64_\d{1,4}\.dll|\blibggml-cuda\.so|\bggml-cuda\.dll/, 'cudart'],
  [/\blibcublas|\bcublas(?:Lt)?64/, 'cublas'],
  [/\blibcudnn|\bcudnn(?:_\w{1,24})?64/, 'cudnn'],
  [/\blibnvinfer|\bnvinfer\w{0,12}\.dll/, 'tensorrt'],
  [/\blibnccl\.so/, 'nccl'],
  [/\blibamdhip64|\blibhsa-runtime64|\bamdhip64|\batidxx64\.dll|\bamdxc64\.dll/, 'hip'],
  [/\blibvulkan(?:_\w{2,20})?\.so|\bvulkan-1\.dll|\blibggml-vulkan/, 'vulkan'],
  [/\bigd\w{4,16}\.dll|\blibigdrcl\.so|\blibze_(?:intel_gpu|loader)\.so/, 'level-zero'],
  [
    /\bonnxruntime_providers_(?:cuda|tensorrt|rocm)\b|\bdxgi\.dll|\bd3d1[12](?:core)?\.dll|\bDirectML\.dll/i,
    null,
  ],
];

function driverIn(text: string): { library: GPULibrary | null } | null {
  for (const [pattern, library] of DRIVER_LIBRARIES) if (pattern.test(text)) return { library };
  return null;
}

function tailOf(stderr: unknown): string {
  if (typeof stderr === 'string') return stderr.slice(-TAIL);
  if (stderr instanceof Uint8Array) return Buffer.from(stderr.subarray(-TAIL)).toString('utf8');
  return '';
}

function shown(value: unknown): string {
  return value === null ? 'null' : typeof value === 'number' ? String(value) : typeof value;
}

function check(exit: unknown): ChildExit {
  const fields = fieldsOf(exit, 'exit', ['code', 'signal', 'stderr', 'program']);
  const { code, signal, stderr, program } = fields;
  if (code !== undefined && code !== null && !Number.isInteger(code)) {
    throw new TypeError(`exit.code must be an integer or null; got ${shown(code)}`);
  }
  if (signal !== undefined && signal !== null && typeof signal !== 'string') {
    throw new TypeError(`exit.signal must be a signal's name or null; got ${shown(signal)}`);
  }
  if (
    stderr !== undefined &&
    stderr !== null &&
    typeof stderr !== 'string' &&
    !(stderr instanceof Uint8Array)
  ) {
    throw new TypeError(`exit.stderr must be a string, a Uint8Array or null; got ${shown(stderr)}`);
  }
  if (program !== undefined && program !== null && program !== 'chromium-gpu') {
    throw new TypeError(`exit.program must be 'chromium-gpu' or null; got ${shown(program)}`);
  }
  return fields;
}

const WIDTH: Readonly<Record<RestartScope, number>> = {
  none: 0,
  process: 1,
  environment: 1,
  device: 2,
  node: 3,
};

/** Whatever the cause, a process that died has to be started again. */
function needingProcess(facts: FailureFacts): FailureFacts {
  const failure = makeFailure(facts, 'exit');
  const restart = WIDTH[failure.restart] < WIDTH.process ? 'process' : failure.restart;
  return { ...facts, restart };
}

/**
 * The GPU failure that ended a child process, or `null`: it ended well, or nothing in its last words
 * names a GPU. A kill is the host's out-of-memory killer unless the text says otherwise; a
 * segmentation fault counts only when the text names a driver's library, or `program` says that
 * driving the GPU is all that it does. The verdict is about the child: it never closes this process's
 * latch.
 *
 * @throws TypeError when the argument has the wrong shape
 */
export function classifyExit(exit: ChildExit): GPUFailure | null {
  const { code = null, signal = null, stderr, program } = check(exit);
  const ending = endingOf(code, signal);
  if (ending === 'clean') return null;
  const text = tailOf(stderr);
  const log = readLog(text.split('\n', TAIL));
  const died = ending !== 'error';
  if (log !== null) return makeFailure(died ? needingProcess(log.facts) : log.facts, 'exit');
  const crashed = ending === 'segfault' || ending === 'abort';
  if (program === 'chromium-gpu') {
    const facts = chromiumGpuExit(code ?? 0, crashed);
    return facts === null ? null : makeFailure(needingProcess(facts), 'exit');
  }
  if (!crashed) return null;
  const driver = driverIn(text);
  return driver === null ? null : makeFailure({ category: 'aborted', ...driver }, 'exit');
}
