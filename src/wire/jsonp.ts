/**
 * Polling through script elements, for clients of Engine.IO 3 in browsers without CORS:
 *
 *     GET    ___eio[<index>]("<payload>");
 *     POST   d=<payload, with its line breaks escaped, as a form writes it>
 */

const lineSeparators = /[\u2028\u2029]/g;

/** Writes the script that hands `payload` to the callback `index`. */
export function encodeJsonp(index: string, payload: string): string {
  // Older engines take the two separators for line ends, which no string literal may hold.
  const literal = JSON.stringify(payload).replace(lineSeparators, (character) => (character === "\u2028" ? "\\u2028" : "\\u2029"));
  return `___eio[${index}](${literal});`;
}

/** Reads the payload out of a form's body; `undefined` when it is none. */
export function decodeJsonp(body: string): string | undefined {
  if (!body.startsWith("d=") || body.includes("&")) return undefined;
  try {
    return unescapeLines(decodeURIComponent(body.slice(2).replaceAll("+", " ")));
  } catch {
    return undefined;
  }
}

/** Forms change line breaks, so clients write them as `\n`, and what was `\n` before with one backslash more. */
function unescapeLines(text: string): string {
  return text.replace(/(\\)?\\n/g, (_match, backslash: string | undefined) => (backslash === undefined ? "\n" : "\\n"));
}
