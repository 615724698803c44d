/** What every runtime of the Web has to get right in a way of its own. What all runtimes share is in the conformance suite. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type Socket, connect as dialTcp } from "node:net";
import { afterAll, beforeAll, describe, test } from "vitest";
import { connect, dial, endOf, join, joinByPolling, next, packets, poll, startPoll } from "./client.ts";
import type { Program } from "./program.ts";

interface Subject {
  readonly name: string;
  /** Type of binary data as listeners get it. */
  readonly binary: string;
  start(): Promise<Program>;
}

export function describeWebRuntime({ name, binary, start }: Subject): void {
  describe(`a server on ${name}`, () => {
    let program: Program;
    let url: string;
    beforeAll(async () => {
      program = await start();
      ({ url } = program);
    });
    afterAll(() => program.stop());

    test.each([[["polling"]], [["websocket"]], [["polling", "websocket"]]])("`handshake` tells address, cookie and URL over %j", async (transports) => {
      const [socket, welcome] = await connect(url, { transports, extraHeaders: { cookie: "k=v" } });
      const { url: seen, ...rest } = welcome;
      assert.deepEqual(rest, { address: "127.0.0.1", secure: false, cookie: "k=v", ownCookie: "k=v" });
      assert.match(seen, new RegExp(`^${url}/socket\\.io/\\?EIO=4&transport=${transports[0]}`));
      const { engine } = socket.io;
      if (engine.transport.name !== transports.at(-1)) await new Promise<void>((resolve) => engine.once("upgrade", () => resolve()));
      const [data, type] = await new Promise<[Uint8Array, string]>((resolve) => {
        socket.emit("echo", Buffer.from([1, 2, 3]), (...answer: [Uint8Array, string]) => resolve(answer));
      });
      assert.deepEqual([[...data], type], [[1, 2, 3], binary]);
      assert.equal(((await socket.emitWithAck("echo", new Uint8Array(0))) as Uint8Array).length, 0);
    });

    test("`headers` listeners add to the replies of both transports", async () => {
      const reply = await poll(url);
      assert.equal(reply.headers.get("x-extra"), "1");
      assert.deepEqual(reply.headers.getSetCookie(), ["a=1", "b=2"]);
      const [, headers] = await dial(url);
      assert.equal(headers["x-extra"], "1");
      assert.deepEqual(headers["set-cookie"], ["a=1", "b=2"]);
    });

    test.each([["one", "one"], ["one,two", "one"], ["one, two", "one"]])("a WebSocket that offers the protocols %j gets %j", async (offer, answer) => {
      const [, headers] = await dial(url, { "sec-websocket-protocol": offer });
      assert.equal(headers["sec-websocket-protocol"], answer);
    });

    test("a handshake without a key is refused, and reported to nobody", async () => {
      const tcp = dialTcp(Number(new URL(url).port), "127.0.0.1");
      tcp.write("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
      const [data] = (await once(tcp, "data")) as [Buffer];
      assert.match(data.toString(), /^HTTP\/1\.1 400 /);
      tcp.destroy();
    });

    test("requests outside `path` go to the app", async () => {
      assert.match(await (await fetch(`${url}/some/where`)).text(), /^app \/some\/where/);
    });

    test("an answered POST that comes again is not taken for a repetition", async () => {
      const { sid } = await joinByPolling(url);
      const post = { method: "POST", body: '42["say","again"]' };
      for (const _ of [1, 2]) assert.equal(await (await poll(url, sid, post)).text(), "ok");
      assert.deepEqual(await packets(url, sid, 2), ['42["said","again"]', '42["said","again"]']);
    });

    test("a client that gives up its poll ends with `transport error`", async () => {
      const [witness] = await connect(url, { transports: ["websocket"] });
      const { sid, id } = await joinByPolling(url);
      const end = endOf(id, witness);
      const controller = new AbortController();
      const { reply } = await startPoll(url, sid, witness, { signal: controller.signal });
      controller.abort();
      await assert.rejects(reply);
      assert.deepEqual(await end, ["transport error", null, "poll connection closed prematurely"]);
    });

    test("a WebSocket that breaks ends with `transport close`, one that breaks the protocol with `transport error`", async () => {
      const [witness] = await connect(url, { transports: ["websocket"] });
      const ends: [harm: (tcp: Socket) => unknown, reason: string][] = [
        [(tcp) => tcp.resetAndDestroy(), "transport close"],
        [(tcp) => tcp.destroy(), "transport close"],
        [(tcp) => tcp.write(Buffer.from([0xf1, 0x80, 0, 0, 0, 0])), "transport error"],
      ];
      for (const [harm, reason] of ends) {
        const [ws] = await dial(url);
        const end = endOf(await join(ws), witness);
        harm((ws as unknown as { _socket: Socket })._socket);
        assert.equal((await end)[0], reason);
      }
    });

    test("a message that is too large ends the connection with PAYLOAD_TOO_LARGE", async () => {
      const [witness] = await connect(url, { transports: ["websocket"] });
      const [ws] = await dial(url);
      const end = endOf(await join(ws), witness);
      ws.send(`42["say","${"x".repeat(1_000_000)}"]`);
      const [code] = (await once(ws, "close")) as [number];
      assert.equal(code, 1009);
      assert.deepEqual((await end).slice(0, 2), ["transport error", "PAYLOAD_TOO_LARGE"]);
    });

    test("a client that does not read is closed with SLOW_CONSUMER, and others do not notice", async () => {
      const [witness] = await connect(url, { transports: ["websocket"] });
      const [ws] = await dial(url);
      const end = endOf(await join(ws), witness);
      ws.pause();
      ws.send('42["flood"]');
      assert.deepEqual((await end).slice(0, 2), ["transport error", "SLOW_CONSUMER"]);
      assert.equal(await witness.emitWithAck("echo", "well"), "well");
    });

    test("a client that reads slowly gets all that was sent before the close, in order", async () => {
      const [witness] = await connect(url, { transports: ["websocket"] });
      const [ws] = await dial(url);
      await join(ws);
      const received: number[] = [];
      ws.on("message", (data: Buffer) => {
        const [, number] = /^42\["poured",(\d+),/.exec(data.toString()) ?? [];
        if (number !== undefined) received.push(Number(number));
      });
      ws.pause();
      ws.send('42["pour",30,500000]');
      await next(witness, "much poured");
      ws.resume();
      await once(ws, "close");
      assert.deepEqual(received, Array.from({ length: 60 }, (_, number) => number));
    });

    test("`io.close()` is heard by clients, and frees the port", async () => {
      const other = await start();
      const [websocket] = await connect(other.url, { transports: ["websocket"] });
      const { sid } = await joinByPolling(other.url);
      const { reply } = await startPoll(other.url, sid, websocket);
      const disconnected = next(websocket, "disconnect");
      await other.stop();
      assert.equal((await disconnected)[0], "transport close");
      assert.equal((await (await reply).text()).split("\x1e").at(-1), "1");
    });
  });
}
