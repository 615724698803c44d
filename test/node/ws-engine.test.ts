import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { io as connect } from "socket.io-client";
import { describe, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { Server } from "../../runtimes/node.ts";

describe("the option wsEngine", () => {
  test("takes the place of the class of `ws`", async () => {
    const asked: string[] = [];
    class Counting extends WebSocketServer {
      override handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, done: (ws: WebSocket, request: IncomingMessage) => void): void {
        asked.push(request.url!);
        super.handleUpgrade(request, socket, head, done);
      }
    }
    const http = createServer();
    const io = new Server(http, { wsEngine: Counting });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const { port } = http.address() as AddressInfo;
    const client = connect(`http://127.0.0.1:${port}`, { transports: ["websocket"], forceNew: true });
    await new Promise<void>((resolve) => client.on("connect", resolve));
    client.close();
    await io.close();
    assert.equal(asked.length, 1);
  });

  test("is refused in any other shape", () => {
    for (const wsEngine of ["eiows", {}, () => {}, class {}, null]) {
      assert.throws(() => new Server({ wsEngine: wsEngine as never }), { name: "TypeError", message: /option wsEngine: expected a class/ });
    }
    assert.throws(() => new Server({ wsEngine: "eiows" as never }), /require\("eiows"\)\.Server/);
  });
});
