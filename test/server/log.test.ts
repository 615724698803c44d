import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { ServerOptions } from "../../src/index.ts";
import { ask, connectPolling, engineUrl, openWebSocket } from "../memory/client.ts";
import { MemoryHost } from "../memory/host.ts";
import { MemoryServer } from "../memory/server.ts";
import { connect, join } from "./client.ts";

function talkative(options: ServerOptions = {}): MemoryServer {
  return new MemoryServer(options, { host: new MemoryHost({ debug: true }) });
}

/** The lines of a scope as `printf` would write them. */
function linesOf(io: MemoryServer, scope: string): string[] {
  const lines = io.host.lines.filter((line) => line.scope === scope);
  return lines.map(({ format, args }) => {
    const rest = [...args];
    return format.replaceAll(/%[sdjo]/g, (directive) => {
      assert.ok(rest.length > 0, `"${format}" wants more arguments than it got`);
      const arg = rest.shift();
      return directive === "%j" || directive === "%o" ? (JSON.stringify(arg) ?? "undefined") : String(arg);
    });
  });
}

/** A bit of everything. */
async function everyday(io: MemoryServer): Promise<{ readonly id: string; readonly sid: string }> {
  const { client, socket } = await join(io);
  void socket.join("red");
  socket.on("question", (answer: (text: string) => void) => answer("yes"));
  client.send('20["question","why"]', '2["nobody",1]');
  socket.emit("news", { big: true });
  io.to("red").except("blue").emit("everybody", 1);
  await client.say("0/unknown,");
  const polling = await connectPolling(io);
  const ws = await polling.upgrade();
  ws.close();
  const probing = await connectPolling(io);
  (await probing.probe()).close();
  probing.poll();
  ask(io, engineUrl({ transport: "polling", sid: "unknown" }));
  client.send("9");
  await io.close();
  await io.host.settle();
  return { id: socket.id, sid: client.open.sid };
}

describe("debug lines", () => {
  test("come in the scopes that users of upstream know", async () => {
    const io = talkative();
    await everyday(io);
    const scopes = [...new Set(io.host.lines.map(({ scope }) => scope))].toSorted();
    assert.deepEqual(scopes, [
      "engine",
      "engine:polling",
      "engine:socket",
      "engine:ws",
      "socket.io:client",
      "socket.io:namespace",
      "socket.io:server",
      "socket.io:socket",
    ]);
  });

  test("tell what a developer needs to see", async () => {
    const io = talkative();
    const { id } = await everyday(io);
    const expected: [scope: string, text: RegExp][] = [
      ["engine", /refused: .*Session ID unknown/],
      ["engine:socket", /opens over websocket/],
      ["engine:socket", /ends: transport close/],
      ["socket.io:client", /refused in \/unknown: Invalid namespace/],
      ["socket.io:client", /invalid packet/],
      ["socket.io:namespace", new RegExp(`${id} joins /`)],
      ["socket.io:socket", new RegExp(`${id} leaves /: forced close`)],
      ["socket.io:socket", /news.*\{"big":true\}/],
      ["socket.io:socket", /received \["question","why"/],
      ["socket.io:namespace", /\["everybody",1\].*\["red"\].*\["blue"\]/],
      ["socket.io:server", /connects over websocket/],
      ["socket.io:server", /closes/],
    ];
    for (const [scope, text] of expected) {
      const lines = linesOf(io, scope);
      assert.ok(lines.some((line) => text.test(line)), `${scope} does not say ${String(text)}:\n${lines.join("\n")}`);
    }
  });

  test("never carry the id of a session, which is a secret (G30)", async () => {
    const io = talkative();
    const { sid } = await everyday(io);
    for (const { scope } of io.host.lines) for (const line of linesOf(io, scope)) assert.ok(!line.includes(sid), line);
  });

  test("never carry that of an old client either, whose sockets' ids are made of it (G30)", async () => {
    const io = talkative({ allowEIO3: true });
    io.of("/chat");
    const ws = await openWebSocket(io, { EIO: "3" });
    const { sid } = JSON.parse(String(ws.frames.shift()).slice(1)) as { sid: string };
    ws.send("40/chat,");
    await io.host.settle();
    for (const [name, id] of [["/", sid], ["/chat", `/chat#${sid}`]] as const) {
      const socket = io.of(name).sockets.get(id)!;
      socket.emit("news");
      socket.broadcast.emit("news");
      io.of(name).to(["red", id]).emit("news");
      ws.send(name === "/" ? '42["hello"]' : '42/chat,["hello"]');
      socket.disconnect();
    }
    const lines = io.host.lines.flatMap(({ scope }) => linesOf(io, scope));
    for (const line of lines) assert.ok(!line.includes(sid), line);
    const end = sid.slice(-4);
    for (const text of [`…${end} joins /`, `/chat#…${end} joins /chat`, `to ["red","/chat#…${end}"]`]) {
      assert.ok(lines.some((line) => line.includes(text)), text);
    }
  });

  test("never carry a private id, nor what a client gives for one (G26)", async () => {
    const io = talkative({ connectionStateRecovery: {} });
    const pids = ["not one that there is"];
    for (const offset of [undefined, "none", undefined]) {
      const client = await connect(io);
      await client.say(`0${JSON.stringify({ pid: pids.at(-1), offset })}`);
      const welcome = client.take().findLast((packet) => String(packet).startsWith("0"));
      pids.push((JSON.parse(String(welcome).slice(1)) as { pid: string }).pid);
      io.emit("news");
      client.ws.close(1006);
      await io.host.settle();
    }
    assert.equal(new Set(pids).size, 3, "the last one is back");
    for (const { scope } of io.host.lines) for (const line of linesOf(io, scope)) for (const pid of pids) assert.ok(!line.includes(pid), line);
  });

  test("tell of next() that is called twice", async () => {
    const io = talkative();
    io.use((_socket, next) => (next(), next()));
    await join(io);
    assert.ok(linesOf(io, "socket.io:namespace").some((line) => line.includes("next()")));
  });

  test("do no harm whatever is sent", async () => {
    const io = talkative();
    const { socket } = await join(io);
    assert.throws(() => socket.emit("big", 1n), TypeError);
    socket.emit("bytes", Uint8Array.of(1), () => {});
    assert.deepEqual(io.host.reports, []);
  });

  test("do no harm to a program without types that names its rooms by numbers", async () => {
    const io = talkative();
    const { client, socket } = await join(io);
    const room = 7 as unknown as string;
    void socket.join(room);
    io.to(room).except([8 as unknown as string]).emit("news");
    assert.deepEqual(client.take(), ['2["news"]']);
    assert.ok(linesOf(io, "socket.io:namespace").some((line) => line.includes('to ["7"] except ["8"]')));
  });

  test("are not made where the scope is switched off", async () => {
    const io = new MemoryServer();
    await everyday(io);
    assert.deepEqual(io.host.lines, []);
    await connect(talkative());
  });
});

describe("warnings", () => {
  test("come at the start for credentials that every site may use (H45)", () => {
    const io = new MemoryServer({ cors: { origin: true, credentials: true } });
    assert.equal(io.host.warnings.length, 1);
    assert.match(io.host.warnings[0]!, /cors\.origin/);
    assert.deepEqual(new MemoryServer({ cors: { origin: "https://a.example", credentials: true } }).host.warnings, []);
  });
});
