import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { connect, instrumented, joinByPolling, poll } from "./client.ts";
import { startForTest, start } from "./program.ts";
import { describeWebRuntime } from "./web-runtime.ts";

/** Nothing is granted but the network, and nobody is asked. */
const RUN = ["run", "--no-prompt", "--check=none", "--allow-net"];

function program(name: string): string {
  return `test/deno/programs/${name}.ts`;
}

describeWebRuntime({ name: "Deno", binary: "Uint8Array", start: () => start("deno", [...RUN, program("server")]) });

test("`handler()` answers 404 outside `path` when there is no app", async () => {
  const { url } = await startForTest("deno", [...RUN, program("alone")]);
  assert.equal((await fetch(`${url}/other`)).status, 404);
  assert.equal((await fetch(`${url}/socket.io/socket.io.js`)).status, 404);
});

test("a server for WebSockets prints nothing", async () => {
  const { url, stop } = await startForTest("deno", [...RUN, program("alone")]);
  const [socket] = await connect(url, { transports: ["websocket"] });
  socket.close();
  assert.equal(await stop(), "");
});

test("requests that are answered at once do not ask for their signal, which prints a note", async () => {
  const { url, stop } = await startForTest("deno", [...RUN, program("alone")]);
  const { sid } = await joinByPolling(url);
  assert.equal(await (await poll(url, sid, { method: "POST", body: "41" })).text(), "ok");
  assert.equal(await stop(), "");
});

test("`clientFiles` serves the browser client from within the program", async () => {
  const { url } = await startForTest("deno", [...RUN, program("server")]);
  const script = await fetch(`${url}/socket.io/socket.io.js`);
  assert.equal(script.headers.get("content-type"), "application/javascript; charset=utf-8");
  assert.match(await script.text(), /Socket\.IO v4\.8\.4/);
});

describe("debug lines", () => {
  async function printed(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
    const { url, stop } = await startForTest("deno", args, env);
    await connect(url);
    return stop();
  }

  test("are printed for `DEBUG` when it may be read, and nobody is asked when it may not", async () => {
    const env = { DEBUG: "socket.io:*,-socket.io:client" };
    const lines = await printed([...RUN, "--allow-env", program("alone")], env);
    assert.match(lines, /socket\.io:server \S/);
    assert.doesNotMatch(lines, /engine|socket\.io:client/);
    assert.doesNotMatch(await printed([...RUN, program("alone")], env), /socket\.io/);
  });

  test("are printed for the option `debug`", async () => {
    const lines = await printed([...RUN, program("alone"), "engine*"], {});
    assert.match(lines, /engine:socket session opens over polling/);
    assert.doesNotMatch(lines, /socket\.io:/);
  });
});

test("`fetch()` serves inside a Hono app", async () => {
  const { url } = await startForTest("deno", [...RUN, program("hono")]);
  assert.equal(await (await fetch(url)).text(), "hono");
  for (const transports of [["polling"], ["websocket"]]) {
    const [socket, welcome] = await connect(url, { transports });
    assert.equal(welcome.address, "127.0.0.1");
    assert.equal(await socket.emitWithAck("echo", "x"), "x");
  }
});

test("`instrument()` of the admin UI reports", async () => {
  const permissions = ["--allow-env", "--allow-read", "--allow-sys"];
  const { url } = await startForTest("deno", [...RUN, ...permissions, program("admin-ui")]);
  assert.deepEqual(await instrumented(url), [["/admin"], "/", true, true, ["watch"]]);
});
