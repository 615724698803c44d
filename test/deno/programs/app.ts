/** What the test servers do, on any runtime of the Web. */
import type { CoreServer } from "../../../src/index.ts";

export function app(io: CoreServer): void {
  io.engine.on("headers", (headers: Headers) => {
    headers.append("x-extra", "1");
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2");
  });
  io.engine.use((request: Request, next: () => void) => {
    io.to("watchers").emit("request", request.method, new URL(request.url).searchParams.get("sid"));
    next();
  });
  io.on("connection", (socket) => {
    const { address, secure, headers } = socket.handshake;
    const request = socket.request as Request;
    socket.emit("welcome", { address, secure, cookie: headers["cookie"], ownCookie: request.headers.get("cookie"), url: request.url });
    socket.on("echo", (data, answer) => answer(data, data.constructor.name));
    socket.on("watch", (answer) => {
      void socket.join("watchers");
      answer();
    });
    socket.on("say", (word) => socket.emit("said", word));
    socket.on("say to all", (word) => io.emit("said", word));
    socket.on("flood", () => {
      for (let sent = 0; sent < 40; sent++) socket.emit("flood", new Uint8Array(1_000_000));
    });
    // Much at once, then little by little.
    socket.on("pour", async (count, size) => {
      for (let number = 0; number < count; number++) socket.emit("poured", number, "x".repeat(size));
      socket.broadcast.emit("much poured");
      for (let number = count; number < 2 * count; number++) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        socket.emit("poured", number, "");
      }
      socket.conn.close();
    });
    socket.on("disconnect", (reason, fault) => {
      const { message, code } = (fault ?? {}) as Error & { code?: string };
      io.emit("left", socket.id, reason, code, message);
    });
  });
}

/** Tells the test where the server is. */
export function announce(port: number): void {
  console.log(JSON.stringify({ port }));
}
