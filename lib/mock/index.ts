/**
 * `gpu-exceptions/mock`: a machine with GPUs that is not there. A shared library of ours answers in
 * place of NVIDIA's, with their semantics, and fails on request. See docs/mock.md.
 */

export { mockControlFile } from './control-file.js';
export { useMock } from './use-mock.js';
export type {
  MockArgument,
  MockKernelBody,
  MockLaunch,
  MockParameterType,
  MockScalarType,
  MockSpan,
} from './kernel.js';
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
} from './types.js';
