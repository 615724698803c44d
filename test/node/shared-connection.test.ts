/** WebSocket handshakes on connections that have carried other requests before. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type RequestListener, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, onTestFinished, test } from "vitest";
import { Server } from "../../runtimes/node.ts";
import { PollingClient, target, upgradeHeaders } from "../catalogue/client.ts";
import { Wire } from "../catalogue/wire.ts";

describe("a handshake while a response is open on its connection ends the connection", () => {
  test("where the response is a poll's, whose client is gone then", async () => {
    const { io, dial, path } = await start();
    const client = await PollingClient.open(dial, path, {});
    const conn = Object.values(io.engine.clients)[0]!;
    const closed = once(conn as never, "close");
    const wire = await dial();
    wire.request("GET", target({ EIO: "4", transport: "polling", sid: client.sid }));
    wire.request("GET", target({ EIO: "4", transport: "websocket", sid: client.sid }), { headers: upgradeHeaders });
    assert.equal(String(await wire.rest()), "");
    await closed;
  });

  for (const url of [target({ EIO: "4", transport: "websocket" }), "/elsewhere"]) {
    test(`where the response is the app's, of a handshake for ${url}`, async () => {
      const { io, dial } = await start((_request, response) => void response.write("not all"));
      const wire = await dial();
      wire.request("GET", "/page");
      wire.request("GET", url, { headers: upgradeHeaders });
      assert.doesNotMatch(String(await wire.rest()), /101 Switching/);
      assert.equal(io.engine.clientsCount, 0);
    });
  }
});

test("a handshake that is nobody's ends a connection that had a response before", async () => {
  const { dial } = await start((_request, response) => void response.end("page"));
  const wire = await dial();
  assert.equal((await wire.request("GET", "/page").reply()).body, "page");
  wire.request("GET", "/elsewhere", { headers: upgradeHeaders });
  await wire.ended();
});

async function start(app?: RequestListener) {
  const http = createServer(app).listen(0, "127.0.0.1");
  await once(http, "listening");
  const io = new Server(http, { destroyUpgradeTimeout: 20 });
  const wires: Wire[] = [];
  onTestFinished(async () => {
    for (const wire of wires) wire.destroy();
    await io.close();
  });
  const dial = async (): Promise<Wire> => {
    const wire = await Wire.open((http.address() as AddressInfo).port);
    wires.push(wire);
    return wire;
  };
  return { io, dial, path: "/socket.io/" };
}
