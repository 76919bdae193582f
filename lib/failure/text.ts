/** Making foreign text fit for matching: bounded, and free of colours and control characters. */

/** The longest text that is looked at whole, in UTF-16 units. */
export const TEXT_LIMIT = 64 * 1024;
/** Of longer texts, the beginning (what failed) and the end (what it came down to). */
const HEAD = 40 * 1024;

const CONTROL = '\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f';

// By the escapes of ECMA-48: control sequences (colours), then operating-system commands (titles,
// links). Built from strings: a literal would hold the control characters it removes.
const SEQUENCES = new RegExp('\\u001b\\[[0-?]{0,32}[ -/]{0,4}[@-~]', 'g');
const COMMANDS = new RegExp('\\u001b\\][^\\u0007\\u001b]{0,2048}(?:\\u0007|\\u001b\\\\)', 'g');
const CONTROLS = new RegExp(`[${CONTROL}]`, 'g');

/** At most {@link TEXT_LIMIT} characters: head and tail of what is longer. */
export function windowed(text: string): string {
  if (text.length <= TEXT_LIMIT) return text;
  return `${text.slice(0, HEAD)}\n${text.slice(text.length - (TEXT_LIMIT - HEAD - 1))}`;
}

/** Without terminal escapes and control characters; line breaks and tabs stay. */
export function cleaned(text: string): string {
  return text.replace(SEQUENCES, '').replace(COMMANDS, '').replace(CONTROLS, '');
}
