import type { EventsMap } from "../events/event-maps.ts";
import type { DisconnectReason } from "./reasons.ts";
import type { SocketCore } from "./socket-core.ts";

export type AnySocket = SocketCore<EventsMap>;

/** What a CONNECT brought, in bytes, by namespace. */
export type AuthSizes = readonly (readonly [namespace: string, bytes: number])[];

/** Up to this size, a CONNECT counts as nothing: that of all namespaces together is little, and most connections need no book of it. */
const SMALL = 512;

/** A socket, or that the client waits for one. */
type Place = AnySocket | "connecting";

/** The sockets of one client by namespace, `"connecting"` until that takes them; absent is the third state. */
export class PeerSockets {
  /** Most clients join one namespace, and need no map for it. */
  #firstName: string | undefined;
  #first: Place | undefined;
  /** What came while there was a first. */
  #others: Map<string, Place> | undefined;
  /** Of those that keep an `auth` that is not small. */
  #auths: Map<string, number> | undefined;

  get size(): number {
    return (this.#firstName === undefined ? 0 : 1) + (this.#others?.size ?? 0);
  }

  get auths(): AuthSizes {
    return [...(this.#auths ?? [])];
  }

  get(name: string): Place | undefined {
    return name === this.#firstName ? this.#first : this.#others?.get(name);
  }

  set(name: string, place: Place): void {
    if (name === this.#firstName || this.size === 0) {
      this.#firstName = name;
      this.#first = place;
    } else {
      (this.#others ??= new Map()).set(name, place);
    }
  }

  /** In the order in which the client asked for them. */
  joined(): AnySocket[] {
    const places = [this.#first, ...(this.#others?.values() ?? [])];
    return places.filter((place) => place !== undefined && place !== "connecting");
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
    this.#firstName = this.#first = this.#others = this.#auths = undefined;
  }

  delete(name: string): void {
    this.#auths?.delete(name);
    if (name === this.#firstName) this.#firstName = this.#first = undefined;
    else this.#others?.delete(name);
  }
}
