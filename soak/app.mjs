/** What every server of the soak tests does, on whichever runtime and Socket.IO server it runs. */
import { Sequence } from "./sequence.mjs";

/** How many connections it remembers the times of. */
const REMEMBERED = 10_000;

/** The application, and what it knows of itself. */
export class App {
  #io;
  #reasons = {};
  #connections = [];
  #broadcasts = 0;
  #broadcasting;
  #faults = 0;

  constructor(io) {
    this.#io = io;
    process.on("unhandledRejection", () => (this.#faults += 1));
    io.of(/^\/dynamic-/).on("connection", () => {});
    io.on("connection", (socket) => this.#serve(socket));
  }

  /** Numbers a program can compare: bytes, and milliseconds of CPU time. Counts that only this project's server has are under `metrics`. */
  stats() {
    const { rss, heapUsed } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    return {
      rss,
      heapUsed,
      cpu: (user + system) / 1000,
      clients: this.#io.engine.clientsCount,
      reasons: this.#reasons,
      broadcasts: this.#broadcasts,
      faults: this.#faults,
      connections: this.#connections,
      metrics: this.#io.metrics?.(),
    };
  }

  /** Emits `count` numbered messages to everybody, `each` of them every `every` milliseconds. */
  broadcast({ count, every, each = 1, bytes = 0 }) {
    const filling = "x".repeat(bytes);
    this.stopBroadcast();
    this.#broadcasts = 0;
    this.#broadcasting = setInterval(() => {
      for (let sent = 0; sent < each && this.#broadcasts < count; sent++) this.#io.emit("b", this.#broadcasts++, Date.now(), filling);
      if (this.#broadcasts >= count) this.stopBroadcast();
    }, every);
  }

  /** Sockets of all nodes, or -1 where that fails. */
  countEverywhere() {
    return this.#io.fetchSockets().then((sockets) => sockets.length, () => -1);
  }

  /** How many broadcasts were emitted. */
  stopBroadcast() {
    clearInterval(this.#broadcasting);
    return this.#broadcasts;
  }

  #serve(socket) {
    const inbound = new Sequence();
    let counting;
    if (this.#connections.push(Date.now()) > REMEMBERED) this.#connections.shift();
    socket.on("n", (number) => inbound.add(number));
    socket.on("report", (total, answer) => answer(inbound.result(total)));
    socket.on("echo", (value, answer) => answer?.(value));
    socket.on("join", (rooms, answer) => {
      socket.join(rooms);
      answer();
    });
    socket.on("count", (count, every) => {
      let sent = 0;
      counting = setInterval(() => {
        socket.emit("n", sent++);
        if (sent === count) clearInterval(counting);
      }, every);
    });
    socket.on("flood", (count, bytes) => {
      for (let sent = 0; sent < count && socket.connected; sent++) socket.emit("flood", sent, "x".repeat(bytes));
    });
    socket.on("ask", (count) => {
      try {
        for (let sent = 0; sent < count && socket.connected; sent++) socket.timeout(60_000).emit("question", sent, () => {});
      } catch {
        // There is a limit, and that is the point.
      }
    });
    socket.on("disconnect", (reason) => {
      clearInterval(counting);
      this.#reasons[reason] = (this.#reasons[reason] ?? 0) + 1;
    });
  }
}

/** Answers a command of the tests: its path is the name, its query the arguments. Undefined for anything else. */
export async function obey(app, address) {
  const { pathname, searchParams } = new URL(address, "http://server");
  const numbers = Object.fromEntries([...searchParams].map(([name, value]) => [name, Number(value)]));
  if (pathname === "/soak/stats") return app.stats();
  if (pathname === "/soak/gc") return collectGarbage();
  if (pathname === "/soak/broadcast") return app.broadcast(numbers) ?? true;
  if (pathname === "/soak/silence") return app.stopBroadcast();
  if (pathname === "/soak/sockets") return app.countEverywhere();
  return undefined;
}

async function collectGarbage() {
  for (let times = 0; times < 3; times++) {
    if (globalThis.Bun) globalThis.Bun.gc(true);
    else globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}
