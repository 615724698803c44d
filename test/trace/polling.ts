/** W rows over HTTP: what a polling session looks like on the wire. */
import { gunzipSync } from "node:zlib";
import type { Answer } from "./http.ts";
import type { Poller } from "./poller.ts";
import { next, section, type Stage, type Stand } from "./stage.ts";

export const pollingSections = [
  section("W-2: open packets", async (stage) => {
    const stand = await stage.serve({ pingInterval: 1000, pingTimeout: 2000, maxHttpBufferSize: 3000 });
    stage.print("polling", (await stand.ask("/socket.io/?EIO=4&transport=polling")).text);
    const ws = stage.websocket("ws", `ws://127.0.0.1:${stand.port}/socket.io/?EIO=4&transport=websocket`);
    await ws.show();
    const fixed = await stage.serve({ transports: ["polling"] });
    stage.print("no upgrades", (await fixed.ask("/socket.io/?EIO=4&transport=polling")).text);
  }),

  section("W-2: defaults", async (stage) => {
    const stand = await stage.serve();
    stage.print("polling", (await stand.ask("/socket.io/?EIO=4&transport=polling")).text);
  }),

  section("W-19: GET, W-20: POST, W-29: payloads", async (stage) => {
    const stand = await stage.serve();
    const handshake = await stand.ask("/socket.io/?EIO=4&transport=polling");
    showAnswer(stage, "handshake", handshake);
    const poller = await stand.poll();
    showAnswer(stage, "POST", await poller.post("40"));
    const socket = [...stand.io.sockets.sockets.values()][0]!;
    socket.emit("text", "é\u{1f600}");
    socket.emit("bytes", Buffer.from([1, 2, 3]), new Uint8Array([4]));
    showAnswer(stage, "GET", await poller.get());
  }),

  section("W-21: overlapping GETs", async (stage) => {
    const { stand, poller, disconnected } = await polled(stage);
    const arrived = next(stand.http, "request");
    const first = poller.get();
    await arrived;
    const second = await poller.get();
    stage.print("first", (await first).status, (await first).text);
    stage.print("second", second.status);
    stage.print("disconnect", (await disconnected)[0]);
  }),

  section("W-23: octet-stream", async (stage) => {
    const { poller, disconnected } = await polled(stage);
    const { status } = await poller.post(Buffer.from([1]), { "content-type": "application/octet-stream" });
    stage.print("POST", status, (await disconnected)[0]);
  }),

  section("W-24: the largest body, and one byte more", async (stage) => {
    const { poller } = await polled(stage, { maxHttpBufferSize: 100 });
    const body = (length: number) => `42["${"x".repeat(length - 6)}"]`;
    stage.print("at the limit", (await poller.post(body(100))).status);
    stage.print("beyond", (await poller.post(body(101))).status);
  }),

  section("W-25: a bad payload", async (stage) => {
    const { socket, poller, disconnected } = await polled(stage);
    socket.on("before", () => stage.print("before"));
    await poller.post('42["before"]\x1ex');
    stage.print("disconnect", (await disconnected)[0]);
  }),

  section("W-26: the client closes", async (stage) => {
    const { stand, poller, disconnected } = await polled(stage);
    const arrived = next(stand.http, "request");
    const pending = poller.get();
    await arrived;
    const { status, text } = await poller.post("1");
    stage.print("POST", status, text);
    stage.print("pending GET", (await pending).text);
    stage.print("disconnect", (await disconnected)[0]);
  }),

  section("W-28: the server closes while a GET waits", async (stage) => {
    const { stand, poller, socket } = await polled(stage);
    const arrived = next(stand.http, "request");
    const pending = poller.get();
    await arrived;
    socket.conn.close();
    stage.print("pending GET", (await pending).text);
  }),

  section("W-28: the server leaves and closes while a GET waits", async (stage) => {
    const { stand, poller, socket } = await polled(stage);
    const arrived = next(stand.http, "request");
    const pending = poller.get();
    await arrived;
    socket.emit("last words");
    socket.disconnect(true);
    await showRest(stage, poller, await pending);
  }),

  section("W-28: the server leaves and closes and no GET waits", async (stage) => {
    const { poller, socket } = await polled(stage);
    socket.emit("last words");
    socket.disconnect(true);
    await showRest(stage, poller, await poller.get());
  }),

  section("W-33: compression", async (stage) => {
    const { socket, poller } = await polled(stage);
    for (const length of [100, 2000]) {
      socket.emit("text", "x".repeat(length));
      const answer = await poller.get({ "accept-encoding": "gzip" });
      const encoding = answer.headers["content-encoding"];
      stage.print(`${length}`, encoding, (encoding === "gzip" ? gunzipSync(answer.body) : answer.body).length);
    }
    socket.compress(false).emit("text", "x".repeat(2000));
    stage.print("compress(false)", (await poller.get({ "accept-encoding": "gzip" })).headers["content-encoding"]);
  }),

  section("W-40: CORS", async (stage) => {
    const origin = "https://app.example";
    const stand = await stage.serve({
      cors: { origin: [origin, /\.example\.org$/], credentials: true, methods: ["GET", "POST"], allowedHeaders: ["x-a", "x-b"], maxAge: 5 },
    });
    const path = "/socket.io/?EIO=4&transport=polling";
    const preflight = { "access-control-request-method": "POST", "access-control-request-headers": "x-a" };
    showCors(stage, "preflight", await stand.ask(path, { method: "OPTIONS", headers: { origin, ...preflight } }));
    showCors(stage, "GET", await stand.ask(path, { headers: { origin } }));
    showCors(stage, "RegExp", await stand.ask(path, { headers: { origin: "https://www.example.org" } }));
    showCors(stage, "without Origin", await stand.ask(path));
    showCors(stage, "error", await stand.ask("/socket.io/?EIO=4", { headers: { origin } }));
  }),

  section("W-40: an Origin that CORS does not allow", async (stage) => {
    const stand = await stage.serve({ cors: { origin: "https://app.example" } });
    const answer = await stand.ask("/socket.io/?EIO=4&transport=polling", { headers: { origin: "https://other.example" } });
    stage.print("GET", answer.status);
  }),

  section("W-40: CORS for everyone", async (stage) => {
    const stand = await stage.serve({ cors: { origin: "*" } });
    const path = "/socket.io/?EIO=4&transport=polling";
    const headers = { origin: "https://app.example", "access-control-request-method": "POST" };
    showCors(stage, "preflight", await stand.ask(path, { method: "OPTIONS", headers }));
    showCors(stage, "GET", await stand.ask(path, { headers }));
  }),

  section("W-41: cookie", async (stage) => {
    const all = { name: "node", path: "/x", httpOnly: false, sameSite: "strict", maxAge: 60 } as const;
    for (const cookie of [true, { name: "mine" }, all]) {
      const stand = await stage.serve({ cookie: cookie as never });
      const handshake = await stand.ask("/socket.io/?EIO=4&transport=polling");
      stage.print("set-cookie", handshake.headers["set-cookie"]);
    }
    const without = await (await stage.serve()).ask("/socket.io/?EIO=4&transport=polling");
    stage.print("by default", without.headers["set-cookie"]);
  }),
];

/** A polling session that has joined `/` and read its CONNECT. */
async function polled(stage: Stage, options: Parameters<Stage["serve"]>[0] = {}) {
  const stand: Stand = await stage.serve(options);
  const poller = await stand.poll();
  await poller.post("40");
  await poller.get();
  const socket = [...stand.io.sockets.sockets.values()][0]!;
  return { stand, poller, socket, disconnected: next(socket, "disconnect") };
}

/** All packets up to the close packet. It must come alone: released clients drop what shares a payload with it. */
async function showRest(stage: Stage, poller: Poller, first: Answer): Promise<void> {
  const payloads: string[][] = [];
  for (let answer = first; answer.status === 200; answer = await poller.get()) {
    payloads.push(answer.text.split("\x1e").filter((packet) => packet !== "6"));
    if (payloads.at(-1)!.includes("1")) break;
  }
  stage.print("packets", ...payloads.flat());
  stage.print("the last payload", ...payloads.at(-1)!);
}

function showAnswer(stage: Stage, label: string, { status, headers, text }: Answer): void {
  const kept = Object.entries(headers).filter(([name]) => !["date", "connection", "keep-alive"].includes(name));
  stage.print(label, status, Object.fromEntries(kept.sort(byName)), text);
}

function showCors(stage: Stage, label: string, { status, headers }: Answer): void {
  const kept = Object.entries(headers).filter(([name]) => /^(access-control|vary)/.test(name));
  stage.print(label, status, Object.fromEntries(kept.sort(byName)));
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
