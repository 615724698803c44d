import { randomId } from "../engine/id.ts";
import type { Limits } from "../engine/limits.ts";
import type { NamespaceRefusal } from "./connect-error.ts";
import type { Host } from "../platform.ts";
import type { CodecLimits } from "../wire/codec.ts";
import { type Packet, PacketError } from "../wire/packet.ts";
import { utf8Length } from "../wire/utf8.ts";

/** The namespace that a client wants to join, and what it says of itself. */
export interface ConnectWish {
  readonly name: string;
  readonly auth: Record<string, unknown>;
}

/** What differs between revisions of the Socket.IO protocol, as one policy. */
export interface Dialect {
  /** The namespace that clients are in without asking; to ask nevertheless changes nothing. */
  readonly implicitNamespace: string | undefined;
  /** Whether its clients can come back to a socket that was lost. */
  readonly recovers: boolean;
  /** Limits for the decoder, where they are not the server's. */
  decoderLimits(limits: Limits): Partial<CodecLimits> | undefined;
  readConnect(packet: Packet, limits: Limits): ConnectWish | PacketError;
  socketId(namespace: string, sessionId: string, host: Host): string;
  /** What logs call a socket. */
  shownId(socketId: string): string;
  /** The data of a CONNECT to the client. */
  welcome(data: { readonly sid: string; readonly pid: string | undefined }): unknown;
  /** The data of a CONNECT_ERROR. */
  refusal(refusal: NamespaceRefusal): unknown;
}

/** Socket.IO protocol, revision 5. */
const dialect5: Dialect = {
  implicitNamespace: undefined,
  recovers: true,
  decoderLimits: () => undefined,
  readConnect: ({ nsp, data }) => ({ name: detached(nsp), auth: (data ?? {}) as Record<string, unknown> }),
  socketId: (_namespace, _sessionId, host) => randomId(host),
  shownId: (socketId) => socketId,
  welcome: (data) => data,
  refusal: (data) => data,
};

/** Socket.IO protocol, revision 4: `0/<nsp>?<query>`. Clients work out their ids by themselves. */
const dialect4: Dialect = {
  implicitNamespace: "/",
  recovers: false,
  decoderLimits: ({ maxNamespaceLength, maxUrlLength }) => ({ maxNamespaceLength: maxNamespaceLength + maxUrlLength }),
  readConnect: readNamespaceUrl,
  socketId: (namespace, sessionId) => (namespace === "/" ? sessionId : `${namespace}#${sessionId}`),
  shownId: withoutSession,
  welcome: () => undefined,
  refusal: ({ message, data }) => data ?? message,
};

/** The dialect of a connection with this revision of Engine.IO. Engines that do not tell speak the newest. */
export function dialectOf(engineProtocol: number | undefined): Dialect {
  return engineProtocol === 3 ? dialect4 : dialect5;
}

/**
 * What logs call a room, which may be that of a socket, and its name the secret of an old client.
 *
 * Programs without types name rooms by numbers too.
 */
export function withoutSession(room: string | number): string {
  return String(room).replace(/^(.*#)?[\w-]{16}([\w-]{4})$/, "$1…$2");
}

/** The name stays as it was written, since the client knows its socket by it. */
function readNamespaceUrl({ nsp }: Packet, limits: Limits): ConnectWish | PacketError {
  if (!URL.canParse(nsp, "http://localhost")) return new PacketError("Invalid URL");
  const end = nsp.includes("?") ? nsp.indexOf("?") : nsp.length;
  const name = nsp.slice(0, end);
  const query = nsp.slice(end + 1);
  if (utf8Length(name) > limits.maxNamespaceLength) return new PacketError("namespace too long", "maxNamespaceLength");
  if (query.length > limits.maxUrlLength) return new PacketError("query too long", "maxUrlLength");
  const auth = new URLSearchParams(detached(query));
  if (auth.size > limits.maxQueryParameters) return new PacketError("too many query parameters", "maxQueryParameters");
  return { name: detached(name), auth: Object.fromEntries(auth) };
}

/** A copy. Engines let a part of a text keep the whole, and this part is kept far longer than the payload that it came in. */
function detached(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
