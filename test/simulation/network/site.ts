import type { Reply, RequestLike, WebSocketLike } from "../../../src/platform.ts";
import type { SimulatedWebSocket } from "./web-socket.ts";
import type { Saw } from "../observations.ts";

/** Where requests go: the server of the moment, and who watches. */
export interface Site {
  readonly saw: Saw;
  /** How WebSockets behave on this platform. */
  readonly manners: { readonly opensLater: boolean; readonly sharesFrames: boolean; readonly sleeps: boolean };
  /** The server's own clock. */
  clock(): number;
  input(run: () => void): void;
  handle(request: RequestLike): Promise<Reply | undefined>;
  threw(error: unknown): void;
  /** The server has this WebSocket now. */
  accepted(end: WebSocketLike, ws: SimulatedWebSocket): void;
  nextExchange(): number;
}


