/** Checks of what {@link compile} is given. */

import { checkInteger, describe, isPlain, readAs, readKeys } from '../guard/arguments.js';
import type { CompileCacheOptions } from './compile-cache.js';
import { SOURCE_NAME } from './compile-error.js';

const MOST_ENTRIES = 65536;

/** @throws TypeError unless it is a list of strings that C can read. */
export function textsOption(value: unknown, argument: string): readonly string[] {
  if (value === undefined) return [];
  const list = readAs(value, argument, () =>
    Array.isArray(value) ? Array.from(value as readonly unknown[]) : null,
  );
  if (list === null) {
    throw new TypeError(`${argument} must be an array of strings; got ${describe(value)}`);
  }
  return list.map((each, i) => textOf(each, `${argument}[${String(i)}]`));
}

function textOf(value: unknown, argument: string): string {
  if (typeof value === 'string' && value !== '' && !value.includes('\0')) return value;
  throw new TypeError(
    `${argument} must be a string, not empty and without NUL characters; got ${describe(value)}`,
  );
}

export function nameOption(value: unknown): string {
  if (value === undefined) return SOURCE_NAME;
  const name = textOf(value, 'options.name');
  // It begins lines of NVRTC's log, which are read again.
  if (/\p{Cc}/u.test(name)) {
    throw new TypeError(`options.name must have no control characters; got ${describe(name)}`);
  }
  return name;
}

/** The option for NVRTC, if any. @throws TypeError also where it is given twice. */
export function architectureOption(value: unknown, flags: readonly string[]): string[] {
  if (value === undefined) return [];
  if (typeof value !== 'string' || !/^(?:sm|compute)_\d{2,3}[af]?$/.test(value)) {
    throw new TypeError(
      `options.arch must be such as "sm_90" or "compute_90"; got ${describe(value)}`,
    );
  }
  const twice = flags.find((flag) => /^(?:--gpu-architecture|-arch)(?:=|$)/.test(flag));
  if (twice !== undefined) {
    throw new TypeError(`options.arch is given, and ${describe(twice)} in options.options as well`);
  }
  return [`--gpu-architecture=${value}`];
}

/** Names and texts in turn, by name. @throws TypeError */
export function headersOption(value: unknown): readonly string[] {
  if (value === undefined) return [];
  const entries = readAs(value, 'options.headers', () =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && isPlain(value)
      ? Object.entries(value as Record<string, unknown>)
      : null,
  );
  if (entries === null) {
    throw new TypeError(
      `options.headers must be a plain object of texts by name; got ${describe(value)}`,
    );
  }
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.flatMap(([name, text]) => {
    const argument = `options.headers[${describe(name)}]`;
    if (typeof text !== 'string' || text.includes('\0')) {
      throw new TypeError(
        `${argument} must be a string without NUL characters; got ${describe(text)}`,
      );
    }
    return [textOf(name, 'a name in options.headers'), text];
  });
}

/** `null`: nothing is kept. @throws TypeError, RangeError */
export function cacheOption(value: unknown): CompileCacheOptions | null {
  if (value === undefined || value === true) return {};
  if (value === false) return null;
  const { directory, entries } = readKeys(value, 'options.cache', ['directory', 'entries']);
  const cache: CompileCacheOptions = {};
  if (directory !== undefined) cache.directory = textOf(directory, 'options.cache.directory');
  if (entries !== undefined) {
    cache.entries = checkInteger(entries, 'options.cache.entries', 0, MOST_ENTRIES);
  }
  return cache;
}

/** Files that an option names can change between two compilations, or are to be written by each. */
export function readsFiles(flags: readonly string[]): boolean {
  return flags.some((flag) =>
    /^(?:-I|--include-path|-include|--pre-include|--?time|--?fdevice-time-trace|--?(?:create-|use-)?pch)/.test(
      flag,
    ),
  );
}

/** `#include`, also as `%:` and with comments or line ends within; its name where it stands there as such. */
const INCLUDE =
  /(?:#|%:)(?:\s|\/\*[^]*?\*\/)*include(?:_next)?\b(?:\s|\/\*[^]*?\*\/)*(?:<([^>\n]*)>|"([^"\n]*)")?/g;

/**
 * Whether one of the texts may include what is not among `headers`: such files can change, too. In
 * doubt it does: in comments, by a macro's name, or where `__has_include` asks.
 */
export function includesFiles(source: string, headers: readonly string[]): boolean {
  const names = new Set(headers.filter((_, i) => i % 2 === 0));
  const texts = [source, ...headers.filter((_, i) => i % 2 === 1)];
  return texts.some((given) => {
    const text = given.replace(/(?:\\|\?\?\/)[ \t]*\r?\n/g, '');
    if (/__has_include|\?\?=\s*include/.test(text)) return true;
    return Array.from(text.matchAll(INCLUDE)).some(
      ([, angle, quoted]) => !names.has(angle ?? quoted ?? ''),
    );
  });
}
