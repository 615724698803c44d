import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { ServerOptions } from "../../src/index.ts";
import { ask, askUpgrade, engineUrl } from "../memory/client.ts";
import { MemoryServer } from "../memory/server.ts";
import { MemoryWebSocket } from "../memory/web-socket.ts";
import { connect } from "../server/client.ts";

const SECRET = "password of the database";

function fail(): never {
  throw new Error(SECRET);
}

/** Callbacks that run during a handshake. */
const duringHandshake: Readonly<Record<string, (io: MemoryServer) => void>> = {
  "an engine middleware": (io) => io.engine.use(fail),
  generateId: (io) => (io.engine.generateId = fail),
  "a listener of headers": (io) => io.engine.on("initial_headers", fail),
};

const options: Readonly<Record<string, ServerOptions>> = {
  onHandshake: { onHandshake: fail },
  bindSession: { bindSession: fail },
  allowRequest: { allowRequest: fail },
  "cors as a function": { cors: fail },
  origin: { origin: fail },
};

describe("what fails in an app does not reach its clients (G34)", () => {
  const origin = { origin: "https://elsewhere.example" };

  async function knock(io: MemoryServer): Promise<string> {
    const ws = new MemoryWebSocket(io.host);
    const exchanges = [ask(io, engineUrl({ transport: "polling" }), { headers: origin }), askUpgrade(io, ws, {}, { headers: origin })];
    await io.host.settle();
    return JSON.stringify([...exchanges.map(({ body, headers }) => [body, headers]), ws.frames]);
  }

  for (const [name, given] of Object.entries(options)) {
    test(`the option ${name}`, async () => assert.ok(!(await knock(new MemoryServer(given))).includes(SECRET)));
  }

  for (const [name, prepare] of Object.entries(duringHandshake)) {
    test(name, async () => {
      const io = new MemoryServer();
      prepare(io);
      assert.ok(!(await knock(io)).includes(SECRET));
    });
  }

  test("middlewares and listeners of namespaces and sockets", async () => {
    const io = new MemoryServer();
    io.of("/guarded").use(fail);
    io.of(fail);
    io.on("connection", (socket) => {
      socket.use(fail);
      socket.onAny(fail);
      socket.on("a", fail);
      fail();
    });
    const client = await connect(io);
    await client.say("0", "0/guarded,", "0/dynamic,");
    await client.say('21["a"]');
    const frames = client.take().join(" ");
    assert.match(frames, /4\/guarded,\{"message":"Internal server error"\}/);
    assert.ok(!frames.includes(SECRET), frames);
  });
});
