/** Looks at the head of a packet, without parsing its JSON: `<type>[<attachments>-][<nsp>,][<ack id>]["<event>"` */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DASH = 0x2d;
const SLASH = 0x2f;
const OPEN_BRACKET = 0x5b;

/** Characters of an event's name that are looked at. */
const LONGEST = 256;

/** The name of the event in `text`; `undefined` where it is no event, or its name is escaped, longer than 256 characters, or a number. */
export function peekEvent(text: string): string | undefined {
  const type = text.charAt(0);
  if (type !== "2" && type !== "5") return undefined;
  let at = skipDigits(text, 1);
  if (text.charCodeAt(at) === DASH) at += 1;
  if (text.charCodeAt(at) === SLASH) at = text.indexOf(",", at) + 1;
  at = skipDigits(text, at);
  if (text.charCodeAt(at) !== OPEN_BRACKET || text.charCodeAt(at + 1) !== QUOTE) return undefined;
  const from = at + 2;
  for (let end = from; end < Math.min(text.length, from + LONGEST + 1); end++) {
    const code = text.charCodeAt(end);
    if (code === QUOTE) return text.slice(from, end);
    if (code === BACKSLASH) return undefined;
  }
  return undefined;
}

function skipDigits(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x39) at++;
  return at;
}
