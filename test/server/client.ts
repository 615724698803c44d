import assert from "node:assert/strict";
import type { CoreServer, Namespace, Socket } from "../../src/index.ts";
import { type OpenPacket, connectWebSocket } from "../memory/client.ts";
import type { MemoryHost } from "../memory/host.ts";
import type { Asking } from "../memory/request.ts";
import { MemoryServer } from "../memory/server.ts";
import type { Frame, MemoryWebSocket, WebSocketManners } from "../memory/web-socket.ts";

/**
 * A client program whose Socket.IO packets the test writes and reads itself.
 *
 * They are shown without the `4` of their Engine.IO message.
 */
export class Client {
  readonly ws: MemoryWebSocket;
  readonly open: OpenPacket;
  readonly #host: MemoryHost;

  constructor(ws: MemoryWebSocket & { readonly open: OpenPacket }, host: MemoryHost) {
    this.ws = ws;
    this.open = ws.open;
    this.#host = host;
  }

  /** Sends packets, all in one turn; bytes go out as attachments. */
  send(...packets: readonly Frame[]): void {
    this.ws.send(...packets.map((packet) => (typeof packet === "string" ? `4${packet}` : packet)));
  }

  /** Sends packets and lets the server deal with them. */
  async say(...packets: readonly Frame[]): Promise<void> {
    this.send(...packets);
    await this.#host.settle();
  }

  /** The packets that came since the last time. */
  take(): Frame[] {
    return this.ws.take().map((frame) => (typeof frame === "string" ? frame.slice(1) : frame));
  }

  /** Whether the server has closed the connection. */
  get isClosed(): boolean {
    return this.ws.ended !== undefined;
  }

  /** Joins a namespace, and gives back the id of its socket there. */
  async join(name = "/", auth?: unknown): Promise<string> {
    const prefix = name === "/" ? "" : `${name},`;
    await this.say(`0${prefix}${auth === undefined ? "" : JSON.stringify(auth)}`);
    const answer = this.ws.frames.findIndex((frame) => String(frame).startsWith(`40${prefix}{`));
    assert.notEqual(answer, -1, `not let in: ${this.ws.frames.join(" ")}`);
    const [packet] = this.ws.frames.splice(answer, 1);
    return (JSON.parse((packet as string).slice(2 + prefix.length)) as { sid: string }).sid;
  }
}

/** A connection that has not joined a namespace yet. */
export async function connect(io: MemoryServer, asking?: Asking, manners?: WebSocketManners): Promise<Client> {
  return new Client(await connectWebSocket(io, asking, manners), io.host);
}

/** A client that has joined a namespace, and its socket there. */
export interface Member {
  readonly client: Client;
  readonly socket: Socket;
}

export async function join(io: MemoryServer, name = "/", auth?: unknown, manners?: WebSocketManners): Promise<Member> {
  const client = await connect(io, undefined, manners);
  const id = await client.join(name, auth);
  const socket = io.of(name).sockets.get(id);
  assert.ok(socket);
  return { client, socket };
}

/** Several clients that have joined `/`. */
export async function crowd(io: MemoryServer, size: number): Promise<Member[]> {
  const members: Member[] = [];
  for (let count = 0; count < size; count++) members.push(await join(io));
  return members;
}

/** What was heard, in order. */
export function recorder(): { readonly heard: unknown[]; hear(name: string): (...args: unknown[]) => void } {
  const heard: unknown[] = [];
  return { heard, hear: (name) => (...args) => void heard.push(args.length === 0 ? name : [name, ...args]) };
}

/** The failures that the app is told of. */
export function faultsOf(io: CoreServer): string[] {
  const faults: string[] = [];
  io.diagnostics.on("handler_error", (error, { phase, event }) => {
    const where = event === undefined ? phase : `${phase} ${String(event)}`;
    faults.push(`${where}: ${error instanceof Error ? error.message : String(error)}`);
  });
  return faults;
}

/** Asserts what must hold between turns: who is in rooms is a connected socket, and the two maps mirror each other. */
export function assertTidy(namespace: Pick<Namespace, "adapter" | "sockets" | "name">): void {
  const { adapter, sockets } = namespace;
  for (const [id, rooms] of adapter.sids) {
    assert.ok(sockets.has(id), `${id} is in rooms of ${namespace.name}, but is no socket there`);
    for (const room of rooms) assert.ok(adapter.rooms.get(room)?.has(id), `${room} does not know of ${id}`);
  }
  for (const [room, ids] of adapter.rooms) {
    assert.notEqual(ids.size, 0, `${room} is empty`);
    for (const id of ids) assert.ok(adapter.sids.get(id)?.has(room), `${id} does not know of ${room}`);
  }
}
