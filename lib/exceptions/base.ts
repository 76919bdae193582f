/** The exceptions that are not about the GPU. Names, defaults and argument order are fal's. */

import { isInstance, stamp } from './brand.js';
import {
  errorOptions,
  givenText,
  isOptions,
  optionsAmong,
  readOption,
  toStatus,
  toText,
} from './coerce.js';

/** Allows any text while editors still offer the known ones: subclasses may bring their own. */
export type Open<Known extends string> = Known | (string & Record<never, never>);

/** Last argument of every constructor; may stand in the place of any argument that has a default. */
export interface ExceptionOptions {
  /** What led to this exception. Shown by `console.error` and loggers, never to a client. */
  cause?: unknown;
}

/** What a client may read of an exception: what `JSON.stringify(exception)` prints. */
export interface ExceptionJSON {
  name: string;
  code: string;
  message: string;
  status: number;
}

/** The body that pydantic and FastAPI give for an invalid field. */
export interface PydanticErrorBody {
  detail: { loc: ['body', string]; msg: string; type: string }[];
}

/**
 * Base of all exceptions of this package. Answers 500 over HTTP with a fixed text: subclass
 * {@link AppException} to choose the answer.
 *
 * Every instance is a native `Error`; `instanceof` holds across installed copies and realms.
 * Constructors coerce their arguments and never throw. `message` is for the client: put engine text,
 * host names and paths on `cause`. It is kept whole, however long.
 */
export class FalServerlessException extends Error {
  declare readonly name: Open<'FalServerlessException'>;
  /** Stable, for programs to compare: `ERR_FAL_SERVERLESS`. */
  declare readonly code: Open<'ERR_FAL_SERVERLESS'>;
  /** HTTP status, an integer from 400 to 599; 500 where the class is not given one. */
  declare readonly statusCode: number;
  /** The same as {@link statusCode}, under the name that Express and Koa read first. */
  declare readonly status: number;
  /** Whether an HTTP answer may show `message`. */
  declare readonly expose: boolean;

  static {
    stamp(this, {
      name: 'FalServerlessException',
      code: 'ERR_FAL_SERVERLESS',
      statusCode: 500,
      expose: false,
    });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(this, value);
  }

  constructor(message?: string, options?: ExceptionOptions);
  constructor(options?: ExceptionOptions);
  constructor(message?: unknown, options?: unknown) {
    super(givenText(message), errorOptions(isOptions(message) ? message : options));
  }

  /** What a client may read; neither `cause` nor `failure` nor `stack`. Never throws. */
  toJSON(): ExceptionJSON {
    return {
      name: toText(readOption(this, 'name')),
      code: toText(readOption(this, 'code')),
      message: toText(readOption(this, 'message')),
      status: toStatus(readOption(this, 'statusCode'), 500),
    };
  }
}

/**
 * An application's own answer: `message` is sent to the client with `statusCode`.
 *
 * A `statusCode` that is no integer from 400 to 599 becomes 500; numeric text and bigints are read.
 */
export class AppException extends FalServerlessException {
  declare readonly name: Open<'AppException'>;
  declare readonly code: Open<'ERR_APP'>;

  static {
    stamp(this, { name: 'AppException', code: 'ERR_APP', expose: true });
  }

  constructor(message: string, statusCode: number, options?: ExceptionOptions) {
    super(toText(message), optionsAmong<ExceptionOptions>(statusCode, options));
    setStatus(this, toStatus(statusCode, 500));
  }
}

/** An input field is invalid: 422 with a body as pydantic gives it. */
export class FieldException extends FalServerlessException {
  declare readonly name: 'FieldException';
  declare readonly code: 'ERR_FIELD';

  /** Name of the field within the request's body. */
  readonly field: string;
  /** Kind of the error, as pydantic names them: `value_error`, `missing`, … */
  readonly type: string;
  /**
   * What the request is billed in spite of the error, kept as given. `toResponse` formats it; 0 sends
   * no header, and what is no number turns the answer into a 500, as on fal.
   */
  readonly billableUnits: unknown;

  static {
    stamp(this, { name: 'FieldException', code: 'ERR_FIELD', statusCode: 422, expose: true });
  }

  constructor(
    field: string,
    message: string,
    statusCode?: number,
    type?: string,
    billableUnits?: number | bigint | string | boolean | null,
    options?: ExceptionOptions,
  );
  constructor(
    field: string,
    message: string,
    statusCode: number | undefined,
    type: string | undefined,
    options: ExceptionOptions,
  );
  constructor(
    field: string,
    message: string,
    statusCode: number | undefined,
    options: ExceptionOptions,
  );
  constructor(field: string, message: string, options: ExceptionOptions);
  constructor(
    field: string,
    message: string,
    statusCode?: unknown,
    type?: unknown,
    billableUnits?: unknown,
    options?: ExceptionOptions,
  ) {
    const last = optionsAmong<ExceptionOptions>(statusCode, type, billableUnits) ?? options;
    super(toText(message), last);
    setStatus(this, toStatus(statusCode, 422));
    this.field = toText(field);
    this.type = givenText(type) ?? 'value_error';
    this.billableUnits =
      billableUnits === undefined || isOptions(billableUnits) ? 0 : billableUnits;
  }

  /** The body of the answer: `{ detail: [{ loc: ['body', field], msg, type }] }`. */
  toPydanticFormat(): PydanticErrorBody {
    return {
      detail: [
        { loc: ['body', toText(this.field)], msg: toText(this.message), type: toText(this.type) },
      ],
    };
  }
}

/** The client has gone away: 499. */
export class RequestCancelledException extends FalServerlessException {
  declare readonly name: 'RequestCancelledException';
  declare readonly code: 'ERR_REQUEST_CANCELLED';

  static {
    stamp(this, {
      name: 'RequestCancelledException',
      code: 'ERR_REQUEST_CANCELLED',
      statusCode: 499,
      expose: true,
    });
  }

  constructor(message?: string, options?: ExceptionOptions);
  constructor(options?: ExceptionOptions);
  constructor(message?: unknown, options?: ExceptionOptions) {
    super(
      givenText(message) ?? 'Request cancelled by the client.',
      optionsAmong<ExceptionOptions>(message, options),
    );
  }
}

/** An input file exceeds the limit: 413. */
export class FileTooLargeError extends FalServerlessException {
  declare readonly name: 'FileTooLargeError';
  declare readonly code: 'ERR_FILE_TOO_LARGE';

  static {
    stamp(this, {
      name: 'FileTooLargeError',
      code: 'ERR_FILE_TOO_LARGE',
      statusCode: 413,
      expose: true,
    });
  }

  constructor(message?: string, options?: ExceptionOptions);
  constructor(options?: ExceptionOptions);
  constructor(message?: unknown, options?: ExceptionOptions) {
    super(
      givenText(message) ?? 'File is too large.',
      optionsAmong<ExceptionOptions>(message, options),
    );
  }
}

/** An application's file could not be uploaded: 500 with `message`; the path stays on the server. */
export class AppFileUploadException extends FalServerlessException {
  declare readonly name: 'AppFileUploadException';
  declare readonly code: 'ERR_APP_FILE_UPLOAD';

  /** The file, relative to the application. */
  readonly relativePath: string;

  static {
    stamp(this, {
      name: 'AppFileUploadException',
      code: 'ERR_APP_FILE_UPLOAD',
      statusCode: 500,
      expose: true,
    });
  }

  constructor(message: string, relativePath: string, options?: ExceptionOptions) {
    super(toText(message), options);
    this.relativePath = toText(relativePath);
  }
}

/** Plain assignments in one order keep one hidden class; the properties are enumerable for loggers. */
function setStatus(exception: FalServerlessException, statusCode: number): void {
  const own = exception as { statusCode: number; status: number };
  own.statusCode = statusCode;
  own.status = statusCode;
}
