/** Telling an error from somebody's words about one: a prompt, a title, a search. */

/** How far before a match its line is read. */
const REACH = 400;

/** What stands before a quotation of a person's words. Keys of errors (message, detail …) do not. */
const PERSONAL =
  /(?:\b(?:input|prompt|query|question|title|caption|comment|subject|text|content|search|search term|sentence|keyword|tag|label|name|test|post|tweet|chat|user|asked|said|wrote|typed|value|got|received|topic|headline|document|article|body|video|clip|movie|song|book|episode|channel|playlist|(?:search|searching|looking) for)(?:_(?:value|text|name))?(?: (?:was |is )?(?:rejected|refused|blocked|flagged|denied|not allowed))?['"”]?\s{0,2}[:=]?\s{0,2})$/i;

const ANY_QUOTE = /["“”'`]/;
const QUOTES = '"“”\'`';

/**
 * Whether the match at `index` lies inside a quotation that is introduced as a person's words. A
 * quoted error (`{"error":"CUDA error: …"}`, `failed with "…"`) is still an error.
 */
export function isQuotedSpeech(text: string, index: number): boolean {
  const from = Math.max(0, index - REACH, text.lastIndexOf('\n', index - 1) + 1);
  const before = text.slice(from, index);
  if (!ANY_QUOTE.test(before)) return false;
  let open = -1;
  for (let i = 0; i < before.length; i += 1) {
    const char = before[i] ?? '';
    if (!QUOTES.includes(char) || before[i - 1] === '\\') continue;
    // An apostrophe inside a word opens nothing.
    if (char === "'" && /\w/.test(before[i - 1] ?? '') && /\w/.test(before[i + 1] ?? '')) continue;
    open = open === -1 ? i : -1;
  }
  return open !== -1 && PERSONAL.test(before.slice(0, open));
}
