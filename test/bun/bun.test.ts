import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, onTestFinished, test } from "vitest";
import { io } from "socket.io-client";
import { WebSocket } from "ws";
import { connect, dial, endOf, instrumented, join, joinByPolling, next, startPoll } from "../deno/client.ts";
import { start, startForTest } from "../deno/program.ts";
import { describeWebRuntime } from "../deno/web-runtime.ts";

function program(name: string): string[] {
  return ["run", `test/bun/programs/${name}.ts`];
}

describeWebRuntime({ name: "Bun", binary: "Buffer", start: () => start("bun", program("server")) });

test("a poll outlives the server's idle timeout", async () => {
  const { url } = await startForTest("bun", program("server"));
  const [witness] = await connect(url, { transports: ["websocket"] });
  const { sid } = await joinByPolling(url);
  const { reply } = await startPoll(url, sid, witness);
  // Bun looks every four seconds; the server's timeout is one.
  await sleep(6_000);
  witness.emit("say to all", "late");
  assert.equal(await (await reply).text(), '42["said","late"]');
});

for (const framing of ["content-length: 20000\r\n\r\n4part", "transfer-encoding: chunked\r\n\r\n5\r\n4part\r\n"]) {
  test(`a body that stops half-way (${framing.split(":")[0]}) is answered at \`bodyTimeout\`, not cut at the server's idle timeout`, async () => {
    // Bun looks every four seconds; the server's timeout is one.
    const { url } = await startForTest("bun", program("server"), { BODY_TIMEOUT: "6000" });
    const { sid } = await joinByPolling(url);
    const client = connectTcp(Number(new URL(url).port), "127.0.0.1");
    onTestFinished(() => void client.destroy());
    client.write(`POST /socket.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nhost: a\r\n${framing}`);
    const [reply] = await once(client.setEncoding("utf8"), "data", { signal: AbortSignal.timeout(12_000) });
    assert.match(reply as string, /^HTTP\/1\.1 408 /);
  });
}

test("the browser client is served", async () => {
  const { url } = await startForTest("bun", program("server"));
  const script = await fetch(`${url}/socket.io/socket.io.min.js`);
  assert.equal(script.headers.get("content-type"), "application/javascript; charset=utf-8");
  assert.match(await script.text(), /Socket\.IO v4\.8\.4/);
});

test("`DEBUG` prints debug lines", async () => {
  const { url, stop } = await startForTest("bun", program("server"), { DEBUG: "socket.io:server" });
  await connect(url);
  assert.match(await stop(), /socket\.io:server \S/);
});

test("`handler()` is what a module may export", async () => {
  const { url } = await startForTest("bun", program("exported"));
  const [socket] = await connect(url);
  assert.equal(await socket.emitWithAck("echo", "x"), "x");
});

describe("beside the app's own routes and WebSockets", () => {
  test("each gets what is its own", async () => {
    const { url } = await startForTest("bun", program("composed"));
    assert.equal(await (await fetch(`${url}/hello/you`)).text(), "hello you");
    assert.equal(await (await fetch(`${url}/socket.io`)).text(), "everything else");
    for (const transports of [["polling"], ["websocket"]]) {
      const [socket, { address }] = await connect(url, { transports });
      assert.deepEqual([address, await socket.emitWithAck("echo", "x")], ["127.0.0.1", "x"]);
    }
    const [socket] = await connect(url);
    const own = new WebSocket(`${url.replace("http", "ws")}/own`);
    const [welcome] = (await once(own, "message")) as [Buffer];
    assert.equal(welcome.toString(), "welcome Ada");
    own.send("hi");
    const [answer] = (await once(own, "message")) as [Buffer];
    assert.equal(answer.toString(), "Ada said hi");
    const closed = next(socket, "own closed");
    own.close(4000);
    assert.deepEqual(await closed, ["Ada", 4000]);
  });

  test("a message that Bun drops at the app's `backpressureLimit` ends the connection", async () => {
    const { url } = await startForTest("bun", program("composed"));
    const [witness] = await connect(url, { transports: ["websocket"] });
    const [ws] = await dial(url);
    const end = endOf(await join(ws), witness);
    ws.pause();
    ws.send('42["flood"]');
    const [reason, code, message] = await end;
    assert.deepEqual([reason, code], ["transport error", "SLOW_CONSUMER"]);
    assert.match(String(message), /backpressureLimit/);
  });
});

test("without a slash at its end, the path comes before the app's routes too", async () => {
  const { url } = await startForTest("bun", program("composed"), { NO_SLASH: "1" });
  const [socket] = await connect(url, { addTrailingSlash: false });
  assert.equal(await socket.emitWithAck("echo", "x"), "x");
});

test.each(["hono", "elysia"])("`fetch()` serves inside an app of %s", async (framework) => {
  const { url } = await startForTest("bun", program(framework));
  assert.equal(await (await fetch(url)).text(), framework);
  for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
    const [socket, { address }] = await connect(url, { transports });
    assert.equal(address, "127.0.0.1");
    assert.equal(((await socket.emitWithAck("echo", Buffer.from("x"))) as Uint8Array).length, 1);
  }
  if (framework !== "elysia") return;
  const own = new WebSocket(`${url.replace("http", "ws")}/own`);
  await once(own, "open");
  own.send("hi");
  const [answer] = (await once(own, "message")) as [Buffer];
  assert.equal(answer.toString(), "echo hi");
  own.close();
});

test("`bind()` takes the connections of `@socket.io/bun-engine` (SRV-7, 6.2)", async () => {
  const { url } = await startForTest("bun", program("foreign-engine"));
  for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
    const socket = io(url, { transports, forceNew: true });
    await new Promise<void>((resolve) => socket.on("connect", resolve));
    const heard = new Promise((resolve) => socket.on("heard", resolve));
    assert.equal(await socket.emitWithAck("room"), "4");
    assert.deepEqual(new Uint8Array((await heard) as Uint8Array), Uint8Array.of(1, 2));
    const answer = (await socket.emitWithAck("echo", { deep: [Buffer.from("x")] })) as { deep: Uint8Array[] };
    assert.deepEqual(new Uint8Array(answer.deep[0]!), Uint8Array.of(120));
    socket.close();
  }
});

test("`instrument()` of the admin UI reports", async () => {
  const { url } = await startForTest("bun", program("admin-ui"));
  assert.deepEqual(await instrumented(url), [["/admin"], "/", true, true, ["watch"]]);
});
