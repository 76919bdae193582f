/** What the calls of a DeviceBuffer may be told. */

import type { Stream } from './stream.js';

export interface WriteOptions {
  /** Where in the buffer, in bytes. Default 0. */
  offset?: number;
  /** Default: the buffer's own stream, or the device's default stream. */
  stream?: Stream;
  /** Takes the source's memory over: it is detached, and not copied before. Default `false`. */
  transfer?: boolean;
}

export interface ReadOptions {
  /** Where in the buffer, in bytes. Default 0. */
  offset?: number;
  /** How many bytes. Default: all from `offset` on. */
  byteLength?: number;
  /** Default: the buffer's own stream, or the device's default stream. */
  stream?: Stream;
}

export type ReadIntoOptions = Omit<ReadOptions, 'byteLength'>;
export type FillOptions = ReadOptions;

export interface CopyOptions {
  /** Where in this buffer, in bytes. Default 0. */
  sourceOffset?: number;
  /** Where in the target, in bytes. Default 0. */
  targetOffset?: number;
  /** How many bytes. Default: all of this buffer from `sourceOffset` on. */
  byteLength?: number;
  /** Of the device of either buffer. Default: as for a read of this buffer. */
  stream?: Stream;
}
