import { CoreServer, type ServerOptions, type Session, type WebSocketHandler, type WebSocketLike } from "../../src/index.ts";
import type { ConnectionSnapshot } from "../../src/runtime.ts";
import { App, type Surroundings } from "./app.ts";
import type { ServerProcess } from "./process.ts";

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

  readonly #changed = new Set<Session>();
  readonly #saved = new Map<string, { readonly snapshot: ConnectionSnapshot; readonly ws: WebSocketLike | undefined }>();

  constructor(process: ServerProcess, options: ServerOptions, surroundings: Surroundings, before?: ServerLife) {
    this.process = process;
    // Compression takes turns of the real platform.
    this.io = new SimulatedServer({ ...options, httpCompression: false, serveClient: false }, {
      host: process,
      ...(process.sleeps && { changed: (session: Session) => void this.#changed.add(session) }),
    });
    this.#countTimers();
    this.app = new App(this.io, surroundings, before?.app.members);
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
    const saved = [...before.#saved.values()];
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

/** As structured cloning copies what a snapshot may be made of, and much faster. */
function copy<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null) {
    if (typeof value === "function" || typeof value === "symbol") throw new TypeError("not plain data");
    return value;
  }
  if (value instanceof Uint8Array) return value.slice() as Value;
  if (Array.isArray(value)) return value.map(copy) as Value;
  if (Object.getPrototypeOf(value) !== Object.prototype) throw new TypeError("not plain data");
  const copied: Record<string, unknown> = {};
  for (const name of Object.keys(value)) copied[name] = copy((value as Record<string, unknown>)[name]);
  return copied as Value;
}
