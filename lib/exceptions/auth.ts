/** The exception about credentials. */

import { FalServerlessException } from './base.js';
import type { ExceptionOptions } from './base.js';
import { stamp } from './brand.js';

/** The caller is not signed in: 401 with a fixed message. */
export class UnauthenticatedException extends FalServerlessException {
  declare readonly name: 'UnauthenticatedException';
  declare readonly code: 'ERR_UNAUTHENTICATED';

  static {
    stamp(this, {
      name: 'UnauthenticatedException',
      code: 'ERR_UNAUTHENTICATED',
      statusCode: 401,
      expose: true,
    });
  }

  constructor(options?: ExceptionOptions) {
    super(
      'No valid credentials were given. Sign in or provide an API key, then try again.',
      options,
    );
  }
}
