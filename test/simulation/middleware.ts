import type { Socket } from "../../src/index.ts";
import type { App, Surroundings } from "./app.ts";
import type { Auth } from "./clients/client.ts";

type Next = (error?: Error) => void;

/** The middleware of each namespace: it does what the client's `auth` says. */
export class Middleware {
  readonly #app: App;
  readonly #world: Surroundings;
  readonly #fault: () => Error;

  constructor(app: App, world: Surroundings, fault: () => Error) {
    this.#app = app;
    this.#world = world;
    this.#fault = fault;
  }

  run(socket: Socket, next: Next): unknown {
    // A socket may come back over another connection meanwhile.
    const attempt = { socket: socket.id, sid: socket.conn.id };
    this.#world.saw("admitting", { ...attempt, nsp: socket.nsp.name });
    const decide: Next = (error) => {
      this.#world.saw("admitted", attempt);
      next(error);
    };
    switch ((socket.handshake.auth as Partial<Auth>).middleware) {
      case "wait":
        return this.#world.later(120, decide);
      case "refuse":
        return decide(new Error("refused"));
      case "throw":
        this.#world.saw("admitted", attempt);
        throw this.#fault();
      case "reject":
        this.#world.saw("admitted", attempt);
        return Promise.reject(this.#fault());
      case "hang":
        return undefined;
      case "twice":
        decide();
        return decide();
      case "join":
        this.#join(socket);
        return this.#world.later(60, decide);
      case "join and refuse":
        this.#join(socket);
        return decide(new Error("refused"));
      case "hang up":
        this.#world.saw("sentAway", { sid: socket.conn.id });
        void socket.conn.close();
        return decide();
      default:
        return decide();
    }
  }

  /** Rooms that are joined here count once the socket is let in, and are undone when it is not. */
  #join(socket: Socket): void {
    // It throws where the limit is met.
    void socket.join("r2");
    this.#app.members.expect(socket, "r2");
  }
}

export const middlewareChoices = ["wait", "refuse", "throw", "reject", "hang", "twice", "join", "join and refuse", "hang up"] as const;
