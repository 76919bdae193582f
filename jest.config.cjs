/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/test/types/', '/test/fixtures/'],
  transform: {
    '^.+\\.m?ts$': [
      'ts-jest',
      // 151001 advises esModuleInterop, which `module: node20` implies.
      { tsconfig: 'tsconfig.json', diagnostics: { ignoreCodes: [151001] } },
    ],
  },
  setupFilesAfterEnv: ['<rootDir>/test/helpers/latch-left-open.ts'],
  // Sources name their CommonJS output ('./x.js'); the tests run the TypeScript beside it.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
};
