import type { Duplex } from "node:stream";

/** Milliseconds for which the other side may take to end a connection that is being closed. */
const CLOSING_TIME = 30_000;

/** Connections that we have ended and their clients have not yet. Nothing is kept for those that are open. */
export class Closing {
  readonly #sockets = new Set<Duplex>();

  add(socket: Duplex): void {
    if (socket.destroyed || this.#sockets.has(socket)) return;
    this.#sockets.add(socket);
    const timer = setTimeout(() => socket.destroy(), CLOSING_TIME).unref();
    socket.once("close", () => {
      clearTimeout(timer);
      this.#sockets.delete(socket);
    });
  }

  /** Waits for none of them any more. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
