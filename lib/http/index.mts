/** The same for `import`: one set of classes per process, whichever way it is loaded. */

export { toResponse } from './index.js';
export type { ErrorResponse } from './index.js';
