/** The environment for compilers that tests start: without what a sanitizer preloads into us. */
export const compilerEnvironment = { ...process.env, LD_PRELOAD: '' };
