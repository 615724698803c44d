import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, connect, constants, createSecureServer } from "node:http2";
import { createServer, get } from "node:https";
import { describe, onTestFinished, test } from "vitest";
import { assertReachable, CERTIFICATE, listen, serveEcho } from "./clients.ts";
import { Server } from "./server.ts";

describe("an HTTPS server", () => {
  test("is reached while the handler answers its own routes", async () => {
    const server = createServer(CERTIFICATE, (_, response) => response.end("app"));
    const io = serveEcho(new Server(server));
    const url = await listen(server, "https");
    const secure = new Set<boolean>();
    io.on("connection", (socket) => secure.add(socket.handshake.secure));
    await assertReachable(url);
    assert.deepEqual([...secure], [true]);
    assert.equal(await bodyOf(`${url}/page`), "app");
  });
});

describe("a secure HTTP/2 server that allows HTTP/1", () => {
  test("is reached over HTTP/1 while the handler answers both versions", async () => {
    const { url, session } = await startHttp2();
    await assertReachable(url);
    assert.equal(await bodyOf(`${url}/page`), "app 1.1");
    assert.deepEqual(await ask(session, { ":path": "/page" }), { status: 200, body: "app 2.0" });
  });

  test("carries a whole polling session over HTTP/2", async () => {
    const { session } = await startHttp2();
    const path = "/socket.io/?EIO=4&transport=polling";
    const handshake = await ask(session, { ":path": path });
    assert.equal(handshake.status, 200);
    const { sid, upgrades } = JSON.parse(handshake.body.slice(1)) as { sid: string; upgrades: string[] };
    assert.deepEqual(upgrades, ["websocket"]);
    const resource = `${path}&sid=${sid}`;
    assert.deepEqual(await ask(session, { ":path": resource, ":method": "POST" }, "40"), { status: 200, body: "ok" });
    assert.match((await ask(session, { ":path": resource })).body, /^40\{"sid":"[\w-]{20}"\}$/);
    const poll = ask(session, { ":path": resource });
    assert.equal((await ask(session, { ":path": resource, ":method": "POST" }, '420["echo","é"]')).body, "ok");
    assert.deepEqual(await poll, { status: 200, body: '430["é"]' });
  });

  test("notices that a client cancels the poll that it waits with", async () => {
    const { io, session } = await startHttp2();
    const path = "/socket.io/?EIO=4&transport=polling";
    const { sid } = JSON.parse((await ask(session, { ":path": path })).body.slice(1)) as { sid: string };
    const conn = io.engine.sessions.get(sid)!;
    const closed = new Promise((resolve) => conn.on("close", resolve));
    const poll = session.request({ ":path": `${path}&sid=${sid}` });
    poll.on("error", () => {});
    // Requests of one connection arrive in order.
    await ask(session, { ":path": "/page" });
    poll.close(constants.NGHTTP2_CANCEL);
    assert.equal(await closed, "transport error");
  });

  async function startHttp2(): Promise<{ io: Server; url: string; session: ClientHttp2Session }> {
    const server = createSecureServer({ ...CERTIFICATE, allowHTTP1: true }, (request, response) => {
      response.end(`app ${request.httpVersion}`);
    });
    const io = serveEcho(new Server(server));
    const url = await listen(server, "https");
    const session = connect(url, { ca: CERTIFICATE.cert });
    onTestFinished(() => session.destroy());
    return { io, url, session };
  }
});

/** One request over HTTP/2. */
async function ask(session: ClientHttp2Session, headers: Record<string, string>, body?: string): Promise<{ status: number; body: string }> {
  const stream = session.request(headers);
  stream.setEncoding("utf8");
  stream.end(body);
  const [reply] = (await once(stream, "response")) as [{ ":status": number }];
  return { status: reply[":status"], body: (await stream.toArray()).join("") };
}

/** One request over HTTP/1.1. */
async function bodyOf(url: string): Promise<string> {
  const request = get(url, { ca: CERTIFICATE.cert, agent: false });
  const [response] = (await once(request, "response")) as [import("node:http").IncomingMessage];
  assert.equal(response.statusCode, 200);
  return (await response.setEncoding("utf8").toArray()).join("");
}
