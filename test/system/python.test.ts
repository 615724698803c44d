import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, onTestFinished, test } from "vitest";
import { Server, type Socket } from "../../runtimes/node.ts";
import { bun } from "../conformance/hosts/bun.ts";
import { cloudflare } from "../conformance/hosts/cloudflare.ts";
import { deno } from "../conformance/hosts/deno.ts";
import { node } from "../conformance/hosts/node.ts";
import { ROOT, requireProgram } from "./program.ts";

const PYTHON = "/usr/bin/python3";
const MODULES = "import socketio, requests, websocket, aiohttp";
const PACKAGES = "python3-socketio python3-requests python3-websocket python3-aiohttp";

type Reply = (...values: unknown[]) => void;

describe("the Python client of Debian", () => {
  beforeAll(() => requireProgram("The Python client of Socket.IO", [PYTHON, "-c", MODULES], PACKAGES));

  for (const [name, transports] of [
    ["long polling", "polling"],
    ["WebSocket", "websocket"],
    ["an upgrade", "polling,websocket"],
  ] as const) {
    test(`emits, answers, sends bytes and joins namespaces over ${name}`, async () => {
      const { url, seen } = await startServer();
      const { stdout } = await promisify(execFile)(PYTHON, [join(ROOT, "test/system/python-client.py"), url, transports], { timeout: 50_000 });
      assert.equal(stdout, "python-client: all went well\n");
      assert.deepEqual(seen, {
        auth: { token: "secret" },
        transports: [transports.split(",")[0], transports.split(",").at(-1)],
        note: ["naïve 世界", 1.5, { list: [true, null] }],
        answer: ["forty-two", Buffer.from([42])],
        binary: [true, true],
        bytes: { head: Buffer.from([0, 255]), tail: [Buffer.from("one"), { deep: Buffer.from([128]) }] },
        reason: "server namespace disconnect",
      });
    });
  }
});

describe("the Python client of Debian on every runtime", () => {
  beforeAll(() => requireProgram("The Python client of Socket.IO", [PYTHON, "-c", MODULES], PACKAGES));

  describe.each([node, deno, bun, cloudflare].map((host) => [host.name, host] as const))("%s", (_name, host) => {
    test.each(["polling", "websocket", "polling,websocket"])("speaks over %s", async (transports) => {
      const running = await host.start({ profile: "plain" });
      onTestFinished(() => running.stop());
      const script = join(ROOT, "test/system/python-everywhere.py");
      const { stdout } = await promisify(execFile)(PYTHON, [script, running.url, transports], { timeout: 50_000 });
      assert.equal(stdout, "python-everywhere: all went well\n");
    });
  });
});

/** A server for the script, and what it saw of the client in the main namespace. */
async function startServer(): Promise<{ url: string; seen: Record<string, unknown> }> {
  const server = createServer();
  const io = new Server(server);
  const seen: Record<string, unknown> = {};
  io.on("connection", (socket) => listenTo(socket, seen));
  io.of("/news").on("connection", (socket) => {
    socket.emit("greeting", "welcome to /news");
    socket.on("who", (reply: Reply) => reply(socket.nsp.name));
  });
  io.of("/closed").use((_, next) => next(Object.assign(new Error("members only"), { data: { code: 7 } })));
  onTestFinished(() => io.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

function listenTo(socket: Socket, seen: Record<string, unknown>): void {
  seen["auth"] = socket.handshake.auth;
  socket.on("note", (...args: unknown[]) => (seen["note"] = args));
  socket.on("sum", (left: number, right: number, reply: Reply) => reply(left + right));
  socket.on("several", (reply: Reply) => reply("one", 2));
  socket.on("ask me", (reply: Reply) => {
    socket.emit("question", 6, { by: 7 }, (...answer: unknown[]) => {
      seen["answer"] = answer;
      reply(answer[0]);
    });
  });
  socket.on("reverse", (bytes: Buffer, reply: Reply) => {
    seen["transports"] = [socket.handshake.query["transport"], socket.conn.transport.name];
    seen["binary"] = [...((seen["binary"] as boolean[] | undefined) ?? []), Buffer.isBuffer(bytes)];
    reply(Buffer.from(bytes).reverse());
  });
  socket.on("echo", (value: unknown, reply: Reply) => reply(value));
  socket.on("send me bytes", (reply: Reply) => {
    socket.emit("bytes", { head: Buffer.from([0, 255]), tail: [Buffer.from("one"), { deep: new Uint8Array([128]) }] }, (value: unknown) => {
      seen["bytes"] = value;
      reply(true);
    });
  });
  socket.on("send me away", () => socket.disconnect());
  socket.on("disconnect", (reason) => (seen["reason"] = reason));
}
