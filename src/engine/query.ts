/** Query parameters as users see them: a repeated one is an array. */
export type Query = Record<string, string | string[] | undefined>;

/** What the protocol reads of a query; none of these may be repeated. */
export interface Parameters {
  readonly EIO: string | undefined;
  readonly transport: string | undefined;
  readonly sid: string | undefined;
  readonly j: string | undefined;
  readonly b64: string | undefined;
  readonly t: string | undefined;
}

/** Names and values in turn, in the order of the URL. */
type Pairs = readonly string[];

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A query that is more than names and values as they are. */
const notPlain = /[^\w.~=&-]/;

/** Names a session, at its place in a URL. */
const sessionId = /^[^?]*\?(?:[^#?]*&)?sid=/;

/** Whether a request is of a session that is there already: then it is over once it is answered. */
export function isOfSession(url: string): boolean {
  return sessionId.test(url);
}

/** The query of a URL, or `undefined` when it has more than `maxParameters` parameters. */
export function readQuery(url: string, maxParameters = Infinity): Query | undefined {
  const pairs = pairsOf(url);
  if (pairs.length > 2 * maxParameters) return undefined;
  const query: Query = Object.create(null) as Query;
  for (let at = 0; at < pairs.length; at += 2) {
    const name = pairs[at]!;
    const value = pairs[at + 1]!;
    const present = query[name];
    if (present === undefined) query[name] = value;
    else if (typeof present === "string") query[name] = [present, value];
    else present.push(value);
  }
  return query;
}

/** What the protocol reads of a URL's query, without an object for all of it: polling asks for this twice per message. */
export function readParameters(url: string, maxParameters: number): Parameters | "too many" | "repeated" {
  const pairs = pairsOf(url);
  if (pairs.length > 2 * maxParameters) return "too many";
  const parameters: Writable<Parameters> = { EIO: undefined, transport: undefined, sid: undefined, j: undefined, b64: undefined, t: undefined };
  for (let at = 0; at < pairs.length; at += 2) {
    const name = pairs[at]!;
    if (!isParameter(name)) continue;
    if (parameters[name] !== undefined) return "repeated";
    parameters[name] = pairs[at + 1]!;
  }
  return parameters;
}

function isParameter(name: string): name is keyof Parameters {
  return name === "EIO" || name === "transport" || name === "sid" || name === "j" || name === "b64" || name === "t";
}

function pairsOf(url: string): Pairs {
  const start = url.indexOf("?");
  if (start === -1) return [];
  const text = url.slice(start + 1);
  return notPlain.test(text) ? [...new URLSearchParams(withoutFragment(text))].flat() : plainPairs(text);
}

/** Parameters of which nothing must be decoded, such as polling clients send all the time. */
function plainPairs(text: string): Pairs {
  const pairs: string[] = [];
  let end = 0;
  for (let at = 0; at < text.length; at = end + 1) {
    end = text.indexOf("&", at);
    if (end === -1) end = text.length;
    if (end === at) continue;
    const part = text.slice(at, end);
    const equals = part.indexOf("=");
    if (equals === -1) pairs.push(part, "");
    else pairs.push(part.slice(0, equals), part.slice(equals + 1));
  }
  return pairs;
}

function withoutFragment(text: string): string {
  const end = text.indexOf("#");
  return end === -1 ? text : text.slice(0, end);
}
