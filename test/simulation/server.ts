import { CoreServer, type ServerOptions, type Session, type WebSocketHandler, type WebSocketLike } from "../../src/index.ts";
import type { ConnectionSnapshot } from "../../src/runtime.ts";
import { App, type Surroundings } from "./app.ts";
import type { ServerProcess } from "./process.ts";
import { SimulatedStore, copy } from "./store.ts";

/** The core on the simulated runtime. */
class SimulatedServer extends CoreServer {
  /** Takes handshakes again after `close`, as a runtime does when it attaches. */
  reopen(): void {
    this.configure({});
  }
}

/** One life of the server: its process, the core in it, and the app. */
export class ServerLife {
  readonly process: ServerProcess;
  readonly io: SimulatedServer;
  readonly app: App;
  /** Timers that the core has asked for and that neither fired nor were cancelled. */
  liveTimers = 0;

  readonly store: SimulatedStore;
  readonly #changed = new Set<Session>();
  readonly #saved = new Map<string, { readonly snapshot: ConnectionSnapshot; readonly ws: WebSocketLike | undefined }>();

  constructor(process: ServerProcess, options: ServerOptions, surroundings: Surroundings, before?: ServerLife) {
    this.process = process;
    this.store = before?.store ?? new SimulatedStore();
    // Compression takes turns of the real platform.
    this.io = new SimulatedServer({ ...options, httpCompression: false, serveClient: false }, {
      host: process,
      ...(process.sleeps && { recoveryStore: this.store, changed: (session: Session) => void this.#changed.add(session) }),
    });
    this.#countTimers();
    this.app = new App(this.io, surroundings, before?.app.members);
    if (process.sleeps && before === undefined) void this.io.restore([]);
  }

  /** Keeps what has changed in this turn. */
  save(): void {
    if (this.#changed.size === 0) return;
    for (const session of this.#changed) {
      const snapshot = this.io.snapshot(session);
      if (snapshot === undefined) this.#saved.delete(session.id);
      else this.#saved.set(session.id, { snapshot: copy(snapshot), ws: session.webSocket });
    }
    this.#changed.clear();
  }

  /** Goes on where `before` was; `handed` gets the handler of each WebSocket. */
  async wake(before: ServerLife, handed: (ws: WebSocketLike, handler: WebSocketHandler) => void): Promise<void> {
    // Newest first, as workerd lists its WebSockets.
    const saved = [...before.#saved.values()].reverse();
    for (const [id, one] of before.#saved) this.#saved.set(id, one);
    const handlers = await this.io.restore(saved);
    for (const [index, { ws }] of saved.entries()) if (ws !== undefined) handed(ws, handlers[index]!);
    this.app.watchSessions();
  }

  #countTimers(): void {
    const { schedule } = this.io.engine;
    const after = schedule.after.bind(schedule);
    schedule.after = (delay, fire) => {
      this.liveTimers += 1;
      let isLive = true;
      const end = (): void => {
        if (isLive) this.liveTimers -= 1;
        isLive = false;
      };
      const timer = after(delay, () => {
        end();
        fire();
      });
      return {
        cancel: () => {
          end();
          timer.cancel();
        },
      };
    };
  }
}
