/**
 * Text that every JSON reader accepts: lone surrogates, which `JSON.stringify` writes as escapes that
 * strict readers refuse, become U+FFFD.
 */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}
