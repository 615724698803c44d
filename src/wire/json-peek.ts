/** Looks at the head of a packet, without parsing its JSON beyond the name: `<type>[<attachments>-][<nsp>,][<ack id>]["<event>"` */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DASH = 0x2d;
const SLASH = 0x2f;
const OPEN_BRACKET = 0x5b;

/** Characters of an event's name, and of the longest way to write one: each as `\u` with four digits. */
const LONGEST = 256;
const LONGEST_WRITTEN = 6 * LONGEST;

/** The name of the event in `text`; `undefined` where it is no event, or its name is a number or longer than 256 characters. */
export function peekEvent(text: string): string | undefined {
  const type = text.charAt(0);
  if (type !== "2" && type !== "5") return undefined;
  let at = skipDigits(text, 1);
  if (text.charCodeAt(at) === DASH) at += 1;
  if (text.charCodeAt(at) === SLASH) at = text.indexOf(",", at) + 1;
  at = skipSpace(text, skipDigits(text, at));
  if (text.charCodeAt(at) !== OPEN_BRACKET) return undefined;
  const from = skipSpace(text, at + 1);
  const name = text.charCodeAt(from) === QUOTE ? readText(text, from) : undefined;
  return name === undefined || name.length > LONGEST ? undefined : name;
}

/** The text whose first quote stands at `from`. */
function readText(text: string, from: number): string | undefined {
  let isEscaped = false;
  for (let at = from + 1; at < Math.min(text.length, from + LONGEST_WRITTEN + 2); at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return isEscaped ? parseText(text.slice(from, at + 1)) : text.slice(from + 1, at);
    if (code !== BACKSLASH) continue;
    isEscaped = true;
    at += 1;
  }
  return undefined;
}

function parseText(json: string): string | undefined {
  try {
    return JSON.parse(json) as string;
  } catch {
    return undefined;
  }
}

/** Index after the white space (RFC 8259, section 2) that stands at `from`. */
function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

function skipDigits(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x39) at++;
  return at;
}
