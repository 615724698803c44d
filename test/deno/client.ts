/** Clients of the test servers. */
import { once } from "node:events";
import { type ManagerOptions, type Socket, io } from "socket.io-client";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";

export interface Welcome {
  readonly address: string;
  readonly secure: boolean;
  readonly cookie: string | undefined;
  readonly ownCookie: string | null;
  readonly url: string;
}

/** A released client, and how it was welcomed. It closes with the test. */
export async function connect(url: string, options: Partial<ManagerOptions> = {}): Promise<[socket: Socket, welcome: Welcome]> {
  const socket = io(url, { forceNew: true, reconnection: false, ...options });
  onTestFinished(() => void socket.close());
  const welcome = await new Promise<Welcome>((resolve, reject) => socket.on("welcome", resolve).on("connect_error", reject));
  return [socket, welcome];
}

/** What the admin UI's server side says of the sockets that are there: their namespaces, and the room of one that joins later. */
export async function instrumented(url: string): Promise<unknown[]> {
  const admin = io(`${url}/admin`, { forceNew: true, reconnection: false });
  onTestFinished(() => void admin.close());
  const [present] = (await next(admin, "all_sockets")) as [{ nsp: string; transport: string }[]];
  const joined = next(admin, "room_joined");
  const received = next(admin, "event_received");
  const [socket] = await connect(url, { transports: ["websocket"] });
  await socket.emitWithAck("watch");
  const [nsp, room] = await joined;
  const [, id, args] = await received;
  return [present.map((seen) => seen.nsp), nsp, room === socket.id, id === socket.id, args];
}

/** The arguments of the next `event`. */
export function next(socket: Socket, event: string): Promise<unknown[]> {
  return new Promise((resolve) => socket.once(event, (...args: unknown[]) => resolve(args)));
}

/** How the socket with this id ends, as another client hears of it. */
export function endOf(id: string, witness: Socket): Promise<unknown[]> {
  return new Promise((resolve) => {
    witness.on("left", (gone: string, ...how: unknown[]) => {
      if (gone === id) resolve(how);
    });
  });
}

/** A bare WebSocket that speaks Engine.IO, with its handshake's reply. */
export async function dial(url: string, headers: Record<string, string> = {}): Promise<[ws: WebSocket, headers: Record<string, unknown>]> {
  const ws = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`, { headers });
  // Some tests break the connection, or bring about a handshake that the client itself does not like.
  ws.on("error", () => {});
  onTestFinished(() => ws.terminate());
  const [response] = (await once(ws, "upgrade")) as [{ headers: Record<string, unknown> }];
  return [ws, response.headers];
}

/** Connects a bare WebSocket to the main namespace, and gives the id of its socket. */
export async function join(ws: WebSocket): Promise<string> {
  const connected = new Promise<string>((resolve) => {
    ws.on("message", (data: Buffer) => {
      const [, id] = /^40\{"sid":"([^"]+)"/.exec(data.toString()) ?? [];
      if (id !== undefined) resolve(id);
    });
  });
  ws.send("40");
  return connected;
}

/** One request of a polling session. The mark of the request is always the same. */
export function poll(url: string, sid?: string, init: RequestInit = {}): Promise<Response> {
  const session = sid === undefined ? "" : `&sid=${sid}`;
  return fetch(`${url}/socket.io/?EIO=4&transport=polling&t=always${session}`, init);
}

/** Sends the GET of a session, and gives it once the server has it. `witness` is another client. */
export async function startPoll(url: string, sid: string, witness: Socket, init?: RequestInit): Promise<{ readonly reply: Promise<Response> }> {
  await witness.emitWithAck("watch");
  const arrived = new Promise<void>((resolve) => {
    witness.on("request", (method: string, of: string) => {
      if (method === "GET" && of === sid) resolve();
    });
  });
  const reply = poll(url, sid, init);
  await arrived;
  return { reply };
}

/** The packets that come next. */
export async function packets(url: string, sid: string, count: number): Promise<string[]> {
  const received: string[] = [];
  while (received.length < count) received.push(...(await (await poll(url, sid)).text()).split("\x1e"));
  return received;
}

/** Opens a polling session by hand, and connects it to the main namespace. */
export async function joinByPolling(url: string): Promise<{ readonly sid: string; readonly id: string }> {
  const { sid } = JSON.parse((await (await poll(url)).text()).slice(1)) as { sid: string };
  await poll(url, sid, { method: "POST", body: "40" });
  const [connected] = await packets(url, sid, 2);
  const { sid: id } = JSON.parse(connected!.slice(2)) as { sid: string };
  return { sid, id };
}
