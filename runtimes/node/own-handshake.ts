/** The server's side of the opening handshake of a WebSocket: RFC 6455, section 4.2. */
import { createHash } from "node:crypto";
import { type IncomingMessage, validateHeaderValue } from "node:http";
import type { Reply } from "../../src/index.ts";

/** Appended to the client's key: RFC 6455, section 1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const key = /^[+/0-9A-Za-z]{22}==$/;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Why a request is no handshake, as a reply; `undefined` when it is one. */
export function refuseHandshake({ headers }: IncomingMessage): Reply | undefined {
  if (headers.upgrade?.toLowerCase() !== "websocket") return refuse("Invalid Upgrade header");
  if (!key.test(headers["sec-websocket-key"] ?? "")) return refuse("Missing or invalid Sec-WebSocket-Key header");
  if (headers["sec-websocket-version"] !== "13") {
    return refuse("Missing or invalid Sec-WebSocket-Version header", 426, { "sec-websocket-version": "13" });
  }
  return protocolsOf(headers["sec-websocket-protocol"]) === undefined ? refuse("Invalid Sec-WebSocket-Protocol header") : undefined;
}

/** The answer that makes the connection a WebSocket; of the protocols that the client offers it takes the first. */
export function acceptHandshake({ headers }: IncomingMessage, more: readonly (readonly [string, unknown])[]): Buffer {
  const accept = createHash("sha1").update(headers["sec-websocket-key"] + GUID).digest("base64");
  const [protocol] = protocolsOf(headers["sec-websocket-protocol"]) ?? [];
  let text = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n`;
  if (protocol !== undefined) text += `Sec-WebSocket-Protocol: ${protocol}\r\n`;
  for (const [name, value] of more) for (const one of [value].flat()) text += headerLine(name, String(one));
  return Buffer.from(`${text}\r\n`, "latin1");
}

/** Throws a `TypeError` where the app gave a value that would end the line. */
function headerLine(name: string, value: string): string {
  validateHeaderValue(name, value);
  return `${name}: ${value}\r\n`;
}

/** The protocols that the client offers; `undefined` where the header is none. */
function protocolsOf(header: string | undefined): readonly string[] | undefined {
  if (header === undefined) return [];
  const names = header.split(",").map((name) => name.trim());
  return names.every((name) => token.test(name)) && new Set(names).size === names.length ? names : undefined;
}

function refuse(body: string, status = 400, headers: Record<string, string> = {}): Reply {
  return { status, headers: { "content-type": "text/plain", ...headers }, body };
}
