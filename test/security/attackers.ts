/**
 * Attacks on the memory of a server, each by many connections; prints the bytes that each connection makes the server hold.
 *
 * Run with `--expose-gc`. The network is none, so that nothing but the core's own memory is seen.
 */
import { encodeTextPayloadV3 } from "../../src/wire/engine-v3.ts";
import { ask, askUpgrade, connectPolling, engineUrl } from "../memory/client.ts";
import { MemoryServer } from "../memory/server.ts";
import { MemoryWebSocket } from "../memory/web-socket.ts";
import { type Client, connect } from "../server/client.ts";
import { ATTACKERS, LIMITS, MAX_HTTP_BUFFER_SIZE } from "./attack-limits.ts";

const BIG = "x".repeat(9_000);

/** What one attacker does; what it needs itself must not count, so frames that reached it are thrown away. */
const attacks: Readonly<Record<string, (io: MemoryServer, client: Client) => unknown>> = {
  "reads nothing while it is sent to": (io, client) => {
    client.ws.reads = false;
    for (let n = 0; n < 30; n++) io.emit("big", `${n}${BIG}`);
    client.ws.take();
  },
  "leaves attachments open": async (_io, client) => {
    await client.say('59-["a",{"_placeholder":true,"num":0}]');
    for (let n = 0; n < 5; n++) await client.say(new Uint8Array(9_000).fill(n));
  },
  "never answers": (io) => {
    const socket = [...io.sockets.sockets.values()].at(-1)!;
    for (let n = 0; n < LIMITS.maxPendingAcks; n++) socket.timeout(1e9).emit("ask", () => {});
  },
  "joins and leaves namespaces": async (_io, client) => {
    for (let n = 0; n < 100; n++) await client.say(`0/dynamic-${n},`);
  },
  "joins namespaces with much to tell": async (_io, client) => {
    for (let n = 0; n < 60; n++) await client.say(`0/dynamic-${n},{"a":"${n}${BIG}"}`);
  },
  "joins namespaces with all that it may tell": async (_io, client) => {
    for (let n = 0; n < 9; n++) await client.say(`0/dynamic-${n},{"a":"${n}${BIG.slice(0, 1000)}"}`);
    if (client.isClosed) throw new Error("the attack went too far: what it held has gone");
  },
  "asks for namespaces that are not there": async (_io, client) => {
    for (let n = 0; n < 100; n++) await client.say(`0/${"n".repeat(200)}${n},`);
  },
  "sends as much as may wait, with a listener that never ends": async (_io, client) => {
    for (let n = 0; n * BIG.length < LIMITS.maxQueuedBytes; n++) await client.say(`2["never","${n}${BIG}"]`);
    if (client.isClosed) throw new Error("the attack went too far: what it held has gone");
  },
  "sends more than may wait, with a listener that never ends": async (_io, client) => {
    for (let n = 0; n < 50; n++) await client.say(`2["never","${n}${BIG}"]`);
  },
  "sends what is no packet": async (_io, client) => client.say(...Array<string>(100).fill(`9${BIG}`)),
};

const polling: Readonly<Record<string, (io: MemoryServer) => Promise<unknown>>> = {
  "never polls": async (io) => {
    const client = await connectPolling(io);
    await client.send("40");
    const socket = [...io.sockets.sockets.values()].at(-1)!;
    for (let n = 0; n < 5; n++) socket.emit("big", `${n}${BIG}`);
  },
  "joins namespaces, each with a large payload": async (io) => {
    const client = await connectPolling(io);
    await client.send("40");
    for (let n = 0; n < 60; n++) await client.send(`40/dynamic-of-many-${n},`, `43["${n}${BIG}"]`);
  },
  "joins namespaces as an old client, each with a large payload": async (io) => {
    const query = { EIO: "3", transport: "polling", b64: "1" };
    const handshake = ask(io, engineUrl(query));
    await io.host.settle();
    const [sid] = /(?<="sid":")[^"]+/.exec(handshake.body)!;
    for (let n = 0; n < 60; n++) {
      const body = encodeTextPayloadV3([`40/dynamic-${n}?token=one-of-many-${n}`, `43["${n}${BIG}"]`]);
      const post = ask(io, engineUrl({ ...query, sid, t: String(n) }), { method: "POST", body });
      await io.host.settle();
      if (post.status !== 200) throw new Error("the attack went too far: what it held has gone");
    }
  },
  "drips a body": async (io) => {
    const client = await connectPolling(io);
    const post = client.post();
    for (let n = 0; n < 100; n++) post.request.push(BIG);
  },
  "tries upgrades": async (io) => {
    const client = await connectPolling(io);
    for (let n = 0; n < 20; n++) askUpgrade(io, new MemoryWebSocket(io.host), { sid: client.sid });
  },
  "sends a flood of tiny frames that must wait for a POST": async (io) => {
    const client = await connectPolling(io);
    client.post();
    const ws = await client.probe();
    ws.send("2probe", "5");
    for (let n = 0; n < 25_000; n++) ws.send(n % 2 === 0 ? "6x" : new Uint8Array(1));
  },
  "asks for what it may not": async (io) => {
    for (let n = 0; n < 100; n++) ask(io, `/socket.io/?EIO=4&transport=polling&sid=${"s".repeat(5_000)}${n}`);
  },
};

/** Bytes that are in use, once everything that may go has gone. */
async function inUse(io: MemoryServer): Promise<number> {
  await io.host.settle();
  for (let round = 0; round < 3; round++) {
    gc!();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function server(): MemoryServer {
  const io = new MemoryServer({ limits: LIMITS, maxHttpBufferSize: MAX_HTTP_BUFFER_SIZE, serial: true, allowEIO3: true });
  io.of(/^\/dynamic-/);
  io.on("connection", (socket) => void socket.on("never", () => new Promise(() => {})));
  return io;
}

async function measure(attack: (io: MemoryServer) => Promise<unknown>): Promise<number> {
  const io = server();
  const before = await inUse(io);
  for (let n = 0; n < ATTACKERS; n++) await attack(io);
  const held = (await inUse(io)) - before;
  // The server must be alive until here.
  io.metrics();
  return Math.round(held / ATTACKERS);
}

const overWebSocket = Object.entries(attacks).map(([name, attack]) => [name, async (io: MemoryServer) => {
  const client = await connect(io);
  await client.join();
  await attack(io, client);
  client.ws.take();
  client.ws.compressed.length = 0;
}] as const);

const held: Record<string, number> = {};
for (const [name, attack] of [...overWebSocket, ...Object.entries(polling)]) held[name] = await measure(attack);
console.log(JSON.stringify(held));
