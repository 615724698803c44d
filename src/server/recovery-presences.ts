import type { Peer } from "./peer.ts";

interface Presence {
  readonly client: Peer;
  readonly arrival: number;
  /** Those who hear when it is turned away; absent where it has its socket, which leaves at once. */
  readonly waiting?: (() => void)[];
}

/** Who has each socket, or is on the way back to it, by pid. */
export class Presences {
  readonly #byPid = new Map<string, Presence>();

  /** When a socket came that is there now. */
  arrivalOf(pid: string | undefined): number | undefined {
    return pid === undefined ? undefined : this.#byPid.get(pid)?.arrival;
  }

  /** The client is on its way back: its middlewares are still to let it in. */
  expect(pid: string, client: Peer, arrival: number): void {
    this.#byPid.set(pid, { client, arrival, waiting: [] });
  }

  /** The client has its socket. */
  set(pid: string, client: Peer, arrival: number): void {
    this.#byPid.set(pid, { client, arrival });
  }

  /** The client has its socket no more, or was turned away. */
  delete(pid: string): void {
    const { waiting = [] } = this.#byPid.get(pid) ?? {};
    this.#byPid.delete(pid);
    for (const resolve of waiting) resolve();
  }

  /** Closes the connection that looks alive, which may take its time to give the socket back; `false` where it came after `peer`. */
  supersede(pid: string, peer: Peer): Promise<void> | boolean {
    const present = this.#byPid.get(pid);
    if (present === undefined) return true;
    if (peer.arrival < present.arrival) return false;
    const { client, waiting } = present;
    const isOver = waiting && new Promise<void>((resolve) => void waiting.push(resolve));
    client.supersede();
    return isOver ?? true;
  }
}
