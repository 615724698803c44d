/** What users of `engine.io` call, done to ours and to the released one: both must answer alike. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, type RequestListener, type Server as HttpServer, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Socket } from "engine.io-client";
import { describe, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { Engine } from "../../runtimes/node.ts";
import { engineIo } from "./released.ts";

type AnyServer = Engine;

/** The names under which each has the same. */
interface Package {
  readonly name: string;
  create(options?: object): AnyServer;
  attach(http: HttpServer, options?: object): AnyServer;
  listen(port: number, options?: object, listening?: () => void): AnyServer;
}

const ours: Package = {
  name: "ours",
  create: (options) => new Engine(options),
  attach: (http, options) => Engine.attach(http, options),
  listen: (port, options, listening) => Engine.listen(port, options, listening),
};

const released = {
  name: "released",
  create: (options?: object) => new engineIo.Server(options),
  attach: (http: HttpServer, options: object = {}) => engineIo.attach(http, options),
  listen: (port: number, options?: object, listening?: () => void) => engineIo.listen(port, options, listening),
} as unknown as Package;

const query = "EIO=4&transport=polling";

describe.each([ours, released])("an engine on Node ($name)", (engineOf) => {
  test("`attach()` serves its path, and the app keeps the others", async () => {
    const http = await listen((request, response) => void response.end(`app ${request.url}`));
    const engine = engineOf.create();
    engine.attach(http, { path: "/live" });
    echoOn(engine);
    assert.equal(await get(http, "/x"), "200 app /x");
    assert.equal(await get(http, `/engine.io/?${query}`), `200 app /engine.io/?${query}`);
    assert.match(await get(http, `/live/?${query}`), /^200 0\{"sid":/);
    assert.equal(await echo(http, "/live", ["websocket"]), "a");
  });

  test("a top-level `attach()` gives a new engine", async () => {
    const http = await listen();
    const engine = engineOf.attach(http, { maxHttpBufferSize: 5, transports: ["polling"] });
    echoOn(engine);
    const [, first] = /^200 0(\{.*\})$/.exec(await get(http, `/engine.io/?${query}`))!;
    const { maxPayload, upgrades } = JSON.parse(first!) as { maxPayload: number; upgrades: string[] };
    assert.deepEqual([maxPayload, upgrades], [5, []]);
    assert.equal(await get(http, "/engine.io/?EIO=4&transport=websocket"), '400 {"code":0,"message":"Transport unknown"}');
  });

  test("a top-level `listen()` answers 501 elsewhere", async () => {
    const engine = engineOf.listen(0, {}, () => {});
    const http = engine.httpServer as HttpServer;
    await once(http, "listening");
    closeLater(http);
    const reply = await get(http, "/x");
    assert.match(reply, /^501 /);
    echoOn(engine);
    assert.equal(await echo(http, "/engine.io", ["polling", "websocket"]), "a");
  });

  test("`handleRequest()` and `handleUpgrade()` take what the app passes in, under any path", async () => {
    const engine = engineOf.create();
    const http = await listen((request, response) => void engine.handleRequest(request, response));
    http.on("upgrade", (request: IncomingMessage, socket, head) => void engine.handleUpgrade(request, socket, head));
    echoOn(engine);
    for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) assert.equal(await echo(http, "/any/where", transports), "a");
    const refused = new WebSocket(urlOf(http).replace("http", "ws") + "/any/?EIO=4&transport=pigeon");
    refused.on("error", () => {});
    const [, response] = (await once(refused, "unexpected-response")) as [unknown, IncomingMessage];
    assert.equal(response.statusCode, 400);
  });

  test("`use()`, header events, `generateId` and `allowRequest` see Node's own request", async () => {
    const http = await listen();
    const seen: unknown[] = [];
    const allowRequest = (request: IncomingMessage & { _query: Record<string, string> }, callback: (error: null | string, allowed: boolean) => void) => {
      callback("not you", request._query["as"] !== "mallory");
    };
    const engine = engineOf.attach(http, { allowRequest });
    let ids = 0;
    engine.generateId = (request: IncomingMessage) => `${request.headers["x-name"] as string}-${++ids}`;
    engine.use((request: IncomingMessage & { _query: Record<string, string> }, response: { setHeader(name: string, value: string): void }, next: () => void) => {
      seen.push(["use", request._query["sid"] === undefined, request.url?.includes("sid")]);
      response.setHeader("x-used", "yes");
      next();
    });
    engine.on("initial_headers", (headers: Record<string, string>, request: IncomingMessage) => {
      headers["x-initial"] = "1";
      seen.push(["initial_headers", request.headers["x-name"]]);
    });
    engine.on("headers", (headers: Record<string, string>) => {
      headers["x-each"] = "1";
      seen.push(["headers"]);
    });
    const errors: unknown[] = [];
    engine.on("connection_error", ({ req, code, message, context }) => {
      errors.push([(req as IncomingMessage).method, code, message, context]);
    });
    const url = `${urlOf(http)}/engine.io/?${query}`;
    const headers = { "x-name": "ada" };
    const first = await fetch(url, { headers });
    assert.deepEqual(["x-used", "x-initial", "x-each"].map((name) => first.headers.get(name)), ["yes", "1", "1"]);
    const { sid } = JSON.parse((await first.text()).slice(1)) as { sid: string };
    assert.equal(sid, "ada-1");
    const post = await fetch(`${url}&sid=${sid}`, { method: "POST", body: "4a" });
    assert.deepEqual(["x-used", "x-initial", "x-each"].map((name) => post.headers.get(name)), ["yes", null, "1"]);
    assert.deepEqual(seen, [
      ["use", true, false],
      ["initial_headers", "ada"],
      ["headers"],
      ["use", false, true],
      ["headers"],
    ]);
    const refused = await fetch(`${url}&as=mallory`, { headers });
    assert.deepEqual([refused.status, await refused.json()], [403, { code: 4, message: "not you" }]);
    assert.deepEqual(errors, [["GET", 4, "Forbidden", { message: "not you" }]]);
    assert.deepEqual([Object.keys(engine.clients), engine.clientsCount], [["ada-1"], 1]);
  });

  test("`close()` ends everybody, and leaves the HTTP server alone", async () => {
    const http = await listen((_request, response) => void response.end("app"));
    const engine = engineOf.attach(http);
    const reasons: unknown[] = [];
    engine.on("connection", (conn) => conn.on("close", (reason: string) => void reasons.push(reason)));
    const clients = await Promise.all([["polling"], ["websocket"]].map((transports) => open(http, "/engine.io", transports)));
    const closed = clients.map((client) => new Promise((resolve) => client.on("close", resolve)));
    assert.equal(engine.close(), engine);
    await Promise.all(closed);
    assert.deepEqual([reasons, engine.clientsCount, Object.keys(engine.clients)], [["forced close", "forced close"], 0, []]);
    assert.equal(await get(http, "/"), "200 app");
  });

  test("ends upgrades that are nobody's, unless told otherwise", async () => {
    const ended = async (options: object): Promise<boolean> => {
      const http = await listen();
      engineOf.create().attach(http, options);
      const ws = new WebSocket(urlOf(http).replace("http", "ws") + "/elsewhere");
      const end = new Promise<boolean>((resolve) => ws.on("error", () => resolve(true)));
      const still = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 400));
      const result = await Promise.race([end, still]);
      ws.terminate();
      return result;
    };
    assert.deepEqual(await Promise.all([ended({ destroyUpgradeTimeout: 20 }), ended({ destroyUpgrade: false })]), [true, false]);
  });
});

test("`new Engine(httpServer)` attaches", async () => {
  const http = await listen();
  echoOn(new Engine(http, { path: "/live" }));
  assert.equal(await echo(http, "/live", ["polling", "websocket"]), "a");
});

test("one engine serves several HTTP servers, and again after `close()`", async () => {
  const [first, second] = [await listen(), await listen()];
  const engine = new Engine().attach(first).attach(second, { path: "/second" });
  echoOn(engine);
  assert.equal(await echo(first, "/engine.io", ["websocket"]), "a");
  assert.equal(await echo(second, "/second", ["websocket"]), "a");
  engine.close();
  assert.match(await get(first, `/engine.io/?${query}`), /^503 /);
  const third = await listen();
  engine.attach(third);
  assert.equal(await echo(third, "/engine.io", ["polling"]), "a");
});

test("a subclass may override `generateId`", async () => {
  class Named extends Engine {
    override generateId(request: IncomingMessage): string {
      return `id of ${request.headers["x-name"] as string}`;
    }
  }
  const http = await listen();
  new Named().attach(http);
  const reply = await fetch(`${urlOf(http)}/engine.io/?${query}`, { headers: { "x-name": "ada" } });
  assert.match(await reply.text(), /"sid":"id of ada"/);
});

test("`attach()` says what it needs", () => {
  assert.throws(() => new Engine().attach((() => {}) as never), /Cannot attach: expected an HTTP server or a port, got a function .*http\.createServer/);
});

function echoOn(engine: AnyServer): void {
  engine.on("connection", (conn) => conn.on("message", (data) => conn.send(data)));
}

async function listen(listener: RequestListener = () => {}): Promise<HttpServer> {
  const http = createServer(listener);
  await once(http.listen(0, "127.0.0.1"), "listening");
  closeLater(http);
  return http;
}

function closeLater(http: HttpServer): void {
  onTestFinished(() => {
    http.close();
    http.closeAllConnections();
  });
}

function urlOf(http: HttpServer): string {
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

async function get(http: HttpServer, path: string): Promise<string> {
  const reply = await fetch(urlOf(http) + path);
  return `${reply.status} ${await reply.text()}`;
}

async function open(http: HttpServer, path: string, transports: readonly string[]): Promise<Socket> {
  const socket = new Socket(urlOf(http).replace("http", "ws"), { path, transports: transports as never });
  onTestFinished(() => void socket.close());
  await new Promise<void>((resolve, reject) => {
    socket.on("open", resolve);
    socket.on("error", reject);
  });
  if (transports.length > 1) await new Promise((resolve) => socket.on("upgrade", resolve));
  return socket;
}

/** What an engine answers to "a". */
async function echo(http: HttpServer, path: string, transports: readonly string[]): Promise<unknown> {
  const socket = await open(http, path, transports);
  const answer = new Promise((resolve) => socket.on("message", resolve));
  socket.send("a");
  return answer;
}
