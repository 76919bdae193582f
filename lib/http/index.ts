/** Answers over HTTP. */

export { toResponse } from './to-response.js';
export type { ErrorResponse } from './to-response.js';
