/** Connections of another Engine.IO server (SRV-7/8, 6.2). */
import assert from "node:assert/strict";
import { describe, test } from "#test";
import { MemoryServer } from "../memory/server.ts";
import { assertTidy, recorder } from "./client.ts";

type Listener = (...args: any[]) => void;

class FakeEmitter {
  readonly #listeners = new Map<string, Listener[]>();

  on(event: string, listener: Listener): this {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    return this;
  }

  tell(event: string, ...args: unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(...args);
  }
}

/** A connection with what such servers have in common, and nothing else. */
class FakeConnection extends FakeEmitter {
  readonly id: string;
  readonly request = { headers: { "x-token": "abc", host: "app.example" }, url: "/socket.io/?EIO=4&transport=websocket&a=1" };
  readonly remoteAddress = "198.51.100.1";
  readonly transport = { name: "websocket", writable: true };
  readyState = "open";
  readonly written: unknown[] = [];
  readonly compressed: unknown[] = [];

  constructor(id = "foreign") {
    super();
    this.id = id;
  }

  write(data: unknown, options?: { compress?: boolean }): void {
    this.written.push(data);
    this.compressed.push(options?.compress);
  }

  close(): void {
    if (this.readyState !== "open") return;
    this.readyState = "closed";
    this.tell("close", "forced close");
  }

  /** The client leaves. */
  leave(reason = "transport close"): void {
    this.readyState = "closed";
    this.tell("close", reason);
  }
}

async function joined(io: MemoryServer, connection = new FakeConnection()) {
  connection.tell("data", "0");
  await io.host.settle();
  const [socket] = io.sockets.sockets.values();
  assert.ok(socket);
  return { connection, socket };
}

async function bound() {
  const io = new MemoryServer();
  const engine = new FakeEmitter();
  assert.equal(io.bind(engine as never), io);
  const connection = new FakeConnection();
  engine.tell("connection", connection);
  return { io, ...(await joined(io, connection)) };
}

describe("bind()", () => {
  test("takes the connections of another engine", async () => {
    const { io, connection, socket } = await bound();
    const { heard, hear } = recorder();
    socket.on("a", (bytes: Uint8Array, answer: (text: string) => void) => {
      hear("a")(bytes);
      answer("yes");
    });
    connection.tell("data", '51-7["a",{"_placeholder":true,"num":0}]');
    connection.tell("data", Uint8Array.of(1).buffer);
    io.to(socket.id).compress(false).emit("b", Uint8Array.of(2));
    assert.equal(heard.length, 1);
    assert.deepEqual([...((heard[0] as unknown[])[1] as Uint8Array)], [1]);
    assert.deepEqual(connection.written, [
      `0{"sid":"${socket.id}"}`,
      '37["yes"]',
      '51-["b",{"_placeholder":true,"num":0}]',
      Uint8Array.of(2),
    ]);
    assert.deepEqual(connection.compressed.slice(2), [false, false]);
  });

  test("reads the handshake from its request", async () => {
    const { connection, socket } = await bound();
    const { headers, address, url, query } = socket.handshake;
    assert.equal(headers["x-token"], "abc");
    assert.equal(address, "198.51.100.1");
    assert.equal(url, connection.request.url);
    assert.equal(query["a"], "1");
    assert.equal(socket.request, connection.request);
    assert.equal(socket.conn, connection);
  });

  test("drops what is volatile when it cannot write", async () => {
    const { connection, socket } = await bound();
    connection.transport.writable = false;
    socket.volatile.emit("a");
    assert.equal(connection.written.length, 1);
    connection.transport.writable = true;
    socket.volatile.emit("b");
    assert.equal(connection.written.length, 2);
  });

  test("ends with the reason of the connection", async () => {
    const { io, connection, socket } = await bound();
    const { heard, hear } = recorder();
    socket.on("disconnect", hear("disconnect"));
    connection.leave("ping timeout");
    assert.deepEqual(heard, [["disconnect", "ping timeout"]]);
    assertTidy(io.sockets);
    assert.equal(io.sockets.sockets.size, 0);
  });

  test("closes the connection when a socket wants that, or the client breaks the protocol", async () => {
    for (const end of ["disconnect", "protocol"]) {
      const { connection, socket } = await bound();
      if (end === "disconnect") socket.disconnect(true);
      else connection.tell("data", "9");
      assert.equal(connection.readyState, "closed");
      assert.ok(socket.disconnected);
    }
  });

  test("closes a connection that joins nothing", async () => {
    const io = new MemoryServer({ connectTimeout: 1000 });
    const connection = new FakeConnection();
    io.onconnection(connection as never);
    await io.host.advance(1000);
    assert.equal(connection.readyState, "closed");
  });

  test("ends its sockets with the server", async () => {
    const { io, socket } = await bound();
    const { heard, hear } = recorder();
    socket.on("disconnect", hear("disconnect"));
    await io.close();
    assert.deepEqual(heard, [["disconnect", "server shutting down"]]);
  });

  test("closes the other engine with the server (6.2)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    io.bind(Object.assign(new FakeEmitter(), { close: () => hear("close")() }));
    await io.close();
    assert.deepEqual(heard, ["close"]);
  });
});
