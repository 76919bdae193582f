/** A bounded memory of what an engine logged, for errors that do not say why they failed. */

import { performance } from 'node:perf_hooks';

import { fieldsOf } from './fields.js';

/** One line, as the engine wrote it, without its line break. */
export interface EngineLogLine {
  /** `performance.now()` of this thread, in milliseconds. */
  time: number;
  /** The engine's own word for the level, or `null`. */
  level: string | null;
  text: string;
}

/** Plugs into an engine: `getLlama({ logger: log.logger })`, or `child.stderr.on('data', log.push)`. */
export interface EngineLog {
  /** Fits node-llama-cpp's `logger` option. Never throws. */
  readonly logger: (level: unknown, message: unknown) => void;
  /** Any text; several lines are kept one by one. Never throws. */
  readonly push: (text: unknown) => void;
  /** The last lines, oldest first; all that are kept when no number is given. */
  readonly recent: (count?: number) => EngineLogLine[];
}

export interface EngineLogOptions {
  /** Lines kept: an integer from 1 to 65536; 512 unless told. */
  capacity?: number;
}

const DEFAULT_CAPACITY = 512;
const LARGEST_CAPACITY = 65_536;
const LONGEST_LINE = 4096;
/** Of one message; engines that dump more are cut at its beginning and end. */
const MOST_LINES_AT_ONCE = 256;

const rings = new WeakMap<object, EngineLogLine[]>();

function capacityOf(options: unknown): number {
  if (options === undefined) return DEFAULT_CAPACITY;
  const { capacity } = fieldsOf(options, 'options', ['capacity']);
  if (capacity === undefined) return DEFAULT_CAPACITY;
  if (typeof capacity !== 'number') {
    throw new TypeError(`options.capacity must be a number; got ${typeof capacity}`);
  }
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > LARGEST_CAPACITY) {
    throw new RangeError(
      `options.capacity must be an integer from 1 to ${String(LARGEST_CAPACITY)}; got ${String(capacity)}`,
    );
  }
  return capacity;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : '';
}

function linesOf(text: string): string[] {
  const bounded = text.length > 1 << 20 ? text.slice(-(1 << 20)) : text;
  const lines = bounded.split('\n', 100_000).filter((line) => line.trim() !== '');
  const kept =
    lines.length > MOST_LINES_AT_ONCE
      ? [...lines.slice(0, MOST_LINES_AT_ONCE / 2), ...lines.slice(-MOST_LINES_AT_ONCE / 2)]
      : lines;
  return kept.map((line) => line.slice(0, LONGEST_LINE));
}

/**
 * A new, empty log. One serves any number of calls: the guard reads the lines of a call's own time.
 * @throws TypeError, RangeError for a wrong `capacity`
 */
export function engineLog(options?: EngineLogOptions): EngineLog {
  const capacity = capacityOf(options);
  const ring: EngineLogLine[] = [];

  function add(level: string | null, text: string): void {
    const time = performance.now();
    for (const line of linesOf(text)) ring.push({ time, level, text: line });
    // In one go when twice full, so that a chatty engine does not pay for every line.
    if (ring.length >= capacity * 2) ring.splice(0, ring.length - capacity);
  }

  const log: EngineLog = {
    logger: (level, message) => {
      add(typeof level === 'string' ? level.slice(0, 32) : null, textOf(message));
    },
    push: (text) => {
      add(null, textOf(text));
    },
    recent: (count = capacity) => {
      const wanted = Number.isFinite(count)
        ? Math.max(0, Math.min(capacity, Math.trunc(count)))
        : capacity;
      return wanted === 0 ? [] : ring.slice(-wanted).map((line) => ({ ...line }));
    },
  };
  rings.set(log, ring);
  return Object.freeze(log);
}

/** Whether a value is a log made by {@link engineLog} of this copy of the package. */
export function isEngineLog(value: unknown): value is EngineLog {
  return typeof value === 'object' && value !== null && rings.has(value);
}

/** Texts of the lines logged at or after `startedAt` (`performance.now()`), oldest first. */
export function linesSince(log: EngineLog, startedAt: number): string[] {
  const ring = rings.get(log) ?? [];
  const first = ring.findIndex((line) => line.time >= startedAt);
  return first === -1 ? [] : ring.slice(first).map((line) => line.text);
}
