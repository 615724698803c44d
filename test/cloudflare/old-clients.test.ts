/** What counts as unsent towards a client that cannot be asked. */
import assert from "node:assert/strict";
import { test, vi } from "vitest";
import type { WebSocketHandler, WebSocketLike } from "../../src/index.ts";

interface Hibernatable extends WebSocketLike {
  send(data: string | Uint8Array, compress?: boolean): void;
  hears(handler: WebSocketHandler): WebSocketHandler;
}

// The types of the platform are not those of the tests.
const path: string = "../../runtimes/cloudflare/websocket.ts";
const { hibernatable } = (await import(path)) as { hibernatable(raw: object, state: object, protocol: 3 | 4): Hibernatable };

function oldClient() {
  vi.stubGlobal("WebSocket", { READY_STATE_OPEN: 1 });
  const sent: unknown[] = [];
  const heard: unknown[] = [];
  const raw = { readyState: 1, send: (data: unknown) => sent.push(data) };
  const ws = hibernatable(raw, {}, 3);
  const handler = ws.hears({ open() {}, message: (data) => heard.push(data), drain() {}, close() {} });
  return { ws, handler, sent, heard };
}

test("what an old client was sent counts as unsent until it pings again after an answer", () => {
  const { ws, handler, heard } = oldClient();
  ws.send("x".repeat(1000));
  handler.message("2");
  assert.equal(ws.bufferedAmount, 1000, "this ping may have crossed what was sent");
  ws.send("3");
  ws.send("é");
  assert.equal(ws.bufferedAmount, 1003);
  handler.message('42["event"]');
  assert.equal(ws.bufferedAmount, 1003, "events prove nothing");
  handler.message("2");
  assert.equal(ws.bufferedAmount, 2, "it has read the answer, and all before");
  assert.deepEqual(heard, ["2", '42["event"]', "2"]);
});

test("an old client is never sent a ping, however much it was sent", () => {
  const { ws, sent } = oldClient();
  for (let n = 0; n < 10; n++) ws.send("x".repeat(65_536));
  assert.ok(!sent.includes("2"));
  assert.equal(ws.bufferedAmount, 655_360);
});
