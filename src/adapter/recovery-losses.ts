import type { Room, SocketId } from "./adapter.ts";
import type { Audience } from "./recovery-log.ts";

/** The last event that the log has lost for one audience and one set of exceptions; there may be others before. */
export interface Loss {
  readonly seq: number;
  readonly except: readonly Room[];
}

/** Whom it concerns. */
interface Listener {
  /** Whether it was excepted all the time from the event after `from` to event `seq`. */
  isExcepted(from: number, seq: number, except: readonly Room[]): boolean;
}

/** Exceptions that are told apart for one audience; past these, a loss counts for all. */
const DIFFERENT = 4;

/**
 * What the log has forgotten, so that a client is told only where something for that very client is gone.
 *
 * Kept per room, per socket and for everyone, not per event: as large as there are rooms with members.
 */
export class Losses {
  /** Newest first. */
  readonly #byAudience = new Map<string, readonly Loss[]>();
  /** Audiences for which something has changed since they were stored. */
  readonly changed = new Set<string>();

  /** An event is forgotten. */
  record(seq: number, { only, rooms, except }: Audience): void {
    const audiences = only !== undefined ? [ofSocket(only)] : rooms.length === 0 ? [EVERYONE] : rooms.map(ofRoom);
    for (const audience of audiences) this.#add(audience, { seq, except });
  }

  /** The last loss after `from` that concerned this listener as a member of `room`; 0 for none. */
  inRoom(room: Room, from: number, listener: Listener): number {
    return this.#last(ofRoom(room), from, listener);
  }

  /** The last loss of what was for this socket alone, or for everyone; 0 for none. */
  besideRooms(sid: SocketId, from: number, listener: Listener): number {
    return Math.max(this.#last(EVERYONE, from, listener), this.#last(ofSocket(sid), from, listener));
  }

  /** Nobody who was in this room can come back any more. */
  forgetRoom(room: Room): void {
    this.#forget(ofRoom(room));
  }

  forgetSocket(sid: SocketId): void {
    this.#forget(ofSocket(sid));
  }

  clear(): void {
    this.#byAudience.clear();
    this.changed.clear();
  }

  get(audience: string): readonly Loss[] | undefined {
    return this.#byAudience.get(audience);
  }

  /** Takes up what was stored. */
  set(audience: string, losses: readonly Loss[]): void {
    this.#byAudience.set(audience, losses);
  }

  #add(audience: string, loss: Loss): void {
    const exceptions = JSON.stringify(loss.except);
    const others = (this.#byAudience.get(audience) ?? []).filter(({ except }) => JSON.stringify(except) !== exceptions);
    const all = [loss, ...others];
    if (all.length > DIFFERENT) {
      all.length = DIFFERENT;
      all[DIFFERENT - 1] = { seq: all[DIFFERENT - 1]!.seq, except: [] };
    }
    this.#byAudience.set(audience, all);
    this.changed.add(audience);
  }

  #last(audience: string, from: number, listener: Listener): number {
    const losses = this.#byAudience.get(audience);
    const last = losses?.find(({ seq, except }) => seq <= from || !listener.isExcepted(from, seq, except));
    return last === undefined || last.seq <= from ? 0 : last.seq;
  }

  #forget(audience: string): void {
    if (this.#byAudience.delete(audience)) this.changed.add(audience);
  }
}

const EVERYONE = "everyone";
const ofRoom = (room: Room): string => `room:${room}`;
const ofSocket = (sid: SocketId): string => `socket:${sid}`;
