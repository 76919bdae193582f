/** The same for `import`: one stand-in per process, whichever way it is loaded. */

export { mockControlFile, useMock } from './index.js';
export type {
  Mock,
  MockCall,
  MockCondition,
  MockDevice,
  MockDeviceState,
  MockLibrary,
  MockPreset,
  MockPresetUse,
  MockProfile,
  MockRule,
  MockScenario,
  MockState,
  MockSteering,
} from './index.js';
export type {
  MockArgument,
  MockKernelBody,
  MockLaunch,
  MockParameterType,
  MockScalarType,
  MockSpan,
} from './index.js';
