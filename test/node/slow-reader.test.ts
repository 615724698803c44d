/** What our WebSocket keeps for a client that does not read, over a real connection. */
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { type AddressInfo, type Socket, connect, createServer } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import * as wsPackage from "ws";
import { describe, onTestFinished, test } from "vitest";
import { Closing } from "../../runtimes/node/closing.ts";
import { Outbox } from "../../runtimes/node/outbox.ts";
import { OwnWebSocket } from "../../runtimes/node/own-websocket.ts";
import { Pieces } from "../../runtimes/node/pieces.ts";
import { Opcode, encodeFrame as encodeClientFrame } from "../catalogue/wire.ts";

/** `ws` exports it; its types do not say so. */
const { Receiver } = wsPackage as unknown as { Receiver: new (options: object) => NodeJS.WritableStream };

const LIMITS = { maxPayload: 1e9, maxFragments: 5, maxPendingPongs: 10 };

/** Bytes that no kernel takes for a client that does not read. */
const TOO_MUCH = 20_000_000;

interface Pair {
  readonly ws: OwnWebSocket;
  /** The server's end, and how often it was written to. */
  readonly socket: Socket;
  readonly writes: () => number;
  readonly client: Socket;
  /** What the handler heard, drains aside. */
  readonly heard: string[];
  /** Settles at the next drain. */
  readonly drained: () => Promise<unknown>;
}

async function pair(): Promise<Pair> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [socket] = (await once(server, "connection")) as [Socket];
  server.close();
  onTestFinished(() => [client, socket].forEach((end) => end.destroy()));
  const heard: string[] = [];
  const drains = new EventEmitter();
  const handler = { open() {}, message() {}, drain: () => drains.emit("drain"), close: () => heard.push("close") };
  let writes = 0;
  const { write } = socket;
  socket.write = ((...args: Parameters<Socket["write"]>) => {
    writes += 1;
    return write.apply(socket, args);
  }) as Socket["write"];
  const ws = new OwnWebSocket(socket, handler, LIMITS, new Outbox((task) => process.nextTick(task)), new Closing());
  ws.start(Buffer.from("!"), Buffer.alloc(0));
  const [first] = (await once(client, "data")) as [Buffer];
  assert.equal(String(first), "!");
  client.pause();
  return { ws, socket, writes: () => writes, client, heard, drained: () => once(drains, "drain") };
}

/** What the client gets until it is told of the end, read by `ws`. */
function receive(client: Socket): Promise<string[]> {
  const got: string[] = [];
  const receiver = new Receiver({ isServer: false, maxPayload: 0 });
  client.pipe(receiver);
  return new Promise((resolve, reject) => {
    receiver
      .on("message", (data: Buffer) => got.push(nameOf(data)))
      .on("pong", (data: Buffer) => got.push(`pong ${String(data)}`))
      .on("conclude", (code: number) => resolve([...got, `close ${code}`]))
      .on("error", reject);
    client.on("error", reject);
  });
}

function nameOf(data: Uint8Array): string {
  return data.length < 100 ? Buffer.from(data).toString() : `${data.length} of ${data[0]}`;
}

describe("a client that does not read", () => {
  test("costs the bytes of its frames, and no write for each (G9)", async () => {
    const { ws, writes } = await pair();
    ws.send(new Uint8Array(TOO_MUCH));
    await turn();
    const [buffered, written] = [ws.bufferedAmount, writes()];
    for (let n = 0; n < 5000; n++) {
      ws.send(`4${n % 10}`);
      await turn();
    }
    assert.equal(ws.bufferedAmount - buffered, 4 * 5000);
    assert.ok(writes() - written <= 1, `${writes() - written} writes`);
  });

  test("gets everything in order once it reads, with pongs between messages and the close at the end", async () => {
    const { ws, client, heard } = await pair();
    const sizes = [1, 1, 3, 40, 500, 4090, 4097, 20_000, 32_769, 100_000];
    const sent: string[] = [];
    const send = (data: Uint8Array): void => {
      ws.send(data);
      sent.push(nameOf(data));
    };
    send(new Uint8Array(TOO_MUCH).fill(1));
    for (let n = 0; n < 2000; n++) {
      send(Buffer.alloc(sizes[(n * 7) % sizes.length]!, `${n} `));
      if (n % 400 === 0) ws.ping(Buffer.from(String(n)));
      if (n % 3 > 0) await turn();
    }
    ws.close(1001);
    ws.send("never");
    const got = await receive(client);
    assert.deepEqual(got.filter((one) => !one.startsWith("pong")), [...sent, "close 1001"]);
    assert.deepEqual(got.filter((one) => one.startsWith("pong")), ["pong 0", "pong 400", "pong 800", "pong 1200", "pong 1600"]);
    assert.deepEqual(heard, []);
  });

  test("is told of no more than was sent before its own close", async () => {
    const { ws, client } = await pair();
    ws.send(new Uint8Array(TOO_MUCH).fill(1));
    await turn();
    for (let n = 0; n < 5; n++) {
      ws.send(String(n));
      await turn();
    }
    client.write(encodeClientFrame({ opcode: Opcode.close, payload: Buffer.of(3, 232) }));
    assert.deepEqual(await receive(client), [`${TOO_MUCH} of 1`, "0", "1", "2", "3", "4", "close 1000"]);
  });

  test("reads on, and there is room again: told once, when nothing is left", async () => {
    const { ws, client, drained } = await pair();
    ws.send(new Uint8Array(TOO_MUCH));
    await turn();
    for (let n = 0; n < 100; n++) {
      ws.send("4");
      await turn();
    }
    const got = receive(client);
    await drained();
    assert.equal(ws.bufferedAmount, 0);
    ws.send(new Uint8Array(TOO_MUCH));
    await drained();
    assert.equal(ws.bufferedAmount, 0);
    ws.close(1000);
    const large = `${TOO_MUCH} of 0`;
    assert.deepEqual(await got, [large, ...Array<string>(100).fill("4"), large, "close 1000"]);
  });

  test("is cut off with all that waits for it", async () => {
    const { ws, socket, heard } = await pair();
    ws.send(new Uint8Array(TOO_MUCH));
    await turn();
    ws.send("first");
    await turn();
    ws.send("second");
    await turn();
    ws.terminate();
    await once(socket, "close");
    assert.equal(ws.bufferedAmount, 0);
    assert.deepEqual(heard, ["close"]);
  });
});

describe("Pieces", () => {
  test("are the bytes that were added, whatever lengths they had", () => {
    const lengths = fc.array(fc.oneof(fc.nat(9), fc.integer({ min: 200, max: 600 }), fc.integer({ min: 4000, max: 20_000 })), { maxLength: 60 });
    fc.assert(fc.property(lengths, (all) => {
      const added = all.map((length, n) => Buffer.alloc(length, n + 1));
      const pieces = new Pieces();
      for (const piece of added) pieces.add(piece);
      assert.equal(pieces.size, all.reduce((sum, length) => sum + length, 0));
      assert.ok(Buffer.concat(pieces.end()).equals(Buffer.concat(added)));
    }));
  });

  for (const [what, lengths] of Object.entries({ tiny: [2], "tiny and long": [2, 4097], "as long as is copied": [4096], various: [1, 700, 3000, 5000] })) {
    test(`take little more than their bytes: ${what}`, () => {
      const pieces = new Pieces();
      for (let n = 0; pieces.size < 1_000_000; n++) pieces.add(Buffer.alloc(lengths[n % lengths.length]!));
      const blocks = pieces.end();
      const kept = new Set(blocks.map(({ buffer }) => buffer));
      const bytes = [...kept].reduce((sum, { byteLength }) => sum + byteLength, 0);
      // What Node keeps for a write beside its bytes.
      const cost = bytes + 170 * blocks.length;
      assert.ok(cost < 1.35 * pieces.size, `${cost} for ${pieces.size}`);
    });
  }

  test("do not copy what is long", () => {
    const long = Buffer.alloc(4097);
    const pieces = new Pieces();
    for (const piece of [Buffer.of(1), long, Buffer.of(2)]) pieces.add(piece);
    assert.deepEqual(pieces.end().map(({ length }) => length), [1, 4097, 1]);
    assert.equal(pieces.end()[1], long);
  });
});
