import type { HeadersLike, RequestLike, WebSocketLike } from "../platform.ts";
import { Batch } from "../wire/batch.ts";
import type { Message } from "../wire/codec.ts";
import type { Pulse } from "./heartbeat.ts";
import type { TransportName } from "./options.ts";
import { type Outgoing, control, revisions } from "./revision.ts";
import type { SessionOwner } from "./session-contract.ts";
import { Session } from "./session.ts";

/** A session as plain data, which structured cloning can copy: enough to go on with it in another process. */
export interface SessionSnapshot {
  readonly id: string;
  /** Revision of the Engine.IO protocol. */
  readonly protocol: 3 | 4;
  readonly startedPolling: boolean;
  readonly boundTo?: string | undefined;
  readonly transport: TransportName;
  readonly request: RequestSnapshot;
  readonly pulse: Pulse;
  /** Milliseconds since the Unix epoch. */
  readonly pingedAt: number;
  readonly grace: number;
  /** Milliseconds since the Unix epoch. */
  readonly heardAt: number;
  /** The heartbeat's next deadline, in milliseconds since the Unix epoch. */
  readonly heartbeatDue: number;
  /** What waits for the next GET; of a control packet, the text. */
  readonly queue: readonly (string | BatchSnapshot)[];
}

/** What is kept of a message with its attachments. */
interface BatchSnapshot {
  readonly messages: readonly Message[];
  readonly compress: boolean;
  readonly droppable: boolean;
}

/** What is kept of a handshake's request. */
export interface RequestSnapshot {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly remoteAddress: string;
  readonly secure: boolean;
}

export function snapshotSession(session: Session): SessionSnapshot {
  const { owner } = session;
  const toWallClock = owner.host.wallClock() - owner.host.now();
  return {
    id: session.id,
    protocol: session.protocol,
    startedPolling: session.startedPolling,
    boundTo: session.boundTo,
    transport: session.transportName,
    request: (session.keptRequest ??= snapshotRequest(session.handshake)),
    pulse: session.pulse,
    pingedAt: session.pingedAt + toWallClock,
    grace: session.grace,
    heardAt: session.heardAt + toWallClock,
    heartbeatDue: session.heartbeat.due + toWallClock,
    queue: session.polling?.queue.items.map(plain) ?? [],
  };
}

function snapshotRequest({ method, url, headers, remoteAddress, secure }: RequestLike): RequestSnapshot {
  const pairs: [string, string][] = [];
  headers.forEach((value, name) => pairs.push([name, value]));
  return { method, url, headers: pairs, remoteAddress, secure };
}

/** The session goes on; its deadlines are never further away than they could be. */
export function restoreSession(snapshot: SessionSnapshot, owner: SessionOwner, ws?: WebSocketLike): Session {
  const { host } = owner;
  const revision = revisions[snapshot.protocol];
  const session = new Session(snapshot.id, new RestoredRequest(snapshot.request), owner, revision, ws, snapshot.startedPolling);
  session.keptRequest = snapshot.request;
  session.boundTo = snapshot.boundTo;
  for (const item of snapshot.queue) {
    session.polling?.queue.push(typeof item === "string" ? control(item) : revision.message(restoreBatch(item)));
  }
  const fromWallClock = host.now() - host.wallClock();
  session.pulse = snapshot.pulse;
  session.pingedAt = Math.min(snapshot.pingedAt + fromWallClock, host.now());
  session.grace = snapshot.grace;
  session.heardAt = Math.min(snapshot.heardAt + fromWallClock, host.now());
  session.resumed(snapshot.heartbeatDue + fromWallClock);
  return session;
}

function plain({ messages, frames, compress, droppable = false }: Outgoing): string | BatchSnapshot {
  return messages === undefined ? String(frames[0]) : { messages: messages.map(alone), compress, droppable };
}

/** A copy of a part of a buffer would take the whole buffer along. */
function alone(message: Message): Message {
  return typeof message === "string" || message.length === message.buffer.byteLength ? message : new Uint8Array(message);
}

function restoreBatch({ messages, compress, droppable }: BatchSnapshot): Batch {
  const batch = new Batch(messages, compress);
  batch.droppable = droppable;
  return batch;
}

/** A request that was answered long ago: it is only read. */
class RestoredRequest implements RequestLike {
  readonly method: string;
  readonly url: string;
  readonly headers: HeadersLike;
  readonly remoteAddress: string;
  readonly secure: boolean;
  #raw: Request | undefined;

  constructor(snapshot: RequestSnapshot) {
    this.method = snapshot.method;
    this.url = snapshot.url;
    this.headers = new Headers(snapshot.headers.map(([name, value]) => [name, value]));
    this.remoteAddress = snapshot.remoteAddress;
    this.secure = snapshot.secure;
  }

  /** Made anew from what was kept. */
  get raw(): Request {
    return (this.#raw ??= new Request(new URL(this.url, "http://localhost"), {
      method: this.method,
      headers: this.headers as Headers,
    }));
  }

  readBody(): Promise<"aborted"> {
    return Promise.resolve("aborted");
  }

  cancelBody(): void {}

  onAbort(): void {}
}
