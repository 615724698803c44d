/** Headers of the app that HTTP does not allow: a line break in one would begin another. And those that the server has, too. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { describe, test } from "vitest";
import { Server, type ServerOptions } from "../../runtimes/node.ts";

const polling = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const webSocket = (query: string): string => [
  `GET /socket.io/?EIO=4&transport=websocket${query} HTTP/1.1`,
  "Host: a",
  "Upgrade: websocket",
  "Connection: upgrade",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "\r\n",
].join("\r\n");

const requests = { "a poll": [polling, 200], "a WebSocket": [webSocket(""), 101], "a refused WebSocket": [webSocket("&sid=unknown"), 400] } as const;

/** Where the app may name headers. */
const places: Record<string, (io: Server, name: string, value: unknown) => void> = {
  headers: (io, name, value) => io.engine.on("headers", (headers: Record<string, unknown>) => (headers[name] = value)),
  initial_headers: (io, name, value) => io.engine.on("initial_headers", (headers: Record<string, unknown>) => (headers[name] = value)),
};

async function start(options: Partial<ServerOptions>): Promise<{ io: Server; port: number; failures: string[] }> {
  const http = createServer().listen(0, "127.0.0.1");
  await once(http, "listening");
  const io = new Server(http, options);
  const failures: string[] = [];
  io.diagnostics.on("handler_error", (error, { phase }) => failures.push(`${phase}: ${(error as Error).message}`));
  return { io, port: (http.address() as AddressInfo).port, failures };
}

/** Status line and headers of the answer. */
async function headOf(port: number, request: string): Promise<string> {
  const client = connect(port, "127.0.0.1");
  client.write(request);
  let head = "";
  for await (const chunk of client.setEncoding("latin1")) {
    head += String(chunk);
    if (head.includes("\r\n\r\n")) break;
  }
  return head.split("\r\n\r\n")[0]!;
}

describe.each([["our own WebSockets", {}], ["those of ws", { perMessageDeflate: true }]])("a header that cannot be sent, with %s", (_what, options) => {
  for (const [what, name, value] of [
    ["a value with a line break", "x-name", "Ada\r\nx-injected: 1"],
    ["a value beyond Latin-1", "x-name", "✓"],
    ["a value that is not there", "x-name", undefined],
    ["a name with a line break", "x-name\r\nx-injected", "1"],
  ] as const) {
    test(`${what} is left out and reported; the request is answered`, async () => {
      const { io, port, failures } = await start(options);
      for (const place of Object.values(places)) place(io, name, value);
      io.engine.on("headers", (headers: Record<string, unknown>) => (headers["x-fine"] = "é"));
      for (const [request, status] of Object.values(requests)) {
        const head = await headOf(port, request);
        assert.match(head, new RegExp(`^HTTP/1.1 ${status} `));
        assert.match(head, /\r\nx-fine: /);
        assert.doesNotMatch(head, /x-name|x-injected/);
      }
      assert.ok(failures.length >= 3);
      for (const failure of failures) assert.equal(failure.split(":").slice(0, 2).join(":"), `headers: Cannot send the header ${JSON.stringify(name)}`);
      await io.close();
    });
  }
});

test("an origin of `cors` that no header can have is left out and reported", async () => {
  const { io, port, failures } = await start({ cors: { origin: "https://a.example\r\nx-injected: 1" } });
  for (const [request, status] of Object.values(requests)) {
    const head = await headOf(port, request);
    assert.match(head, new RegExp(`^HTTP/1.1 ${status} `));
    assert.doesNotMatch(head, /x-injected|allow-origin/);
  }
  assert.match(await headOf(port, "GET /socket.io/socket.io.js HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), /^HTTP\/1.1 200 /);
  assert.equal(failures.length, 4);
  await io.close();
});

test("a Response without a status refuses the handshake, and is reported", async () => {
  const { io, port, failures } = await start({ allowRequest: () => Response.error() });
  assert.match(await headOf(port, polling), /^HTTP\/1.1 403 /);
  assert.deepEqual(failures, ["allowRequest: Cannot answer with Response.error(): it has no status"]);
  await io.close();
});

describe.each(Object.entries(places))("in %s", (_event, place) => {
  const linesOf = (head: string, name: RegExp): string[] => head.split("\r\n").filter((line) => name.test(line)).map((line) => line.split(/[:;] ?|=/)[1]!);

  test.each(["Access-Control-Allow-Origin", "access-control-allow-origin"])("%s of the app replaces the server's", async (name) => {
    const { io, port } = await start({ cors: { origin: "https://a.example" } });
    place(io, name, "b");
    for (const [request] of [requests["a poll"], requests["a WebSocket"]]) {
      assert.deepEqual(linesOf(await headOf(port, request), /^access-control-allow-origin:/i), ["b"]);
    }
    await io.close();
  });

  test.each([["set-cookie", ["io", "uid"]], ["Set-Cookie", ["uid"]]])("%s of the app leaves the cookies %s", async (name, cookies) => {
    const { io, port } = await start({ cookie: true });
    place(io, name, "uid=1");
    assert.deepEqual(linesOf(await headOf(port, polling), /^set-cookie:/i), cookies);
    await io.close();
  });
});
