/** The exceptions that the guard throws. */

import type { GPUFailure } from '../failure/types.js';
import { AppException } from './base.js';
import type { ExceptionOptions, Open } from './base.js';
import { stamp } from './brand.js';
import { givenText, optionsAmong, readOption, toStatus } from './coerce.js';

export interface GPUExceptionOptions extends ExceptionOptions {
  /** What is known about the failure. Never shown to a client. */
  failure?: GPUFailure | null;
}

/**
 * A GPU failed: 503.
 *
 * `message` says no more than the class does; which call, code and device it was stands in
 * {@link failure}, the original error in `cause`.
 */
export class GPUException extends AppException {
  declare readonly name: Open<'GPUException'>;
  declare readonly code: Open<'ERR_GPU'>;
  /** What is known about the failure; `null` for an exception that was made without. */
  declare readonly failure: GPUFailure | null;

  static {
    stamp(this, { name: 'GPUException', code: 'ERR_GPU' });
    // On the prototype: an instance without a failure prints none.
    Object.defineProperty(this.prototype, 'failure', {
      value: null,
      writable: true,
      configurable: true,
      enumerable: false,
    });
  }

  constructor(message?: string, statusCode?: number, options?: GPUExceptionOptions);
  constructor(message: string | undefined, options?: GPUExceptionOptions);
  constructor(options?: GPUExceptionOptions);
  constructor(message?: unknown, statusCode?: unknown, options?: unknown) {
    const last = optionsAmong<GPUExceptionOptions>(message, statusCode, options);
    super(givenText(message) ?? 'GPU error', toStatus(statusCode, 503), last);
    const failure = readOption(last, 'failure');
    // Enumerable, because `util.inspect` and pino print nothing else; `toJSON` leaves it out.
    if (typeof failure === 'object' && failure !== null) this.failure = failure as GPUFailure;
  }
}

/** The GPU's memory is exhausted – any GPU's, whoever made it: 503. */
export class GPUOutOfMemoryException extends GPUException {
  declare readonly name: Open<'GPUOutOfMemoryException'>;
  declare readonly code: Open<'ERR_GPU_OUT_OF_MEMORY'>;

  static {
    stamp(this, { name: 'GPUOutOfMemoryException', code: 'ERR_GPU_OUT_OF_MEMORY' });
  }
}

/** CUDA says that memory is exhausted: 503. */
export class CUDAOutOfMemoryException extends GPUOutOfMemoryException {
  declare readonly name: 'CUDAOutOfMemoryException';
  declare readonly code: 'ERR_CUDA_OUT_OF_MEMORY';

  static {
    stamp(this, { name: 'CUDAOutOfMemoryException', code: 'ERR_CUDA_OUT_OF_MEMORY' });
  }

  constructor(message?: string, statusCode?: number, options?: GPUExceptionOptions);
  constructor(message: string | undefined, options?: GPUExceptionOptions);
  constructor(options?: GPUExceptionOptions);
  constructor(message?: unknown, statusCode?: unknown, options?: unknown) {
    super(
      givenText(message) ?? 'CUDA error: out of memory',
      toStatus(statusCode, 503),
      optionsAmong<GPUExceptionOptions>(message, statusCode, options),
    );
  }
}
