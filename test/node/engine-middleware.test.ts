/** Engine middlewares that answer a WebSocket handshake by themselves. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { Server } from "../../runtimes/node.ts";

const HANDSHAKE = [
  "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
  "Host: a",
  "Upgrade: websocket",
  "Connection: upgrade",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "\r\n",
].join("\r\n");

test("the connection ends with the answer, and the server lets go of it", async () => {
  const http = createServer().listen(0, "127.0.0.1");
  await once(http, "listening");
  const io = new Server(http);
  io.engine.use((_request: IncomingMessage, response: ServerResponse) => void response.writeHead(401).end("who are you?"));
  const client = connect((http.address() as AddressInfo).port, "127.0.0.1");
  client.write(HANDSHAKE);
  const answer = await text(client);
  assert.match(answer, /^HTTP\/1\.1 401 Unauthorized\r\n/);
  assert.match(answer, /\r\nconnection: close\r\n/i);
  assert.match(answer, /who are you\?/);
  await expect.poll(() => new Promise((resolve) => http.getConnections((_error, count) => resolve(count)))).toBe(0);
  await io.close();
});

for (const [how, fail] of Object.entries({
  throws: (): never => { throw new Error("lost"); },
  rejects: () => Promise.reject(new Error("lost")),
})) {
  test(`that one ${how} after it has gone on is reported, and changes nothing`, async () => {
    const http = createServer().listen(0, "127.0.0.1");
    await once(http, "listening");
    const io = new Server(http);
    const reported = once(io.diagnostics as never, "handler_error");
    io.engine.use((_request: IncomingMessage, _response: ServerResponse, next: () => void) => (next(), fail()));
    const { port } = http.address() as AddressInfo;
    const { status } = await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`);
    const [error, { phase }] = (await reported) as [Error, { phase: string }];
    assert.deepEqual([status, error.message, phase], [200, "lost", "engine middleware"]);
    await io.close();
  });
}

test("however many there are, none leaves listeners on the response", async () => {
  const http = createServer().listen(0, "127.0.0.1");
  await once(http, "listening");
  const io = new Server(http);
  const left: number[] = [];
  for (let count = 0; count < 11; count++) {
    io.engine.use((_request: IncomingMessage, response: ServerResponse, next: () => void) => {
      left.push(response.listenerCount("finish") + response.listenerCount("close"));
      next();
    });
  }
  const { port } = http.address() as AddressInfo;
  await (await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`)).text();
  assert.deepEqual(left, Array(11).fill(left[0]));
  await io.close();
});
