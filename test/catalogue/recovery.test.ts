/** Clients that come back: who gets a socket back, and how much is kept for those who might. */
import assert from "node:assert/strict";
import type { Client, WebSocketClient } from "./client.ts";
import { row } from "./row.ts";
import type { Options, Socket, TestServer } from "./server.ts";

const RECOVERY = { connectionStateRecovery: {} };
/** The innocent client is not in it. */
const ROOM = "away";

/** What a client shows that comes back. */
interface Claim {
  readonly pid?: string;
  readonly offset?: unknown;
}

/** What a client was told until it had joined. */
interface Entry {
  readonly sid: string;
  readonly pid: string;
  /** Events that came before CONNECT, without their offsets. */
  readonly missed: readonly unknown[][];
}

/** Joins `/` and the room with what the released client sends as `auth`. */
async function enter(server: TestServer, client: Client, auth: Claim = {}): Promise<Entry> {
  const { pid, offset } = auth;
  await client.send(pid === undefined ? "40" : `40${JSON.stringify({ pid, offset })}`);
  const missed: unknown[][] = [];
  for (;;) {
    const packet = String(await client.packet());
    if (packet.startsWith("40")) {
      await server.socketOf(client).join(ROOM);
      return { ...(JSON.parse(packet.slice(2)) as { sid: string; pid: string }), missed };
    }
    missed.push((JSON.parse(packet.slice(2)) as unknown[]).slice(0, -1));
  }
}

/** The next event: its arguments and its offset. */
async function event(client: Client): Promise<{ readonly args: unknown[]; readonly offset: string }> {
  const packet = String(await client.packet());
  assert.ok(packet.startsWith("42["), packet);
  const args = JSON.parse(packet.slice(2)) as unknown[];
  const offset = args.pop();
  assert.ok(typeof offset === "string");
  return { args, offset };
}

/** A client that has joined, been sent `first`, and lost its connection. */
async function lose(server: TestServer): Promise<Entry & { readonly socket: Socket; readonly offset: string }> {
  const client = await server.websocket();
  const entry = await enter(server, client);
  const socket = server.socketOf(client);
  socket.emit("first");
  const { offset } = await event(client);
  await leave(server, client);
  return { ...entry, socket, offset };
}

async function leave(server: TestServer, client: WebSocketClient): Promise<void> {
  client.raw.wire.destroy();
  await server.first("disconnect", client);
}

async function assertFresh(server: TestServer, before: Entry, auth: Claim): Promise<void> {
  const client = await server.websocket();
  const entry = await enter(server, client, auth);
  assert.deepEqual(entry.missed, []);
  assert.notEqual(entry.sid, before.sid);
  assert.notEqual(entry.pid, before.pid);
  assert.equal(server.socketOf(client).recovered, false);
}

async function assertBack(server: TestServer, before: Entry, auth: Claim, missed: unknown[][]): Promise<WebSocketClient> {
  const client = await server.websocket();
  assert.deepEqual(await enter(server, client, auth), { sid: before.sid, pid: before.pid, missed });
  assert.equal(server.socketOf(client).recovered, true);
  return client;
}

row("C01", RECOVERY, async (server) => {
  const before = await lose(server);
  await assertFresh(server, before, { pid: "x".repeat(20), offset: before.offset });
});

row("C02", RECOVERY, async (server) => {
  const before = await lose(server);
  server.io.to(ROOM).emit("missed", 1);
  server.io.to(before.sid).emit("missed", 2);
  before.socket.emit("missed", 3);
  const missed = [["missed", 1], ["missed", 2], ["missed", 3]];
  await assertBack(server, before, before, missed);
});

row("C03", RECOVERY, async (server) => {
  const old = await server.websocket();
  const before = await enter(server, old);
  server.socketOf(old).emit("first");
  const { offset } = await event(old);
  const back = await assertBack(server, before, { pid: before.pid, offset }, []);
  assert.equal((await server.first("disconnect", old)).reason, "transport error");
  server.io.to(ROOM).emit("live");
  assert.deepEqual((await event(back)).args, ["live"]);
});

/** G24: the first wins. */
row("C04", RECOVERY, async (server) => {
  const before = await lose(server);
  server.io.to(ROOM).emit("missed");
  const clients = await Promise.all([server.websocket(), server.websocket()]);
  const entries = await Promise.all(clients.map((client) => enter(server, client, before)));
  const [first, second] = entries.toSorted((one, other) => other.missed.length - one.missed.length) as [Entry, Entry];
  assert.deepEqual(first, { sid: before.sid, pid: before.pid, missed: [["missed"]] });
  assert.notEqual(second.sid, before.sid);
  assert.deepEqual(second.missed, []);
});

/** G25: every event moves the offset or repeats it, so that none of the app's own words can be taken for one. */
row("C05", RECOVERY, async (server) => {
  const client = await server.websocket();
  const before = await enter(server, client);
  const socket = server.socketOf(client);
  socket.volatile.emit("reading", "degrees");
  assert.match((await event(client)).offset, /^[\w-]+\.0$/);
  socket.emit("first");
  const { offset } = await event(client);
  socket.volatile.emit("reading", "degrees");
  assert.deepEqual(await event(client), { args: ["reading", "degrees"], offset });
  await leave(server, client);
  server.io.to(ROOM).emit("missed");
  await assertBack(server, before, { pid: before.pid, offset }, [["missed"]]);
});

row("C06", RECOVERY, async (server) => {
  for (const offset of [1, null, [], {}]) {
    const before = await lose(server);
    await assertFresh(server, before, { pid: before.pid, offset });
  }
});

/** G22: without an offset, from the first event of the session. */
row("C07", RECOVERY, async (server) => {
  const client = await server.websocket();
  const before = await enter(server, client);
  await leave(server, client);
  server.io.to(ROOM).emit("missed");
  await assertBack(server, before, { pid: before.pid }, [["missed"]]);
});

row("C08", { ...RECOVERY, limits: { maxRecoveryPackets: 2 } }, async (server) => {
  const before = await lose(server);
  for (let i = 0; i < 5; i++) server.io.to("elsewhere").emit("not for it");
  await assertBack(server, before, before, []);
});

/** Of two clients that have lost their connections, the first comes back before `beyond` happened, the second after. */
function atTheLimit(limits: Options, kept: (server: TestServer) => void, beyond: (server: TestServer) => void) {
  return [limits, async (server: TestServer): Promise<void> => {
    const first = await lose(server);
    const second = await lose(server);
    kept(server);
    const back = await server.websocket();
    const { sid, missed } = await enter(server, back, first);
    assert.equal(sid, first.sid);
    assert.ok(missed.length > 0);
    beyond(server);
    await assertFresh(server, second, second);
  }] as const;
}

row("maxRecoveryPackets", ...atTheLimit(
  { ...RECOVERY, limits: { maxRecoveryPackets: 3 } },
  ({ io }) => [1, 2, 3].forEach((number) => io.to(ROOM).emit("missed", number)),
  ({ io }) => io.to(ROOM).emit("one more"),
));

/** An event of so many bytes in the log, with the 64 that each message counts for beside its content. */
const eventOf = (bytes: number): string => "x".repeat(bytes - ROOM.length - 64 - '2["missed","","12345678.1"]'.length);

row("maxRecoveryBytes", ...atTheLimit(
  { ...RECOVERY, limits: { maxRecoveryBytes: 400 } },
  ({ io }) => [200, 200].forEach((bytes) => io.to(ROOM).emit("missed", eventOf(bytes))),
  ({ io }) => io.to(ROOM).emit("missed", eventOf(200)),
));

row("maxRecoverySessions", { ...RECOVERY, limits: { maxRecoverySessions: 2 } }, async (server) => {
  const first = await lose(server);
  const second = await lose(server);
  await assertBack(server, first, first, []);
  const third = await lose(server);
  await lose(server);
  await assertFresh(server, second, second);
  await assertBack(server, third, third, []);
  assert.deepEqual(server.all("limit").map(({ name }) => name), ["maxRecoverySessions"]);
});

row("maxDisconnectionDuration", { connectionStateRecovery: { maxDisconnectionDuration: 1000 } }, async (server) => {
  const first = await lose(server);
  await assertBack(server, first, first, []);
  const second = await lose(server);
  // Nothing tells that it is over; a second later it is.
  await new Promise((resolve) => setTimeout(resolve, 1010));
  await assertFresh(server, second, second);
});
