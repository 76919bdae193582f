/** The one judge of the house. Loaded at the first failure: nothing here is needed before. */

export { engineLog, isEngineLog, linesSince } from './engine-log.js';
export type { EngineLog, EngineLogLine, EngineLogOptions } from './engine-log.js';
export { fromTag } from './from-tag.js';
export { classifyExit } from './from-exit.js';
export type { ChildExit } from './from-exit.js';
export { classifyGpuFailure, explainGpuFailure, judge } from './judge.js';
export type { Explanation, JudgeContext, Judgement, Spoken } from './judge.js';
export { makeFailure, withMemory } from './make.js';
export type { FailureFacts } from './facts.js';
export { TAG, readTag, setTag } from './tag.js';
export { checkRules } from './user-rules.js';
export type { UserMatch, UserRule } from './user-rules.js';
export type {
  DeviceMemory,
  GPUEvidence,
  GPUFailure,
  GPUFailureCategory,
  GPULibrary,
  GPUTag,
  RestartScope,
} from './types.js';
