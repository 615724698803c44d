import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { Parser } from "../../src/index.ts";
import { MemoryServer } from "../memory/server.ts";
import { connect, faultsOf, recorder } from "./client.ts";

interface Packet {
  readonly type: number;
  readonly nsp: string;
  readonly data?: unknown;
}

/** Packets as plain JSON; a message of bytes is the attachment that the packet before has announced. */
const verbose: Parser = {
  Encoder: class {
    encode(packet: Packet) {
      if (packet.type === 2 && (packet.data as unknown[])[0] === "unencodable") throw new Error("cannot encode");
      return [JSON.stringify(packet)];
    }
  },
  Decoder: class {
    #decoded = (_packet: Packet): void => {};
    #waiting: Packet | undefined;

    on(_event: "decoded", listener: (packet: Packet) => void): void {
      this.#decoded = listener;
    }

    add(message: string | Uint8Array): void {
      if (typeof message !== "string") {
        if (this.#waiting === undefined) throw new Error("bytes that nobody announced");
        (this.#waiting.data as unknown[]).push(message);
        this.#decoded(this.#waiting);
        this.#waiting = undefined;
        return;
      }
      const packet = JSON.parse(message) as Packet & { bytes?: true };
      if (packet.bytes === true) this.#waiting = packet;
      else this.#decoded(packet);
    }
  },
};

async function joined(io: MemoryServer) {
  const client = await connect(io);
  await client.say('{"type":0,"nsp":"/"}');
  const [socket] = io.sockets.sockets.values();
  assert.ok(socket);
  return { client, socket };
}

describe("parser", () => {
  test("that fails at the answer to CONNECT costs the client its socket, and says so", async () => {
    const Encoder = class extends verbose.Encoder {
      override encode(packet: Packet) {
        if (packet.type === 0) throw new Error("cannot encode");
        return super.encode(packet);
      }
    };
    const io = new MemoryServer({ parser: { ...verbose, Encoder } });
    const faults = faultsOf(io);
    const client = await connect(io);
    await client.say('{"type":0,"nsp":"/"}');
    const data = { message: "Internal server error" };
    assert.deepEqual(client.ws.take().map((frame) => JSON.parse(String(frame).slice(1)) as unknown), [{ type: 4, nsp: "/", data }]);
    assert.deepEqual([faults, io.sockets.sockets.size, io.metrics().unjoined], [["connect: cannot encode"], 0, 1]);
  });

  test("replaces the encoding of packets, both ways", async () => {
    const io = new MemoryServer({ parser: verbose });
    const { client, socket } = await joined(io);
    const { heard, hear } = recorder();
    socket.on("a", (text: string, answer: (text: string) => void) => {
      hear("a")(text);
      answer("yes");
    });
    client.send('{"type":2,"nsp":"/","id":7,"data":["a","text"]}');
    io.emit("b", 1);
    assert.deepEqual(heard, [["a", "text"]]);
    assert.deepEqual(client.take().map((packet) => JSON.parse(packet as string) as unknown), [
      { type: 0, nsp: "/", data: { sid: socket.id } },
      { type: 3, nsp: "/", id: 7, data: ["yes"] },
      { type: 2, nsp: "/", data: ["b", 1] },
    ]);
  });

  test("may need several messages for a packet, but not for ever", async () => {
    const io = new MemoryServer({ parser: verbose });
    const { client, socket } = await joined(io);
    const { heard, hear } = recorder();
    socket.on("a", hear("a"));
    client.send('{"type":2,"nsp":"/","data":["a"],"bytes":true}', Uint8Array.of(1));
    await io.host.advance(20_000);
    assert.deepEqual(heard, [["a", Uint8Array.of(1)]]);
    client.send('{"type":2,"nsp":"/","data":["a"],"bytes":true}');
    await io.host.advance(10_000);
    assert.ok(client.isClosed);
  });

  test("that refuses a message ends the connection with an error event", async () => {
    const io = new MemoryServer({ parser: verbose });
    for (const broken of ["no JSON", Uint8Array.of(1)]) {
      const { client, socket } = await joined(io);
      const { heard, hear } = recorder();
      socket.on("error", (error) => hear("error")(error instanceof Error));
      socket.on("disconnect", hear("disconnect"));
      client.send(broken);
      assert.deepEqual(heard, [["error", true], ["disconnect", "forced close"]]);
      await io.host.settle();
    }
  });

  test("gets packets of its own, without what they do not have", async () => {
    const given: object[] = [];
    const Encoder = class extends verbose.Encoder {
      override encode(packet: Packet) {
        const messages = super.encode(packet) as string[];
        given.push({ ...packet });
        // Early versions of `socket.io-parser` put placeholders for bytes there.
        Object.assign(packet, { data: ["changed"] });
        return messages;
      }
    };
    const io = new MemoryServer({ parser: { ...verbose, Encoder } });
    const { socket } = await joined(io);
    const { heard, hear } = recorder();
    socket.onAnyOutgoing(hear("out"));
    given.length = 0;
    socket.emit("a", 1);
    io.emit("b", 2);
    socket.emit("c", () => {});
    socket.disconnect();
    const events = [{ type: 2, nsp: "/", data: ["a", 1] }, { type: 2, nsp: "/", data: ["b", 2] }, { type: 2, nsp: "/", data: ["c"], id: 0 }];
    assert.deepEqual(given, [...events, { type: 1, nsp: "/" }]);
    assert.deepEqual(heard, [["out", "a", 1], ["out", "b", 2], ["out", "c"]]);
  });

  test("that cannot encode throws to whoever emits", async () => {
    const io = new MemoryServer({ parser: verbose });
    const faults = faultsOf(io);
    const { client, socket } = await joined(io);
    assert.throws(() => socket.emit("unencodable"), { message: "cannot encode" });
    assert.throws(() => io.emit("unencodable"), { message: "cannot encode" });
    assert.deepEqual(faults, []);
    assert.ok(!client.isClosed);
  });
});

const notPackets: Readonly<Record<string, unknown>> = {
  nothing: null,
  "a text": "x",
  "a type that is none": { type: 7, nsp: "/", data: ["a"] },
  "a namespace that is none": { type: 2, nsp: 5, data: ["a"] },
  "a namespace that is too long": { type: 2, nsp: `/${"n".repeat(256)}`, data: ["a"] },
  "an event without a name": { type: 2, nsp: "/", data: [{}] },
  "an event of nothing": { type: 2, nsp: "/", data: [] },
  "a reserved event": { type: 2, nsp: "/", data: ["disconnect"] },
  "an acknowledgement id that is none": { type: 2, nsp: "/", data: ["a"], id: -1 },
  "an acknowledgement that is no list": { type: 3, nsp: "/", data: {}, id: 0 },
  "too many arguments": { type: 2, nsp: "/", data: ["a", ...Array.from({ length: 1025 }, () => 0)] },
  "a CONNECT with a list": { type: 0, nsp: "/other", data: [] },
};

describe("what a parser gives for a packet", () => {
  for (const [what, value] of Object.entries(notPackets)) {
    test(`is checked: ${what} ends the connection`, async () => {
      const io = new MemoryServer({ parser: verbose });
      const { client, socket } = await joined(io);
      const { heard, hear } = recorder();
      socket.on("error", (error) => hear("error")(error instanceof Error));
      socket.on("a", hear("a"));
      client.send(JSON.stringify(value));
      assert.deepEqual(heard, [["error", true]]);
    });
  }

  test("may nest as deep as `maxDepth` allows, and no deeper", async () => {
    for (const [depth, heardEvents] of [[3, [["a"]]], [4, []]] as const) {
      const io = new MemoryServer({ parser: verbose, limits: { maxDepth: 3 } });
      const { client, socket } = await joined(io);
      const { heard, hear } = recorder();
      socket.on("a", () => hear("a")());
      // The list of arguments is one level.
      const value = "[".repeat(depth - 1) + "]".repeat(depth - 1);
      client.send(`{"type":2,"nsp":"/","data":["a",${value}]}`);
      assert.deepEqual(heard, heardEvents.map(([name]) => name));
    }
  });

  test("may be a binary event or acknowledgement, which are events and acknowledgements", async () => {
    const io = new MemoryServer({ parser: verbose });
    const { client, socket } = await joined(io);
    const { heard, hear } = recorder();
    socket.on("a", hear("a"));
    socket.emit("ask", hear("answer"));
    client.send('{"type":5,"nsp":"/","data":["a",1]}', '{"type":6,"nsp":"/","id":0,"data":["yes"]}');
    assert.deepEqual(heard, [["a", 1], ["answer", "yes"]]);
  });
});
