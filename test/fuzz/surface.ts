/** A server in memory under attack, and what must hold whatever the attacker does (G7, G11, G12). */
import assert from "node:assert/strict";
import { ask, connectPolling, connectWebSocket, type Exchange, type PollingClient } from "../memory/client.ts";
import { MemoryServer } from "../memory/server.ts";
import { MemoryWebSocket } from "../memory/web-socket.ts";
import type { Act, Attack } from "./acts.ts";

const closeReasons = ["transport error", "transport close", "forced close", "ping timeout", "parse error"];
const disconnectReasons = [...closeReasons, "server shutting down", "forced server close", "client namespace disconnect", "server namespace disconnect"];
const statuses = [101, 200, 204, 400, 403, 404, 405, 408, 413, 414, 415, 503];

/** Rejections that nobody handled, since the last look. */
const unhandled: unknown[] = [];
process.on("unhandledRejection", (error) => unhandled.push(error));

/** Plays an attack. Throws an `AssertionError` when something does not hold. */
export async function play(attack: Attack): Promise<void> {
  const world = new World(attack.allowEIO3);
  await world.begin(attack);
  for (const act of attack.acts) await world.act(act);
  await world.finish();
}

class World {
  readonly #io: MemoryServer;
  readonly #exchanges: Exchange[] = [];
  readonly #webSockets: MemoryWebSocket[] = [];
  /** Sockets that are announced and not yet gone. */
  readonly #joined = new Set<string>();
  /** What did not hold inside a listener, where a throw would only be reported. */
  readonly #violations: string[] = [];
  #neighbour!: MemoryWebSocket & { readonly open: { readonly sid: string } };
  #sid = "unknown";
  #polling: PollingClient | undefined;

  constructor(allowEIO3: boolean) {
    this.#io = new MemoryServer({
      allowEIO3,
      cors: { origin: "https://app.example" },
      maxHttpBufferSize: 2_000,
      limits: { maxPacketsPerTurn: 3, maxNamespacesPerConnection: 2, maxRefusalsPerConnection: 2, maxBufferedBytes: 20_000, maxPendingAcks: 3 },
    });
    this.#app();
  }

  async begin({ from, joined }: Attack): Promise<void> {
    this.#neighbour = await connectWebSocket(this.#io);
    await this.#say(this.#neighbour, "40");
    assert.match(String(this.#neighbour.take()[0]), /^40/);
    if (from === "websocket") {
      const ws = await connectWebSocket(this.#io);
      this.#webSockets.push(ws);
      this.#sid = ws.open.sid;
      if (joined) await this.#say(ws, "40");
    } else if (from === "polling") {
      this.#polling = await connectPolling(this.#io);
      this.#sid = this.#polling.sid;
      if (joined) await this.#polling.send("40");
    }
  }

  async act(act: Act): Promise<void> {
    switch (act.by) {
      case "request":
        this.#ask(act.method, act.query, act.headers, act.body);
        break;
      case "bytes":
        this.#ask("POST", "EIO=4&transport=polling&sid=$sid", { "content-type": "application/octet-stream" }, Uint8Array.from(act.body));
        break;
      case "upgrade":
        this.#upgrade(act.query, act.headers);
        break;
      case "frames":
        for (const frame of act.frames) this.#webSockets.at(-1)?.send(typeof frame === "string" ? frame : Uint8Array.from(frame));
        break;
      case "leave":
        this.#leave(act.how);
        break;
      case "wait":
        await this.#wait(act.milliseconds);
    }
    await this.#io.host.settle();
    this.#check();
  }

  /** Lets all that waits come to its end, and looks at what is left. */
  async finish(): Promise<void> {
    await this.#wait(150_000);
    const open = this.#exchanges.filter(({ isAnswered }) => !isAnswered);
    assert.equal(open.length, 0, `no answer to ${open.map(({ request }) => `${request.method} ${request.url}`).join(", ")}`);
    for (const { status } of this.#exchanges) assert(statuses.includes(status), `status ${status}`);
    await this.#say(this.#neighbour, '42["echo","neighbour"]');
    assert.deepEqual(this.#neighbour.take(), ['42["echo","neighbour"]'], "the neighbour came to harm");
    for (const ws of [...this.#webSockets, this.#neighbour]) ws.close();
    await this.#io.host.advance(150_000);
    this.#check();
    this.#assertEmpty();
    // Rejections are told after the turn in which they went unhandled.
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(unhandled.splice(0), [], "nobody handled a rejection");
  }

  #app(): void {
    const io = this.#io;
    for (const name of ["/", "/a"]) this.#watch(name);
    io.of(/^\/d\d$/).on("connection", (socket) => socket.on("echo", (...args) => socket.emit("echo", ...args)));
    io.on("connection", (socket) => {
      socket.on("boom", () => {
        throw new Error("boom");
      });
      socket.on("reject", () => Promise.reject(new Error("reject")));
      socket.on("ack", () => socket.emit("ack", () => {}));
    });
    io.diagnostics.on("handler_error", () => {});
    io.engine.on("connection", (session) => {
      session.on("close", (reason) => this.#must(closeReasons.includes(reason), `closed by "${reason}"`));
    });
  }

  #watch(name: string): void {
    this.#io.of(name).on("connection", (socket) => {
      const key = `${name} ${socket.id}`;
      this.#must(!this.#joined.has(key), "announced twice");
      this.#joined.add(key);
      socket.on("echo", (...args) => {
        this.#must(this.#joined.has(key), "an event after the end");
        const acknowledge = args.at(-1) as unknown;
        if (typeof acknowledge === "function") (acknowledge as (...values: unknown[]) => void)(...args.slice(0, -1));
        else socket.emit("echo", ...args);
      });
      socket.on("disconnect", (reason) => {
        this.#must(this.#joined.delete(key), "gone twice");
        this.#must(disconnectReasons.includes(reason), `disconnected by "${reason}"`);
      });
    });
  }

  #ask(method: string, query: string, headers: Readonly<Record<string, string>>, body?: string | Uint8Array): void {
    const asking = { method, headers, ...(body !== undefined && { body }) };
    this.#exchanges.push(ask(this.#io, this.#url(query), asking));
  }

  #upgrade(query: string, headers: Readonly<Record<string, string>>): void {
    const ws = new MemoryWebSocket(this.#io.host);
    this.#webSockets.push(ws);
    const asking = { headers: { connection: "Upgrade", upgrade: "websocket", ...headers }, upgrade: ws.accept.bind(ws) };
    this.#exchanges.push(ask(this.#io, this.#url(query), asking));
  }

  #url(query: string): string {
    return `/socket.io/?${query.replaceAll("$sid", this.#sid).replaceAll("$other", this.#neighbour.open.sid)}`;
  }

  #leave(how: "abort" | "close" | "fail"): void {
    if (how === "abort") this.#exchanges.at(-1)?.request.abort();
    else this.#webSockets.at(-1)?.[how]();
  }

  /** Lets time pass; the neighbour answers its pings. */
  async #wait(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left >= 0; left -= 5_000) {
      await this.#io.host.advance(Math.min(left, 5_000));
      const frames = this.#neighbour.take();
      assert.deepEqual(frames.filter((frame) => frame !== "2"), [], "the neighbour got what is not its own");
      if (frames.length > 0) await this.#say(this.#neighbour, "3");
    }
  }

  async #say(ws: MemoryWebSocket, packet: string): Promise<void> {
    ws.send(packet);
    await this.#io.host.settle();
  }

  #must(holds: boolean, violation: string): void {
    if (!holds) this.#violations.push(violation);
  }

  #check(): void {
    assert.deepEqual(this.#violations, []);
    assert.equal(this.#neighbour.ended, undefined, "the neighbour was closed");
    const faults = this.#io.host.reports.filter(({ error }) => !/boom|reject/.test(String(error)));
    assert.deepEqual(faults, [], "the core reports a fault of its own");
  }

  #assertEmpty(): void {
    const io = this.#io;
    assert.deepEqual([io.engine.clientsCount, this.#joined.size], [0, 0], "connections are left");
    const { unjoined, bufferedBytes, reassemblyBytes, pendingAcks } = io.metrics();
    assert.deepEqual({ unjoined, bufferedBytes, reassemblyBytes, pendingAcks }, { unjoined: 0, bufferedBytes: 0, reassemblyBytes: 0, pendingAcks: 0 });
    for (const name of ["/", "/a"]) {
      const { sockets, adapter } = io.of(name) as unknown as { sockets: Map<unknown, unknown>; adapter: { rooms: Map<unknown, unknown>; sids: Map<unknown, unknown> } };
      assert.deepEqual([sockets.size, adapter.rooms.size, adapter.sids.size], [0, 0, 0], `something is left in ${name}`);
    }
  }
}
