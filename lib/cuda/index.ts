/** `gpu-exceptions/cuda`: looking at the GPU, and GPU work from Node. */

import * as reading from './devices.js';

export { deviceCount } from './devices.js';
export { devices } from './device-info.js';
export { processes } from './processes.js';
export { snapshot } from './snapshot.js';
export { contextHealth } from './context-health.js';
export { alloc } from './alloc.js';
export { DeviceBuffer } from './device-buffer.js';
export { compile } from './compile.js';
export { KernelCompileError } from './compile-error.js';
export { Module, loadModule } from './module.js';
export { Kernel } from './kernel.js';
export {
  KernelArgument,
  f32,
  f64,
  i16,
  i32,
  i64,
  i8,
  pointer,
  u16,
  u32,
  u64,
  u8,
} from './kernel-argument.js';
export { Stream } from './stream.js';
export { Event } from './event.js';
export { synchronize } from './synchronize.js';
export { lastError, peekLastError } from './last-error.js';
export { libraries } from './libraries.js';
export { cudartCodeBefore10_1, explainXid } from '../codes/xids.js';
export { tag } from './tag.js';

// A value and not a re-export: TypeScript makes a getter of the latter, which shows in a call of 40 ns.
/** See `devices.ts`. */
export const deviceMemory = reading.deviceMemory;

export type { ContextHealth, ContextHealthOptions } from './context-health.js';
export type { DeviceInfo } from './device-info.js';
export type { GPUProcess } from './processes.js';
export type { DeviceSnapshot, Snapshot, SnapshotOptions } from './snapshot.js';
export type { CompileOptions, CompiledProgram } from './compile.js';
export type { CompileCacheOptions } from './compile-cache.js';
export type { CompileMessage } from './compile-error.js';
export type { LoadModuleOptions, ModuleImage } from './module.js';
export type {
  Dimensions,
  KernelAttributes,
  LaunchArgument,
  LaunchOptions,
  Occupancy,
} from './kernel.js';
export type { KernelArgumentType } from './kernel-argument.js';
export type { KernelParameter, ParameterKind } from './ptx-parameters.js';
export type { RecentLaunch } from './recent-launches.js';
export type { AllocOptions, AllocPinnedOptions } from './alloc.js';
export type {
  CopyOptions,
  FillOptions,
  ReadIntoOptions,
  ReadOptions,
  WriteOptions,
} from './buffer-options.js';
export type { ViewConstructor } from './view-option.js';
export type { HostMemory } from './host-bytes.js';
export type { StreamOptions } from './stream.js';
export type { EventOptions } from './event.js';
export type { LibraryCandidate, LibraryFinding, LibraryReport } from './libraries.js';
export type { Xid } from '../codes/xids.js';
export type { TagFields } from './tag.js';
export type { DeviceMemory, GPUFailure, GPULibrary, GPUTag } from '../failure/types.js';
