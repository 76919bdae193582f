/** The same for `import`: one stand-in per process, whichever way it is loaded. */

export { useMock } from './index.js';
export type {
  Mock,
  MockDevice,
  MockDeviceState,
  MockLibrary,
  MockRule,
  MockScenario,
  MockState,
} from './index.js';
