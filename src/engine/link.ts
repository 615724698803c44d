import type { WebSocketLike } from "../platform.ts";
import type { Timer } from "../schedule.ts";

/** After what its client has not fetched yet; without that; or after it, and with word that the server goes. */
export type Leaving = "in order" | "at once" | "to another server";

/** How a session reaches its client now. One field, one value; what a state needs travels with it. */
export type Link =
  | { readonly state: "polling" }
  | {
      readonly state: "probing";
      readonly ws: WebSocketLike;
      readonly deadline: Timer;
      readonly answered: boolean;
      /** How it ends once the client has switched, or has given that up. */
      readonly leaving?: Leaving;
    }
  | { readonly state: "websocket"; readonly ws: WebSocketLike }
  | { readonly state: "closing"; readonly deadline: Timer }
  | { readonly state: "closed" };

export type LinkState = Link["state"];

/** The changes there are. A test drives sessions at random and sees each of them, and no other. */
export const linkChanges: Readonly<Record<LinkState, readonly LinkState[]>> = {
  polling: ["probing", "closing", "closed"],
  probing: ["probing", "polling", "websocket", "closed"],
  websocket: ["closed"],
  closing: ["closed"],
  closed: [],
};
