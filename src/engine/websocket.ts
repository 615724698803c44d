import type { WebSocketHandler, WebSocketLike } from "../platform.ts";
import type { Message } from "../wire/codec.ts";
import type { Session } from "./session.ts";

/** Takes the frames of a session that began as a WebSocket. */
export class DirectWebSocket implements WebSocketHandler {
  #open: ((ws: WebSocketLike) => Session | undefined) | undefined;
  session: Session | undefined;

  /** `open` makes the session once the WebSocket exists, or closes it where the server has changed its mind. After a sleep there is a `session` already. */
  constructor(open: (ws: WebSocketLike) => Session | undefined, session?: Session) {
    this.#open = open;
    this.session = session;
  }

  open(ws: WebSocketLike): void {
    this.session = this.#open?.(ws);
    // It holds the whole request, and this object stays as long as the connection.
    this.#open = undefined;
  }

  message(data: Message): void {
    this.session?.receiveFrame(data);
  }

  drain(): void {
    this.session?.drained();
  }

  close(_code: number, _reason: string, error?: Error): void {
    this.session?.webSocketClosed(error);
  }
}
