import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { describe, test } from "vitest";
import { assertAnswers, assertReachable, listen, open, portOf, serveEcho } from "./clients.ts";
import { Server } from "./server.ts";

describe("a plain HTTP server", () => {
  test("`new Server(httpServer)` is reached while the handler answers its own routes", async () => {
    const server = createServer((request, response) => response.end(`app ${request.url}`));
    serveEcho(new Server(server));
    const url = await listen(server);
    await assertReachable(url);
    await assertAnswers(`${url}/page?x=1`, "app /page?x=1");
    await assertAnswers(`${url}/socket.io-not`, "app /socket.io-not");
  });

  test("an empty attachment goes there and back", async () => {
    const server = createServer();
    serveEcho(new Server(server));
    const url = await listen(server);
    for (const transport of ["polling", "websocket"] as const) {
      const socket = await open(url, transport);
      const gone = new Promise((_, reject) => socket.once("disconnect", (reason) => reject(new Error(`${transport}: ${reason}`))));
      const answer = (await Promise.race([socket.emitWithAck("echo", new Uint8Array(0)), gone])) as Uint8Array;
      assert.equal(answer.byteLength, 0);
    }
  });

  test("`attach()` after the server listens is reached, also by a handler added later", async () => {
    const server = createServer();
    const url = await listen(server);
    const io = serveEcho(new Server());
    assert.equal(io.attach(server), io);
    server.on("request", (request, response) => {
      if (request.url === "/late") response.end("late");
    });
    await assertReachable(url);
    await assertAnswers(`${url}/late`, "late");
  });

  test("two servers with different paths share one HTTP server", async () => {
    const server = createServer((_, response) => response.end("app"));
    const first = serveEcho(new Server(server, { path: "/first" }));
    const second = serveEcho(new Server(server, { path: "/second/" }));
    first.on("connection", (socket) => socket.on("who", (reply: (name: string) => void) => reply("first")));
    second.on("connection", (socket) => socket.on("who", (reply: (name: string) => void) => reply("second")));
    const url = await listen(server);
    for (const name of ["first", "second"]) {
      await assertReachable(url, { path: `/${name}` });
      for (const transport of ["polling", "websocket"] as const) {
        const socket = await open(url, transport, { path: `/${name}` });
        assert.equal(await socket.emitWithAck("who"), name);
      }
    }
    await assertAnswers(`${url}/`, "app");
  });

  test("`cookie` puts the id of the session on the polling handshake alone", async () => {
    const server = createServer();
    serveEcho(new Server(server, { cookie: { name: "session", path: "/", httpOnly: true, sameSite: "strict" } }));
    const url = `${await listen(server)}/socket.io/?EIO=4&transport=polling`;
    const handshake = await fetch(url);
    const { sid } = JSON.parse((await handshake.text()).slice(1)) as { sid: string };
    const cookies = handshake.headers.getSetCookie();
    assert.equal(cookies.length, 1);
    const attributes = cookies.flatMap((cookie) => cookie.split("; "));
    assert.deepEqual(attributes.sort(), ["HttpOnly", "Path=/", "SameSite=Strict", `session=${sid}`]);
    const packets = await fetch(`${url}&sid=${sid}`, { method: "POST", body: "40" });
    assert.deepEqual(packets.headers.getSetCookie(), []);
  });
});

describe("without an HTTP server", () => {
  test("`new Server(port)` listens and answers 404 elsewhere", async () => {
    const io = serveEcho(new Server(0));
    await onceListening(io);
    const url = `http://127.0.0.1:${portOf(io.httpServer)}`;
    await assertReachable(url);
    assert.equal((await fetch(`${url}/page`)).status, 404);
  });

  test("`listen()` listens, and again after `close()`", async () => {
    const io = serveEcho(new Server());
    for (const round of [1, 2]) {
      assert.equal(io.listen(0), io, `round ${round}`);
      await onceListening(io);
      await assertReachable(`http://127.0.0.1:${portOf(io.httpServer)}`);
      await io.close();
    }
  });

  async function onceListening(io: Server): Promise<void> {
    assert.ok(io.httpServer);
    if (!io.httpServer.listening) await once(io.httpServer, "listening");
  }
});

describe("`io.close()`", () => {
  test("disconnects the clients and frees the port", async () => {
    const server = createServer((_, response) => response.end("app"));
    const io = serveEcho(new Server(server));
    const url = await listen(server);
    const port = portOf(server);
    const reasons: string[] = [];
    io.on("connection", (socket) => socket.on("disconnect", (reason) => reasons.push(reason)));
    const clients = [await open(url, "polling"), await open(url, "websocket")];
    const gone = clients.map((socket) => new Promise((resolve) => socket.once("disconnect", resolve)));
    await io.close();
    await Promise.all(gone);
    assert.deepEqual(reasons, ["server shutting down", "server shutting down"]);
    const next = createServer((_, response) => response.end("next"));
    await once(next.listen(port, "127.0.0.1"), "listening");
    await assertAnswers(`${url}/`, "next");
    next.close();
    next.closeAllConnections();
    await once(next, "close");
  });
});
