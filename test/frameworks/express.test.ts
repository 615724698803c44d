import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import express from "express";
import session from "express-session";
import { describe, test } from "vitest";
import { assertAnswers, assertReachable, listen, open, serveEcho } from "./clients.ts";
import { Server } from "./server.ts";

interface WithSession extends IncomingMessage {
  readonly session: { visits?: number; save(done: (error?: Error) => void): void; reload(done: (error?: Error) => void): void };
}

describe("Express 5", () => {
  test("answers its own routes beside a server that is reached", async () => {
    const app = express();
    app.get("/page", (_: unknown, response: { send(body: string): void }) => response.send("app"));
    const server = createServer(app);
    serveEcho(new Server(server));
    const url = await listen(server);
    await assertReachable(url);
    await assertAnswers(`${url}/page`, "app");
    assert.equal((await fetch(`${url}/elsewhere`)).status, 404);
  });

  test("shares its session with sockets through `io.engine.use()`", async () => {
    const { io, url } = await startWithSession();
    const page = await fetch(`${url}/visit`);
    assert.equal(await page.text(), "1 visit");
    const cookie = page.headers.getSetCookie().join().split(";")[0] ?? "";
    io.on("connection", (socket) => {
      socket.on("visit", (reply: (visits: number) => void) => visitFromSocket(socket.request as WithSession, reply));
    });
    for (const [index, transport] of (["polling", "websocket"] as const).entries()) {
      const socket = await open(url, transport, { extraHeaders: { cookie } });
      assert.equal(await socket.emitWithAck("visit"), 2 + 2 * index, `over ${transport}`);
      assert.equal(await (await fetch(`${url}/visit`, { headers: { cookie } })).text(), `${3 + 2 * index} visits`);
    }
  });

  test("gets a session cookie onto the handshake from `io.engine.use()`", async () => {
    const { url } = await startWithSession();
    const handshake = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
    assert.match(handshake.headers.getSetCookie().join(), /^connect\.sid=[^;]+; Path=\/; HttpOnly$/);
  });
});

async function startWithSession(): Promise<{ io: Server; url: string }> {
  const middleware = session({ secret: "of these tests", resave: false, saveUninitialized: true });
  const app = express();
  app.use(middleware);
  app.get("/visit", (request: WithSession, response: { send(body: string): void }) => {
    const visits = (request.session.visits ?? 0) + 1;
    request.session.visits = visits;
    response.send(visits === 1 ? "1 visit" : `${visits} visits`);
  });
  const server = createServer(app);
  const io = serveEcho(new Server(server));
  io.engine.use(middleware);
  return { io, url: await listen(server) };
}

/** Counts a visit in the session as it is in the store now, not as it was at the handshake. */
function visitFromSocket({ session: current }: WithSession, reply: (visits: number) => void): void {
  current.reload((error) => {
    assert.ifError(error);
    const visits = (current.visits ?? 0) + 1;
    current.visits = visits;
    current.save(() => reply(visits));
  });
}
