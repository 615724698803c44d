/** Bad input at the level of Socket.IO packets. They are shown without the `4` of their Engine.IO message. */
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import type { WebSocketClient } from "./client.ts";
import { assertEnd } from "./outcome.ts";
import { row } from "./row.ts";
import { Opcode } from "./wire.ts";

type Id = Parameters<typeof row>[0];

/** Packets and attachments, sent at once in this order. */
type Input = string | readonly (string | Uint8Array)[];

const PLACEHOLDER = '{"_placeholder":true,"num":0}';
const BYTES = Buffer.of(1, 2, 3);

/** Inputs that each end a session of their own, which has joined `/`. */
interface FatalInputs {
  readonly id: Id;
  readonly inputs: readonly Input[];
  readonly outcome: string;
}

const invalid = "FC+err(invalid payload)";

const fatalInputs: readonly FatalInputs[] = [
  { id: "S01", inputs: ["0", "0{}"], outcome: "FC" },
  { id: "S04", inputs: ['4{"message":"no"}', '4/admin,{"message":"no"}'], outcome: "FC" },
  { id: "S07", inputs: ["7", "9", "x"], outcome: "FC+err(unknown packet type)" },
  { id: "S08", inputs: [' ["a"]'], outcome: "FC+err(unknown packet type)" },
  { id: "S09", inputs: ["2"], outcome: invalid },
  { id: "S10", inputs: ["21"], outcome: invalid },
  { id: "S11", inputs: ["3", "31"], outcome: invalid },
  {
    id: "S12",
    inputs: ["2{}", "2[]", "2[null]", "2[{}]", "2[true]", "2false", '2["a"]x', '2["a"', "2[[]]"],
    outcome: invalid,
  },
  {
    id: "S14",
    inputs: ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"].map((name) => {
      return `2["${name}"]`;
    }),
    outcome: invalid,
  },
  { id: "S16", inputs: ['29007199254740993["a"]'], outcome: invalid },
  { id: "S17", inputs: [`2${"1".repeat(400)}["a"]`], outcome: invalid },
  { id: "S19", inputs: ['21 2["a"]'], outcome: invalid },
  { id: "S21", inputs: ['2-1["a"]', '21.5["a"]', '21e3["a"]', '20x1["a"]'], outcome: invalid },
  { id: "S22", inputs: ['2/admin["a"]'], outcome: invalid },
  { id: "S24", inputs: ["0admin,"], outcome: invalid },
  { id: "S25", inputs: [`0/${"n".repeat(500_000)},`], outcome: "FC+err" },
  { id: "S27", inputs: ['50-["a"]', '5-["a"]'], outcome: "FC+err(Illegal attachments)" },
  { id: "S28", inputs: ['511-["a"]', '5999999999-["a"]'], outcome: "FC+err(too many attachments)" },
  {
    id: "S30",
    inputs: ["1e0", "0x1", " 1", "+1"].map((count) => `5${count}-["a",${PLACEHOLDER}]`),
    outcome: "FC+err(Illegal attachments)",
  },
  {
    id: "S31",
    inputs: ["1.5-", "-1-", "Infinity-", "1", ""].map((count) => `5${count}["a",${PLACEHOLDER}]`),
    outcome: "FC+err(Illegal attachments)",
  },
  {
    id: "S32",
    inputs: ["1", '"0"', "-1"].map((num) => [`51-["a",{"_placeholder":true,"num":${num}}]`, BYTES]),
    outcome: "FC+err(illegal attachments)",
  },
  {
    id: "S33",
    inputs: [['52-["a",{"_placeholder":true,"num":0.5}]', BYTES, BYTES]],
    outcome: "FC+err(illegal attachments)",
  },
  { id: "S35", inputs: [[`51-[${PLACEHOLDER}]`, BYTES]], outcome: invalid },
  { id: "S36", inputs: [["51-", BYTES], ["51-1", BYTES]], outcome: invalid },
  {
    id: "S37",
    inputs: ['2["a"]', "0/admin,"].map((text) => [`51-["a",${PLACEHOLDER}]`, text]),
    outcome: "FC+err(got plaintext data when reconstructing a packet)",
  },
  { id: "S40", inputs: ["30{}"], outcome: invalid },
  { id: "S42", inputs: ["1{}", "1[]"], outcome: invalid },
  { id: "S48", inputs: [`2["a"${",0".repeat(100_000)}]`], outcome: "FC+err" },
  { id: "S49", inputs: [`2["a",${"[".repeat(200_000)}${"]".repeat(200_000)}]`], outcome: "FC+err" },
  { id: "S50", inputs: [`2${"1".repeat(900_000)}["a"]`], outcome: "FC+err" },
];

for (const { id, inputs, outcome } of fatalInputs) {
  row(id, {}, async (server) => {
    server.io.of("/admin");
    for (const input of inputs) {
      const client = await server.joinedWebSocket();
      await sendAll(client, input);
      await assertEnd(server, client, outcome, input);
      assert.deepEqual(server.all("event", client), []);
      assert.equal(server.all("disconnect", client).length, 1);
    }
  });
}

/** Packets that each end a session of their own, which has joined nothing. */
const fatalBeforeConnect = {
  S03: ['2["a"]', "1", '31["a"]'],
  S43: ["0[1]", '0"s"', "0null", "0{", "0{}x"],
} as const;

for (const [id, packets] of Object.entries(fatalBeforeConnect)) {
  row(id as keyof typeof fatalBeforeConnect, {}, async (server) => {
    for (const packet of packets) {
      const client = await server.websocket();
      await sendAll(client, packet);
      await assertEnd(server, client, "FC", packet);
      assert.deepEqual(server.all("connection", client), []);
    }
  });
}

/** Inputs that are accepted, and the event that each gives. */
const acceptedInputs: readonly { readonly id: Id; readonly events: readonly (readonly [Input, readonly unknown[]])[] }[] = [
  { id: "S13", events: [["2[123]", [123]]] },
  { id: "S18", events: [['2 ["a"]', ["a"]], ['2\n["b"]', ["b"]]] },
  {
    id: "S34",
    events: [
      [['51-["a"]', BYTES], ["a"]],
      [[`51-["b",${PLACEHOLDER},${PLACEHOLDER}]`, BYTES], ["b", BYTES, BYTES]],
    ],
  },
];

for (const { id, events } of acceptedInputs) {
  row(id, {}, async (server) => {
    const client = await server.joinedWebSocket();
    for (const [index, [input, args]] of events.entries()) {
      await sendAll(client, input);
      assert.deepEqual((await server.nth(index + 1, "event", client)).args, args);
    }
    await client.echo();
  });
}

/** Inputs that a joined session takes without a word. */
row("S39", {}, async (server) => {
  const client = await server.joinedWebSocket();
  for (const input of ['31["x"]', '3["x"]', [`61-1[${PLACEHOLDER}]`, BYTES]]) await sendAll(client, input);
  await client.echo();
  assert.equal(server.all("event", client).length, 1);
});

row("S02", {}, async (server) => {
  const polling = await server.polling();
  await polling.send(new Array(5).fill("40").join("\x1e"));
  assert.match(await polling.packet(), /^40\{"sid"/);
  await polling.echo();

  const waiting: (() => void)[] = [];
  server.io.use((_socket, next) => void waiting.push(next));
  const client = await server.websocket();
  await sendAll(client, ["0", "0", "0"]);
  client.raw.frame({ opcode: Opcode.ping });
  assert.deepEqual(await client.incoming(), { kind: "pong", bytes: Buffer.alloc(0) }, "all have been received");
  for (const next of waiting) next();
  assert.match(String(await client.packet()), /^40\{"sid"/);
  await client.echo();
  assert.equal(server.all("connection").length, 3, "one socket for each client");
});

row("S05", {}, async (server) => {
  server.io.of("/admin");
  const client = await server.joinedWebSocket();
  for (const name of ["/unknown", "//admin", "/ADMIN", "/__proto__", "/constructor", "/admin?x=1"]) {
    await sendAll(client, `0${name},`);
    const answer = String(await client.packet());
    assert.match(answer, /^44\/.*,\{"message":"Invalid namespace"\}$/, name);
  }
  await client.echo();
});

row("S06", {}, async (server) => {
  server.io.of("/admin");
  server.io.of("/other");
  for (const packet of ['2/admin,["a"]', "1/admin,", '3/admin,1["a"]']) {
    const client = await server.joinedWebSocket();
    await client.join("/other");
    await sendAll(client, packet);
    await assertEnd(server, client, "FC", packet);
    assert.deepEqual(new Set(server.all("disconnect", client).map(({ nsp }) => nsp)), new Set(["/", "/other"]));
  }
});

row("S15", {}, async (server) => {
  const client = await server.joinedWebSocket();
  // Without a listener of its own, an "error" must not be taken for a fault.
  server.socketOf(client).removeAllListeners("error");
  const names = ["error", "connection", "__proto__", "constructor", ""];
  for (const name of names) await sendAll(client, `2["${name}",1]`);
  await client.echo();
  const events = server.all("event", client).map(({ args }) => args);
  assert.deepEqual(events.slice(0, -1), names.map((name) => [name, 1]));
});

row("S20", {}, async (server) => {
  const client = await server.joinedWebSocket();
  await sendAll(client, '2007["echo","x"]');
  assert.equal(await client.packet(), '437["x"]');
});

row("S23", {}, async (server) => {
  const client = await server.websocket();
  await sendAll(client, "0/");
  assert.match(String(await client.packet()), /^40\{"sid"/);
  await sendAll(client, '2/,["a"]');
  assert.deepEqual((await server.first("event", client)).args, ["a"]);
  await client.echo();
});

row("S26", { limits: { maxDynamicNamespaces: 500 } }, async (server) => {
  server.io.of(/^\/dynamic-\d+$/);
  let joined = 0;
  for (let connection = 0; joined < 500; connection++) {
    const client = await server.websocket();
    for (let i = 0; i < 50; i++) await client.join(`/dynamic-${joined++}`);
  }
  const client = await server.websocket();
  await sendAll(client, `0/dynamic-${joined},`);
  assert.equal(await client.packet(), `44/dynamic-${joined},{"message":"Invalid namespace"}`);
});

row("S29", { limits: { reassemblyTimeout: 500 } }, async (server) => {
  const client = await server.joinedWebSocket();
  await sendAll(client, `510-["a",${PLACEHOLDER}]`);
  await server.first("close", client);
  assert.deepEqual(server.all("event", client), []);
});

row("S38", {}, async (server) => {
  const client = await server.joinedWebSocket();
  await sendAll(client, [`51-["a",${PLACEHOLDER}]`, BYTES, BYTES]);
  await assertEnd(server, client, "FC+err(got binary data when not reconstructing a packet)");
  const kinds = server.entries.filter((entry) => entry.sid === client.sid && "nsp" in entry).map(({ kind }) => kind);
  assert.deepEqual(kinds, ["connection", "event", "disconnecting", "disconnect"]);
});

row("S41", {}, async (server) => {
  const client = await server.joinedWebSocket();
  const answers: unknown[] = [];
  server.socketOf(client).emit("question", (answer: unknown) => answers.push(answer));
  assert.equal(await client.packet(), '420["question"]');
  await sendAll(client, ['30["one"]', '30["two"]']);
  await client.echo();
  assert.deepEqual(answers, ["one"]);
});

row("S44", {}, async (server) => {
  const client = await server.websocket();
  await sendAll(client, "0123");
  assert.match(String(await client.packet()), /^40\{"sid"/);
  await client.echo();
});

row("S45", { connectTimeout: 1000 }, async (server) => {
  const client = await server.joinedWebSocket();
  await sendAll(client, "1");
  const { reason } = await server.first("close", client);
  assert.equal(reason, "forced close");
  assert.deepEqual(server.all("disconnect", client).map((entry) => entry.reason), ["client namespace disconnect"]);
});

row("S46", {}, async (server) => {
  const client = await server.joinedPolling();
  await client.send('41\x1e42["late"]');
  await client.get();
  await server.first("close", client);
  assert.deepEqual(server.all("event", client), []);
  assert.deepEqual(server.all("disconnect", client).map(({ reason }) => reason), ["client namespace disconnect"]);
});

row("S47", {}, async (server) => {
  const client = await server.websocket();
  const before = await client.join();
  await sendAll(client, "1");
  await server.first("disconnect", client);
  const after = await client.join();
  assert.notEqual(after, before);
  await client.echo();
});

row("S51", {}, async (server) => {
  const client = await server.joinedWebSocket();
  const [before, after] = ['{"__proto__":{"polluted":true', '},"constructor":{"prototype":{"polluted":true}}}'];
  const plain = `2["echo",${before}${after}]`;
  await sendAll(client, plain);
  assert.equal(await client.packet(), `4${plain}`);
  const binary = `51-["echo",${before},"file":${PLACEHOLDER}${after}]`;
  await sendAll(client, [binary, BYTES]);
  assert.deepEqual([await client.packet(), await client.packet()], [`4${binary}`, BYTES]);
  for (const { args } of server.all("event", client)) {
    assert.deepEqual(Object.keys(args[1] as object), ["__proto__", "constructor"]);
    assert.equal((args[1] as { polluted?: boolean }).polluted, undefined);
  }
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
});

row("S52", { connectTimeout: 1000 }, async (server) => {
  const silent = await server.websocket();
  await assertEnd(server, silent, "FC");

  const refused = await server.websocket();
  await sendAll(refused, "0/unknown,");
  assert.equal(await refused.packet(), '44/unknown,{"message":"Invalid namespace"}');
  await assertEnd(server, refused, "FC");
});

row("S53", {}, async (server) => {
  server.io.use((_socket, next) => {
    next();
    next();
  });
  server.io.use((_socket, next) => next());
  const client = await server.joinedWebSocket();
  await client.echo();
  assert.equal(server.all("connection", client).length, 1);
});

row("S54", { connectTimeout: 1000, limits: { middlewareTimeout: 1500 } }, async (server) => {
  server.io.use(() => {});
  const first = await server.websocket();
  await sendAll(first, "0");
  assert.equal(await first.packet(), '44{"message":"timeout"}', "connectTimeout waits for the middleware");

  server.io.of("/open");
  const later = await server.websocket();
  await later.join("/open");
  await sendAll(later, "0");
  assert.equal(await later.packet(), '44{"message":"timeout"}');
  await later.echo("/open");
});

row("S55", {}, async (server) => {
  server.io.use(() => {
    throw new Error("secret");
  });
  const client = await server.websocket();
  await sendAll(client, "0");
  const answer = String(await client.packet());
  assert.match(answer, /^44\{"message":/);
  assert(!answer.includes("secret"), answer);
  assert.equal(((await server.first("fault")).error as Error).message, "secret");
});

row("S56", {}, async (server) => {
  const client = await server.joinedWebSocket();
  const socket = server.socketOf(client);
  socket.on("throws", () => {
    throw new Error("thrown");
  });
  socket.on("rejects", async () => {
    throw new Error("rejected");
  });
  await sendAll(client, ['2["throws"]', '2["rejects"]']);
  await server.nth(2, "fault");
  assert.deepEqual(server.all("fault").map(({ error }) => (error as Error).message), ["thrown", "rejected"]);
  await client.echo();
});

row("S57", {}, async (server) => {
  const gate = new EventEmitter();
  const received: unknown[] = [];
  server.io.on("connection", async (socket) => {
    await once(gate, "open");
    socket.on("number", (value: unknown) => received.push(value));
    gate.emit("registered");
  });
  const client = await server.joinedWebSocket();
  await sendAll(client, '2["number",1]');
  await client.echo();
  const registered = once(gate, "registered");
  gate.emit("open");
  await registered;
  await sendAll(client, '2["number",2]');
  await client.echo();
  assert.deepEqual(received, [2]);
});

async function sendAll(client: WebSocketClient, input: Input): Promise<void> {
  for (const message of typeof input === "string" ? [input] : input) {
    await client.send(typeof message === "string" ? `4${message}` : message);
  }
}
