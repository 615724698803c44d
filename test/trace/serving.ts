/** SRV rows about HTTP: the served client files, and living beside an app's own routes. */
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { Answer } from "./http.ts";
import { WebSocket } from "ws";
import { section, type Stage } from "./stage.ts";

const FILES = ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js"];

export const servingSections = [
  section("SRV-25: client files", async (stage) => {
    const stand = await stage.serve();
    for (const file of FILES.flatMap((name) => [name, `${name}.map`])) {
      const answer = await stand.ask(`/socket.io/${file}`);
      showHead(stage, file, answer, ["content-type", "cache-control", "etag"]);
      stage.print("bytes", answer.body.length);
    }
  }),

  section("SRV-25: the page has it already", async (stage) => {
    const stand = await stage.serve();
    const { headers } = await stand.ask("/socket.io/socket.io.js");
    for (const tag of [headers.etag ?? "", `W/${headers.etag}`, '"0.0.0"']) {
      const answer = await stand.ask("/socket.io/socket.io.js", { headers: { "if-none-match": tag } });
      stage.print(`If-None-Match ${tag}`, answer.status, answer.body.length > 0);
    }
  }),

  section("SRV-25: compressed", async (stage) => {
    const stand = await stage.serve();
    const plain = await stand.ask("/socket.io/socket.io.min.js");
    const unpack: Record<string, (body: Buffer) => Buffer> = { gzip: gunzipSync, br: brotliDecompressSync };
    for (const encoding of ["gzip", "br", "gzip, deflate, br"]) {
      const answer = await stand.ask("/socket.io/socket.io.min.js", { headers: { "accept-encoding": encoding } });
      const used = answer.headers["content-encoding"] ?? "";
      stage.print(`Accept-Encoding ${encoding}`, answer.status, used, unpack[used]?.(answer.body).equals(plain.body));
    }
  }),

  section("SRV-25: CORS and other names", async (stage) => {
    const stand = await stage.serve({ cors: { origin: "https://app.example", credentials: true } });
    const file = await stand.ask("/socket.io/socket.io.js", { headers: { origin: "https://app.example" } });
    showHead(stage, "cors", file, ["access-control-allow-origin", "access-control-allow-credentials", "vary"]);
    const other = await stand.ask("/socket.io/socket.io.other.js");
    showHead(stage, "other name", other, ["content-type"]);
    stage.print("body", other.text);
  }),

  section("SRV-25: serveClient: false", async (stage) => {
    const stand = await stage.serve({ serveClient: false });
    const answer = await stand.ask("/socket.io/socket.io.js");
    stage.print("answer", answer.status, answer.text);
  }),

  section("SRV-4: a port answers 404 elsewhere", async (stage) => {
    const io = stage.keep(new stage.library.Server(0));
    if (!io.httpServer.listening) await new Promise((resolve) => io.httpServer.once("listening", resolve));
    const stand = stage.stand(io, io.httpServer as never);
    stage.print("elsewhere", (await stand.ask("/elsewhere")).status);
    stage.print("handshake", (await stand.ask("/socket.io/?EIO=4&transport=polling")).status);
  }),

  section("SRV-4: constructor options win over attach options", async (stage) => {
    const http = await stage.listen();
    const io = stage.keep(new stage.library.Server({ path: "/from-constructor", pingInterval: 111 }));
    const stand = stage.stand(io.attach(http, { path: "/from-attach", pingInterval: 222, pingTimeout: 333 }), http);
    for (const path of ["/from-constructor", "/from-attach"]) {
      const { status, text } = await stand.ask(`${path}/?EIO=4&transport=polling`);
      stage.print(path, status, text);
    }
  }),

  section("SRV-27: the app's own routes", async (stage) => {
    const stand = await stage.serve();
    for (const path of ["/", "/other", "/socket.io", "/SOCKET.IO/"]) {
      const { status, text } = await stand.ask(`${path}?EIO=4&transport=polling`);
      stage.print(path, status, text);
    }
    stage.print("ours", (await stand.ask("/socket.io/anything/?EIO=4&transport=polling")).status);
  }),

  section("SRV-27: an upgrade that nobody handles", async (stage) => {
    const stand = await stage.serve({ destroyUpgradeTimeout: 20 });
    const ws = new WebSocket(`ws://127.0.0.1:${stand.port}/other`);
    await new Promise<void>((resolve) => ws.on("error", () => resolve()));
    stage.print("ended");
  }),

  section("SRV-27: an upgrade that the app handles", async (stage) => {
    const stand = await stage.serve({ destroyUpgradeTimeout: 1, destroyUpgrade: false });
    stand.http.on("upgrade", (request, socket) => {
      if (request.url === "/other") socket.end("HTTP/1.1 418 Teapot\r\nConnection: close\r\n\r\n");
    });
    const ws = new WebSocket(`ws://127.0.0.1:${stand.port}/other`);
    await new Promise<void>((resolve) => ws.on("error", ({ message }) => resolve(stage.print(message))));
    await stand.join("alice");
    stage.print("alice joined");
  }),
];

function showHead(stage: Stage, label: string, answer: Answer, headers: readonly string[]): void {
  stage.print(label, answer.status, ...headers.map((name) => answer.headers[name]));
}
