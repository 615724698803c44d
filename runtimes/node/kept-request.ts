import { IncomingMessage } from "node:http";
import type { Socket as NetSocket } from "node:net";
import { type ParsedUrlQuery, parse } from "node:querystring";

const SEPARATOR = "\r\n";

/** What Node itself puts on a request, and what we do. */
const usual = new Set([...Object.keys(new IncomingMessage(undefined as unknown as NetSocket)), "parser", "_query"]);

/** An answered request as text, a fraction of its size, and made anew for whoever asks for it. */
export class KeptRequest {
  readonly #socket: NetSocket;
  readonly #method: string | undefined;
  readonly #url: string | undefined;
  readonly #version: string;
  /** Names and values in turn. */
  readonly #headers: string;

  constructor(raw: IncomingMessage) {
    this.#socket = raw.socket;
    this.#method = raw.method;
    this.#url = raw.url;
    this.#version = raw.httpVersion;
    this.#headers = raw.rawHeaders.join(SEPARATOR);
  }

  /** Whether a copy says all that the request does: nobody has put something on it, and no header needs Node's own rules. */
  static canReplace(raw: IncomingMessage): boolean {
    if (Object.getPrototypeOf(raw) !== IncomingMessage.prototype) return false;
    for (const name of Object.keys(raw)) if (!usual.has(name)) return false;
    let count = 0;
    for (const name in raw.headers) {
      if (typeof raw.headers[name] !== "string") return false;
      count += 1;
    }
    return 2 * count === raw.rawHeaders.length;
  }

  restore(): IncomingMessage {
    const raw = new IncomingMessage(this.#socket);
    const lines = this.#headers === "" ? [] : this.#headers.split(SEPARATOR);
    const headers: Record<string, string> = {};
    for (let at = 0; at < lines.length; at += 2) headers[lines[at]!.toLowerCase()] = lines[at + 1]!;
    const [major = 1, minor = 1] = this.#version.split(".").map(Number);
    return Object.assign(raw, {
      method: this.#method,
      url: this.#url,
      httpVersion: this.#version,
      httpVersionMajor: major,
      httpVersionMinor: minor,
      rawHeaders: lines,
      headers,
      headersDistinct: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
      complete: true,
    });
  }
}

/** Gives the request `_query`, which published middlewares and a released `socket.io` read. */
export function addQuery(raw: IncomingMessage & { _query?: ParsedUrlQuery }): void {
  if (raw._query !== undefined) return;
  const [, query = ""] = raw.url?.split("?", 2) ?? [];
  raw._query = parse(query);
}
