/** What counts as unsent towards a client that answers pings: all that a pong proves, where the platform takes pongs by itself. */
import assert from "node:assert/strict";
import { onTestFinished, test, vi } from "vitest";
import type { WebSocketLike } from "../../src/index.ts";

interface Hibernatable extends WebSocketLike {
  send(data: string | Uint8Array, compress?: boolean): void;
}

// The types of the platform are not those of the tests.
const path: string = "../../runtimes/cloudflare/websocket.ts";
const { hibernatable } = (await import(path)) as { hibernatable(raw: object, state: object, protocol: 3 | 4): Hibernatable };

const LARGE = "x".repeat(100_000);

function client() {
  vi.stubGlobal("WebSocket", { READY_STATE_OPEN: 1 });
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  let pongAt: Date | null = null;
  const sent: unknown[] = [];
  const raw = { readyState: 1, send: (data: unknown) => sent.push(data) };
  const ws = hibernatable(raw, { getWebSocketAutoResponseTimestamp: () => pongAt }, 4);
  /** A millisecond later the platform gets a pong. */
  const pong = (): void => {
    vi.setSystemTime(Date.now() + 1);
    pongAt = new Date();
    vi.setSystemTime(Date.now() + 1);
  };
  return { ws, sent, pong, pings: () => sent.filter((data) => data === "2").length };
}

test("a pong proves that what was sent before its ping is read, and nothing of what came after", () => {
  const { ws, pong, pings } = client();
  ws.send(LARGE);
  assert.equal(pings(), 1);
  ws.send("after");
  assert.equal(ws.bufferedAmount, 100_005);
  pong();
  assert.equal(ws.bufferedAmount, 5);
});

test("a pong that came before the ping proves nothing, and a second one no more than the first", () => {
  const { ws, pong, pings } = client();
  ws.send("small");
  pong();
  assert.equal(ws.bufferedAmount, 5, "it answers no ping");
  ws.send(LARGE);
  assert.equal(ws.bufferedAmount, 100_005, "the pong was there before the ping");
  pong();
  ws.send("after");
  pong();
  assert.deepEqual([ws.bufferedAmount, pings()], [5, 1]);
});
