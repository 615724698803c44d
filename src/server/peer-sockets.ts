import type { EventsMap } from "../events/event-maps.ts";
import type { DisconnectReason } from "./reasons.ts";
import type { SocketCore } from "./socket-core.ts";

export type AnySocket = SocketCore<EventsMap>;

/** What a CONNECT brought, in bytes, by namespace. */
export type AuthSizes = readonly (readonly [namespace: string, bytes: number])[];

/** Up to this size, a CONNECT counts as nothing: that of all namespaces together is little, and most connections need no book of it. */
const SMALL = 512;

/** The sockets of one client by namespace, `"connecting"` until that takes them; absent is the third state. */
export class PeerSockets extends Map<string, AnySocket | "connecting"> {
  /** Of those that keep an `auth` that is not small. */
  #auths: Map<string, number> | undefined;

  get auths(): AuthSizes {
    return [...(this.#auths ?? [])];
  }

  joined(): AnySocket[] {
    return [...this.values()].filter((it) => it !== "connecting");
  }

  /** The client wants to join with a CONNECT of `bytes`. Returns whether no more than `most` are kept of all of them then. */
  admit(name: string, bytes: number, most: number): boolean {
    const held = this.auths.reduce((sum, [, each]) => sum + each, 0);
    if (bytes > SMALL && held + bytes > most) return false;
    this.count([[name, bytes]]);
    this.set(name, "connecting");
    return true;
  }

  count(auths: AuthSizes): void {
    for (const [name, bytes] of auths) if (bytes > SMALL) (this.#auths ??= new Map()).set(name, bytes);
  }

  /** Ends the sockets in all namespaces. */
  closeAll(reason: DisconnectReason, description?: unknown): void {
    for (const socket of this.joined()) socket.close(reason, description);
    this.clear();
  }

  override delete(name: string): boolean {
    this.#auths?.delete(name);
    return super.delete(name);
  }

  override clear(): void {
    this.#auths = undefined;
    super.clear();
  }
}
