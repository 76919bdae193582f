/** Kernels from source: NVRTC. */

import { describe } from '../guard/arguments.js';
import { raiseNative } from '../guard/raise-native.js';
import { checkOptions } from './arguments.js';
import { cached, isRefused, keyOf } from './compile-cache.js';
import type { CompileCacheOptions, Compiled, Found, Refused } from './compile-cache.js';
import { KernelCompileError } from './compile-error.js';
import {
  architectureOption,
  cacheOption,
  headersOption,
  includesFiles,
  nameOption,
  readsFiles,
  textsOption,
} from './compile-options.js';
import { askToCompile, compilerInUse } from './compiler.js';
import type { CompileRequest } from './compiler.js';

export interface CompileOptions {
  /** NVRTC's own, e.g. `['--std=c++17', '-DBLOCK=256']`. */
  options?: readonly string[];
  /**
   * What to compile for: a virtual architecture such as `compute_90` gives PTX, which the driver
   * translates when it is loaded, on that or any newer GPU; a real one such as `sm_90` gives machine
   * code as well. NVRTC's default is its oldest virtual one (`compute_75` in CUDA 13).
   */
  arch?: string;
  /** The source's name in messages, without control characters. Default `kernel.cu`. */
  name?: string;
  /** Texts for `#include`, by the name that stands there. A plain object: no `Map`. */
  headers?: Readonly<Record<string, string>>;
  /** Kernels whose names in the image are asked for, e.g. `scale<float>`; this also instantiates templates. */
  nameExpressions?: readonly string[];
  /**
   * `false`: compiled at every call. `true` (default): this thread keeps the last 64. An object says
   * how many, and names a folder for later processes. Programs whose options read or write files
   * (`--include-path`, `--pre-include`, precompiled headers, `--time`) are never kept, nor are those
   * that may include anything but `headers`: NVRTC also looks where the source would lie.
   */
  cache?: boolean | CompileCacheOptions;
}

/** A program that was compiled; {@link loadModule} takes it as it is. */
export interface CompiledProgram {
  /** What a device loads: the cubin where there is one, else the PTX. */
  readonly image: Uint8Array | string;
  readonly ptx: string;
  /** Machine code; `null` where only a virtual architecture was asked for. */
  readonly cubin: Uint8Array | null;
  /** Warnings; usually empty. */
  readonly log: string;
  /** For each of the name expressions, the kernel's name in the image. */
  readonly loweredNames: Readonly<Record<string, string>>;
  /** As given, or `kernel.cu`. */
  readonly name: string;
  /** `memory` or `directory` where it was compiled before; `null`: it was compiled now. */
  readonly cached: 'memory' | 'directory' | null;
}

/**
 * Compiles CUDA C++ to an image for {@link loadModule} (NVRTC; `nvrtcCompileProgram`). Needs neither a
 * driver nor a GPU. Runs on a thread of ours, one compilation after the other; neither the event loop
 * nor libuv's pool waits. Keeps the process alive until it is settled. An ordinary source takes some
 * hundred milliseconds.
 *
 * @param source CUDA C++, without NUL characters. A kernel is found by its plain name if it is
 * declared `extern "C"`, else by its mangled one: see `nameExpressions`.
 * @returns rejects with TypeError or RangeError for wrong arguments; with {@link KernelCompileError}
 * when the source or an option is refused; with GPUException when there is no NVRTC (`library`), or it
 * fails otherwise.
 */
export async function compile(
  source: string,
  options: CompileOptions = {},
): Promise<CompiledProgram> {
  if (typeof source !== 'string' || source.includes('\0')) {
    throw new TypeError(`source must be a string without NUL characters; got ${describe(source)}`);
  }
  const given = checkOptions(options, [
    'options',
    'arch',
    'name',
    'headers',
    'nameExpressions',
    'cache',
  ]);
  const flags = textsOption(given['options'], 'options.options');
  const name = nameOption(given['name']);
  const headers = headersOption(given['headers']);
  const expressions = textsOption(given['nameExpressions'], 'options.nameExpressions');
  const cache = cacheOption(given['cache']);
  const arguments_ = [...architectureOption(given['arch'], flags), ...flags];

  const work = (): Promise<Compiled | Refused> =>
    compileNow({ source, name, arguments_, headers, expressions });
  let found: Found | Refused;
  if (cache === null || readsFiles(arguments_) || includesFiles(source, headers)) {
    const answer = await work();
    found = isRefused(answer) ? answer : { ...answer, from: null };
  } else {
    const key = keyOf([await compilerInUse(), source, name, arguments_, headers, expressions]);
    found = await cached(key, cache, work);
  }
  // Here, where the caller's stack is still known.
  if (isRefused(found)) throw failed(found, name);
  return programOf(found, name);
}

function programOf({ ptx, cubin, log, lowered, from }: Found, name: string): CompiledProgram {
  // A copy: what is kept must not change with what was handed out.
  const code = cubin.length > 0 ? Uint8Array.from(cubin) : null;
  return {
    image: code ?? ptx,
    ptx,
    cubin: code,
    log,
    loweredNames: Object.fromEntries(lowered),
    name,
    cached: from,
  };
}

async function compileNow(request: CompileRequest): Promise<Compiled | Refused> {
  const [status, call, log, ptx, cubin, lowered] = await askToCompile(request);
  if (status !== 0) return { status, call, log };
  const names = request.expressions.map((each, i): [string, string] => [each, lowered[i] ?? '']);
  return { ptx, cubin: new Uint8Array(cubin), log, lowered: names };
}

/** `NVRTC_ERROR_INVALID_OPTION`, `NVRTC_ERROR_COMPILATION`. */
const REFUSALS: readonly number[] = [5, 6];

function failed({ status: code, call, log }: Refused, name: string): Error {
  const native = {
    library: 'nvrtc',
    code,
    call,
    device: null,
    requestedBytes: null,
    detail: log === '' ? null : (log.split('\n', 1)[0] ?? null),
    memory: null,
  } as const;
  if (!REFUSALS.includes(code)) return raiseNative({ ...native, detail: log });
  return raiseNative(
    native,
    (failure, cause) => new KernelCompileError({ failure, cause, log, name }),
  );
}
