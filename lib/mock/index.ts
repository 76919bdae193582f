/**
 * `gpu-exceptions/mock`: a machine with GPUs that is not there. A shared library of ours answers in
 * place of NVIDIA's, with their semantics, and fails on request. See docs/mock.md.
 */

export { useMock } from './use-mock.js';
export type {
  Mock,
  MockDevice,
  MockDeviceState,
  MockLibrary,
  MockRule,
  MockScenario,
  MockState,
} from './types.js';
