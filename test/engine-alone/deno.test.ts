import assert from "node:assert/strict";
import { Socket } from "engine.io-client";
import { onTestFinished, test } from "vitest";
import { tcp } from "../conformance/hosts/tcp.ts";
import { start, startForTest } from "../deno/program.ts";
import { describeEngine } from "./suite.ts";

const args = ["run", "--allow-net", "test/deno/programs/engine.ts"];

describeEngine({ name: "Deno", network: tcp, start: () => start("deno", args) });

test("a long message is called back for without another message or a ping", async () => {
  const { url } = await startForTest("deno", args);
  const socket = new Socket(url.replace("http", "ws"), { path: "/quiet", transports: ["websocket"] });
  onTestFinished(() => void socket.close());
  const heard = new Promise<number[]>((resolve) => {
    const lengths: number[] = [];
    socket.on("message", (data: string) => lengths.push(data.length) === 2 && resolve(lengths));
  });
  socket.on("open", () => socket.send("!long"));
  assert.deepEqual(await heard, [3_000_000, "taken".length]);
});
