/** The same for `import`: one addon per process, whichever way it is loaded. */

export { deviceCount, deviceMemory } from './index.js';
export { devices, processes, snapshot } from './index.js';
export { contextHealth } from './index.js';
export { DeviceBuffer, alloc } from './index.js';
export { compile, KernelCompileError } from './index.js';
export { Event, Stream, synchronize } from './index.js';
export { lastError, peekLastError } from './index.js';
export { libraries } from './index.js';
export { cudartCodeBefore10_1, explainXid } from './index.js';
export { tag } from './index.js';
export type { ContextHealth, ContextHealthOptions } from './index.js';
export type { DeviceInfo, GPUProcess } from './index.js';
export type { DeviceSnapshot, Snapshot, SnapshotOptions } from './index.js';
export type { CompileOptions, CompiledProgram } from './index.js';
export type { CompileCacheOptions, CompileMessage } from './index.js';
export type { AllocOptions, AllocPinnedOptions, CopyOptions, FillOptions } from './index.js';
export type { HostMemory, ReadIntoOptions, ReadOptions } from './index.js';
export type { ViewConstructor, WriteOptions } from './index.js';
export type { EventOptions, StreamOptions } from './index.js';
export type { LibraryCandidate, LibraryReport } from './index.js';
export type { Xid } from './index.js';
export type { TagFields } from './index.js';
export type { DeviceMemory, GPUFailure, GPULibrary, GPUTag } from './index.js';
