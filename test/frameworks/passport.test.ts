/** Passport's session, as its users share it with sockets: every middleware for handshakes only, told by `_query.sid`. */
import assert from "node:assert/strict";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import express from "express";
import session from "express-session";
import passport from "passport";
import { describe, test } from "vitest";
import { listen, open, serveEcho } from "./clients.ts";
import { Engine, Server } from "./server.ts";

interface WithUser extends IncomingMessage {
  readonly user?: { readonly name: string };
  readonly _query: Readonly<Record<string, string | undefined>>;
}

type Middleware = (request: WithUser, response: ServerResponse, next: (error?: unknown) => void) => void;

const people = new Map([["1", { id: "1", name: "Ada" }]]);

passport.serializeUser((user: { id: string }, done: (error: null, id: string) => void) => done(null, user.id));
passport.deserializeUser((id: string, done: (error: null, user: unknown) => void) => done(null, people.get(id) ?? false));
passport.use("knock", {
  authenticate(this: { success(user: unknown): void; fail(status: number): void }, request: IncomingMessage) {
    const user = people.get(request.headers["x-id"] as string);
    if (user) this.success(user);
    else this.fail(401);
  },
});

const refuseStrangers: Middleware = (request, response, next) => {
  if (request.user) next();
  else response.writeHead(401).end();
};

function onlyForHandshake(middleware: Middleware): Middleware {
  return (request, response, next) => (request._query["sid"] === undefined ? middleware(request, response, next) : next());
}

describe("Passport", () => {
  test("tells sockets who has logged in, and strangers are refused over both transports", async () => {
    const io = new Server();
    const { url, cookie } = await start(io.engine, (server) => serveEcho(io.attach(server)));
    const names: unknown[] = [];
    io.on("connection", (socket) => void names.push((socket.request as WithUser).user?.name));
    for (const transport of ["polling", "websocket"] as const) {
      const socket = await open(url, transport, { extraHeaders: { cookie } });
      assert.equal(await socket.emitWithAck("echo", transport), transport);
      await assert.rejects(open(url, transport), /xhr poll error|websocket error/);
    }
    assert.deepEqual(names, ["Ada", "Ada"]);
    assert.equal((await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).status, 401);
  });

  test("does so for an engine alone", async () => {
    const engine = new Engine();
    const { url, cookie } = await start(engine, (server) => engine.attach(server));
    const names: unknown[] = [];
    engine.on("connection", (conn) => void names.push((conn.request as WithUser).user?.name));
    const handshake = `${url}/engine.io/?EIO=4&transport=polling`;
    assert.equal((await fetch(handshake)).status, 401);
    assert.equal((await fetch(handshake, { headers: { cookie } })).status, 200);
    assert.deepEqual(names, ["Ada"]);
  });
});

/** An app with a login, and the cookie of somebody who has logged in. */
async function start(engine: { use(middleware: Middleware): unknown }, attach: (server: ReturnType<typeof createServer>) => unknown) {
  const remember = session({ secret: "of these tests", resave: false, saveUninitialized: false }) as Middleware;
  const app = express();
  app.use(remember);
  app.post("/login", passport.authenticate("knock"), (_: unknown, response: { send(text: string): void }) => response.send("welcome"));
  for (const middleware of [remember, passport.session() as Middleware, refuseStrangers]) engine.use(onlyForHandshake(middleware));
  const server = createServer(app);
  attach(server);
  const url = await listen(server);
  const login = await fetch(`${url}/login`, { method: "POST", headers: { "x-id": "1" } });
  assert.equal(await login.text(), "welcome");
  return { url, cookie: login.headers.getSetCookie().join().split(";")[0] ?? "" };
}
