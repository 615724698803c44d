/** `examples/cluster`, as its read-me starts it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { io as connect, type Socket } from "socket.io-client";
import { afterAll, beforeAll, describe, onTestFinished, test } from "vitest";
import { Queue } from "../interop/queue.ts";
import { ROOT, requireProgram } from "./program.ts";

interface Said {
  readonly from: { readonly name: string };
  readonly text?: string;
  readonly picture?: Uint8Array;
}

describe("examples/cluster", () => {
  let url: string;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    await requireProgram("Redis", ["redis-server", "--version"], "redis-server");
    const program = spawn(process.execPath, ["examples/cluster/start.mjs"], {
      cwd: ROOT,
      env: { ...process.env, PORT: "0", HOST: "127.0.0.1" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exit = once(program, "exit");
    stop = async () => {
      program.kill("SIGTERM");
      assert.deepEqual(await exit, [0, null]);
    };
    for await (const line of createInterface(program.stdout)) {
      const port = /^Chat at http:\/\/localhost:(\d+), on 2 servers$/.exec(line)?.[1];
      if (port === undefined) continue;
      program.stdout.resume();
      url = `http://127.0.0.1:${port}`;
      return;
    }
    assert.fail("the example did not start");
  }, 60_000);

  afterAll(() => stop());

  for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
    test(`people on both servers are in one chat, over ${transports.join(", then ")}`, async () => {
      const people = await Promise.all(["Ada", "Ben", "Cleo", "Dan"].map((name) => enter(url, name, transports)));
      const servers = people.map(({ sid }) => sid[0]).toSorted();
      assert.deepEqual(servers, ["a", "a", "b", "b"]);
      for (const { socket } of people) assert.deepEqual(await socket.emitWithAck("join", "tea"), { room: "#tea" });
      for (const { socket, name } of people) {
        const picture = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0]);
        await socket.emitWithAck("message", { to: "#tea", text: `I am ${name}` });
        await socket.emitWithAck("message", { to: "#tea", picture });
      }
      for (const { heard } of people) {
        const said = (await heard.take(8)).map(([message]) => message as Said);
        const texts = said.flatMap(({ text }) => text ?? []);
        assert.deepEqual(texts.toSorted(), ["I am Ada", "I am Ben", "I am Cleo", "I am Dan"]);
        assert.equal(said.filter(({ picture }) => picture !== undefined).length, 4);
      }
    });
  }

  test("the balancer refuses what belongs to no server, and passes on the page", async () => {
    assert.equal((await fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=z`)).status, 400);
    assert.equal((await fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=`)).status, 400);
    assert.match(await (await fetch(url)).text(), /<html/);
    assert.match((await fetch(`${url}/socket.io/socket.io.js`)).headers.get("content-type")!, /javascript/);
  });
});

async function enter(url: string, name: string, transports: string[]): Promise<{ name: string; sid: string; socket: Socket; heard: Queue<unknown[]> }> {
  const socket = connect(url, { auth: { name }, transports, forceNew: true, reconnection: false });
  onTestFinished(() => void socket.disconnect());
  const [heard, hear] = Queue.of();
  socket.on("message", hear);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
  if (transports.length > 1 && socket.io.engine.transport.name !== "websocket") await new Promise((resolve) => socket.io.engine.once("upgrade", resolve));
  return { name, sid: (socket.io.engine as unknown as { id: string }).id, socket, heard };
}
