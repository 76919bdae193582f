/** What a source that does not compile is thrown as. */

import { GPUException } from '../exceptions/gpu.js';
import type { GPUExceptionOptions } from '../exceptions/gpu.js';
import { describe } from '../guard/arguments.js';

/** What a source is called that was given no name. */
export const SOURCE_NAME = 'kernel.cu';

/** One message of the compiler. */
export interface CompileMessage {
  severity: 'error' | 'warning';
  /** The source's name, a header's, or NVRTC's own word for name expressions; `null` for what concerns no line. */
  file: string | null;
  /** In that file, from 1; `null` for what concerns no line. */
  line: number | null;
  text: string;
}

export interface KernelCompileErrorOptions extends GPUExceptionOptions {
  /** NVRTC's log, word for word. */
  log: string;
  /** The source's name, as `compile()` was given it. Default `kernel.cu`. */
  name?: string;
}

/**
 * NVRTC refuses a source (`NVRTC_ERROR_COMPILATION`) or an option (`NVRTC_ERROR_INVALID_OPTION`): what
 * a `SyntaxError` is for JavaScript. `failure.category` is `invalid-argument`; it says nothing about
 * the GPU, and trying again does not help.
 *
 * `message` is fit for a client; the compiler's words, with pieces of the source, stand in
 * {@link log} and {@link messages}. `serializeException` carries it on as a `GPUException`, without them.
 */
export class KernelCompileError extends GPUException {
  /** NVRTC's log, word for word. */
  readonly log: string;
  /**
   * Line of the source in which the first error is, from 1; `null` where that is in another file – a
   * header, a name expression: see {@link messages} – or concerns no line, e.g. an option.
   */
  readonly line: number | null;
  /** Errors and warnings, in the log's order. */
  readonly messages: readonly CompileMessage[];

  static {
    Object.defineProperty(this.prototype, 'name', {
      value: 'KernelCompileError',
      writable: true,
      configurable: true,
    });
  }

  /** @throws {TypeError} no log, or a name that is none. */
  constructor(options: KernelCompileErrorOptions) {
    const {
      log,
      name = SOURCE_NAME,
      ...rest
    } = (options as Partial<KernelCompileErrorOptions> | undefined) ?? {};
    if (typeof log !== 'string') {
      throw new TypeError(`options.log must be a string; got ${describe(log)}`);
    }
    if (typeof name !== 'string') {
      throw new TypeError(`options.name must be a string; got ${describe(name)}`);
    }
    super('The CUDA source does not compile.', rest);
    this.log = log;
    this.messages = readLog(log);
    const first = this.messages.find(({ severity }) => severity === 'error');
    this.line = first?.file === name ? first.line : null;
  }
}

/** `k.cu(3): error: expected a ";"`, with `catastrophic error` and `warning #177-D`; `nvrtc: error: …`. */
const MESSAGE =
  /^(?:(?<file>.{1,4096})\((?<line>\d{1,9})\)|At end of source|Command-line|nvrtc): (?:catastrophic )?(?<severity>error|warning)(?: #[\w-]+)?: (?<text>.*)$/;

/** The messages in a log of NVRTC. */
export function readLog(log: string): CompileMessage[] {
  return log.split('\n').flatMap((row) => {
    const { file, line, severity, text } = MESSAGE.exec(row)?.groups ?? {};
    if (severity === undefined || text === undefined) return [];
    return [
      {
        severity: severity as 'error' | 'warning',
        file: file ?? null,
        line: line === undefined ? null : Number(line),
        text,
      },
    ];
  });
}
