import { CoreServer, type RequestLike, type Socket, type WebSocketHandler, type WebSocketLike } from "../src/index.ts";
import { timerHost } from "../runtimes/timer-host.ts";

/** A server without a network, with so many sockets that only count what they are sent. */
export async function crowd(size: number): Promise<{ io: CoreServer; sockets: Socket[] }> {
  const io = new CoreServer({ limits: { maxRoomsPerSocket: Infinity, maxUnauthenticated: Infinity } }, { host: timerHost() });
  const joined = new Promise<void>((resolve) => {
    io.on("connection", () => {
      if (io.of("/").sockets.size === size) resolve();
    });
  });
  for (let at = 0; at < size; at++) {
    await io.handle(handshake((handler) => {
      handler.open(new CountingSocket());
      handler.message("40");
    }));
  }
  await joined;
  return { io, sockets: [...io.of("/").sockets.values()] };
}

class CountingSocket implements WebSocketLike {
  readonly bufferedAmount = 0;
  sent = 0;
  send(): void {
    this.sent += 1;
  }
  sendBatch(batch: { readonly frames: readonly unknown[] }): void {
    this.sent += batch.frames.length;
  }
  close(): void {}
  terminate(): void {}
}

function handshake(opened: (handler: WebSocketHandler) => void): RequestLike {
  return {
    method: "GET",
    url: "/socket.io/?EIO=4&transport=websocket",
    headers: { get: () => null, forEach() {} },
    raw: {},
    remoteAddress: "",
    secure: false,
    readBody: () => Promise.resolve("aborted"),
    cancelBody() {},
    onAbort() {},
    upgrade: (handler) => {
      opened(handler);
      return { status: 101, headers: {}, native: true };
    },
  };
}
