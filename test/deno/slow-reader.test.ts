/** What a client that does not read costs on Deno, on a WebSocket that is as Deno's is. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test, vi } from "vitest";
import type { WebSocketHandler, WebSocketLike } from "../../src/index.ts";

/** Its types are Deno's, which are not those of the tests. */
const module = new URL("../../runtimes/deno/websocket.ts", import.meta.url).href;
const { connect } = (await import(module)) as { connect(ws: EventTarget, handler: WebSocketHandler): void };

/** Frames of which each takes about a kilobyte in Deno until it is sent. */
class DenoSocket extends EventTarget {
  binaryType = "";
  bufferedAmount = 0;
  readonly given: string[] = [];
  closed = false;
  /** Whether the client reads all the time: what one turn sends is gone with the next. */
  reads = false;

  send(data: string): void {
    this.given.push(data);
    this.bufferedAmount += data.length;
    if (this.reads) queueMicrotask(() => (this.bufferedAmount = 0));
  }

  close(): void {
    this.closed = true;
  }
}

function pair(): { readonly deno: DenoSocket; readonly ws: WebSocketLike; readonly drained: () => Promise<unknown> } {
  const deno = new DenoSocket();
  const drains = new EventTarget();
  let ws: WebSocketLike;
  connect(deno, {
    open: (opened) => (ws = opened),
    message() {},
    drain: () => drains.dispatchEvent(new Event("drain")),
    close() {},
  });
  deno.dispatchEvent(new Event("open"));
  return { deno, ws: ws!, drained: () => once(drains, "drain") };
}

const frames = Array.from({ length: 5000 }, (_, n) => `4${n}`);

describe("a client that does not read", () => {
  test("leaves Deno with 1,024 frames, and each that waits here counts for what it takes (G9)", () => {
    const { deno, ws } = pair();
    for (const frame of frames.slice(0, 1024)) ws.send(frame, false);
    assert.equal(deno.given.length, 1024);
    const counted = ws.bufferedAmount;
    for (const frame of frames.slice(1024)) ws.send(frame, false);
    assert.equal(deno.given.length, 1024);
    assert.equal(ws.bufferedAmount - counted, (5000 - 1024) * (5 + 80));
    ws.terminate();
  });

  test("gets everything in order once it reads", async () => {
    const { deno, ws, drained } = pair();
    for (const frame of frames) ws.send(frame, false);
    deno.reads = true;
    deno.bufferedAmount = 0;
    await drained();
    assert.deepEqual([deno.given, ws.bufferedAmount], [frames, 0]);
  });
});

test("a client that reads is given all of a burst without a pause", async ({ onTestFinished }) => {
  const { deno, ws, drained } = pair();
  deno.reads = true;
  const timers = vi.spyOn(globalThis, "setTimeout");
  onTestFinished(() => timers.mockRestore());
  for (const frame of frames) ws.send(frame, false);
  await drained();
  assert.deepEqual(deno.given, frames);
  assert.deepEqual(timers.mock.calls.map(([, milliseconds]) => milliseconds), [0, 0, 0, 0]);
});
