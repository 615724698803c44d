/** When our WebSockets on Bun can be in topics. */
import assert from "node:assert/strict";
import { test } from "vitest";
import type { TopicHub, WebSocketHandler } from "../../src/platform.ts";

/** Its types are Bun's, which are not those of the tests. */
const at = (file: string): string => new URL(`../../runtimes/bun/${file}`, import.meta.url).href;
const { composeWebSocket } = (await import(at("serve-options.ts"))) as { composeWebSocket(options: object, app?: object): { open(ws: object): void } };
const { OurSocket } = (await import(at("websocket.ts"))) as { OurSocket: new (handler: WebSocketHandler, server: object) => object };

const defaults = { maxHttpBufferSize: 1e6, perMessageDeflate: false, deflateThreshold: 1024 };

function hubOf(app?: object, maxBufferedBytes = 16_777_216): TopicHub | undefined {
  let hub: TopicHub | undefined;
  const handler: WebSocketHandler = { open: (ws) => (hub = ws.hub), message() {}, drain() {}, close() {} };
  composeWebSocket({ ...defaults, limits: { maxBufferedBytes } }, app).open({ data: new OurSocket(handler, {}) });
  return hub;
}

test("topics reach them, unless Bun would drop what is published or send it to the sender", () => {
  assert.ok(hubOf());
  assert.ok(hubOf({ open() {}, publishToSelf: false }));
  assert.equal(hubOf({ backpressureLimit: 1e6 }), undefined);
  assert.equal(hubOf({ publishToSelf: true }), undefined);
  assert.equal(hubOf(undefined, 2 ** 31), undefined);
});
