/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/test/types/', '/test/fixtures/'],
  transform: { '^.+\\.m?ts$': ['ts-jest', { tsconfig: 'tsconfig.json' }] },
  // Sources name their CommonJS output ('./x.js'); the tests run the TypeScript beside it.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
};
