import { Deadline, type DeadlineQueue, type Schedule } from "../schedule.ts";

/** What the heartbeat asks of a session. */
export interface Beating {
  readonly heartbeat: Deadline<Beating>;
  pulse: Pulse;
  /** When the last ping was sent. */
  pingedAt: number;
  /** While `extended`: the running time that is left in which other data may put the deadline off, and when such data came last. */
  grace: number;
  heardAt: number;
  /** When the platform last took a pong by itself; `undefined` where pongs come as packets. */
  readonly lastPong: number | undefined;
  sendPing(): void;
  pingTimedOut(): void;
}

/** `idle`: no ping is outstanding, or of an old client, no pong. `extended`: other data has put the deadline off. */
export type Pulse = "idle" | "pinged" | "extended";

/** Keeps the rhythm of all sessions of one revision. */
export interface HeartbeatKeeper {
  start(session: Beating): void;
  /** Goes on where a snapshot left off; `due` is the deadline of that state, and never further away than it could be. */
  resume(session: Beating, due: number): void;
  stop(session: Beating): void;
  /** The client did its half. */
  beat(session: Beating): void;
  /** Something else came from the client. Says whether that has put the deadline off. */
  otherData(session: Beating): boolean;
  /**
   * A GET came, or one is answered for which the client waits before it says anything, `late` milliseconds after that was meant to be.
   * Says whether that has put the deadline off.
   */
  polled(session: Beating, late: number): boolean;
  /** Judges this session later, for the sake of what waits to be handled. Says whether it does: after its grace, nothing puts it off. */
  wait(session: Beating): boolean;
  /** The session is on a WebSocket now. */
  upgraded(session: Beating): void;
}

/** A queue whose owners time out one turn after they are due: what came in time may still wait to be read, and is read before. */
export function verdicts(schedule: Schedule): DeadlineQueue<Beating> {
  // Made first, it is looked at first: what gets into it waits for the next tick.
  const final = schedule.queue<Beating>((session) => session.pingTimedOut());
  return schedule.queue<Beating>((session) => final.add(session.heartbeat, schedule.now()));
}

/** What a gap in a client's data counts for at most, as a part of `pingTimeout`: the process may have stood still for all of it. */
const LONGEST_GAP = 1 / 4;

/**
 * Data comes instead of the beat. Says whether it may still put the deadline off: for `pingTimeout` in which the process runs, no longer.
 *
 * How long it ran shows in when it handled such data. Without this end, who sends all the time would never be late: every deadline would
 * find something that waits.
 */
export function hasGrace(session: Beating, now: number, pingTimeout: number): boolean {
  if (session.pulse === "extended") session.grace -= Math.min(now - session.heardAt, pingTimeout * LONGEST_GAP);
  else session.grace = pingTimeout;
  session.pulse = "extended";
  session.heardAt = now;
  return session.grace > 0;
}

/** Moves the deadline to `pingTimeout` from now, as long as there is grace. Says whether it has. */
export function putOff(session: Beating, deadlines: DeadlineQueue<Beating>, now: number, pingTimeout: number): boolean {
  if (!hasGrace(session, now, pingTimeout)) return false;
  deadlines.add(session.heartbeat, now + pingTimeout);
  return true;
}

/** What decides the rhythm. */
export interface Rhythm {
  readonly pingInterval: number;
  readonly pingTimeout: number;
}

/**
 * The server's ping, Engine.IO 4: `2` each `pingInterval`, answered by `3` within `pingTimeout`.
 *
 * Each session has one deadline that alternates between two queues; there is no timer per session. Where the process sleeps, all
 * sessions are pinged at the same moments, and whether they have answered the last ping is looked at with the next: one wake-up serves all.
 */
export class Heartbeat implements HeartbeatKeeper {
  readonly #schedule: Schedule;
  readonly #pings: DeadlineQueue<Beating>;
  readonly #pongs: DeadlineQueue<Beating>;
  readonly #rhythm: () => Rhythm;
  readonly #inStep: boolean;

  constructor(schedule: Schedule, rhythm: () => Rhythm, inStep: boolean) {
    this.#schedule = schedule;
    this.#rhythm = rhythm;
    this.#inStep = inStep;
    this.#pings = schedule.queue((session, due) => this.#ping(session, due));
    this.#pongs = verdicts(schedule);
  }

  start(session: Beating): void {
    session.pulse = "idle";
    this.#pings.add(session.heartbeat, this.#after(this.#schedule.now()));
  }

  resume(session: Beating, due: number): void {
    const waitsForPong = session.pulse !== "idle" && session.lastPong === undefined;
    const { pingInterval, pingTimeout } = this.#rhythm();
    const latest = this.#schedule.now() + Math.max(pingInterval, pingTimeout);
    (waitsForPong ? this.#pongs : this.#pings).add(session.heartbeat, Math.min(due, latest));
  }

  stop(session: Beating): void {
    session.heartbeat.cancel();
  }

  /** The client answered. An answer to nothing changes nothing. */
  beat(session: Beating): void {
    if (session.pulse === "idle") return;
    session.pulse = "idle";
    this.#pings.add(session.heartbeat, Math.max(this.#after(session.pingedAt), this.#schedule.now()));
  }

  /**
   * Other data shows that the client lives: the deadline is put off, once per ping; and again by what waited when it was over. After a
   * standstill, a client that polls could not even send its pong: the POST before was not answered.
   */
  otherData(session: Beating): boolean {
    if (session.pulse === "idle" || session.lastPong !== undefined) return false;
    if (session.pulse === "pinged" || session.heartbeat.due <= this.#schedule.now()) return this.wait(session);
    hasGrace(session, this.#schedule.now(), this.#rhythm().pingTimeout);
    return false;
  }

  /** One that a standstill has held back takes the very ping along whose answer is due already. */
  polled(session: Beating, late: number): boolean {
    return session.pulse !== "idle" && session.heartbeat.due <= this.#schedule.now() + late && this.wait(session);
  }

  wait(session: Beating): boolean {
    return putOff(session, this.#pongs, this.#schedule.now(), this.#rhythm().pingTimeout);
  }

  /** The client answers there what it was asked before, and where the platform takes pongs nobody would hear of it. */
  upgraded(session: Beating): void {
    if (session.pulse !== "idle" && session.lastPong !== undefined) this.#pings.add(session.heartbeat, this.#after(this.#schedule.now()));
  }

  #ping(session: Beating, due: number): void {
    if (session.lastPong !== undefined && session.pulse !== "idle") return this.#judge(session, session.lastPong);
    const { pingTimeout } = this.#rhythm();
    const now = this.#schedule.now();
    session.pulse = "pinged";
    // Counted from the due time, so that beats do not drift; after a standstill, from now.
    session.pingedAt = now - due > pingTimeout / 2 ? now : due;
    if (session.lastPong === undefined) this.#pongs.add(session.heartbeat, session.pingedAt + pingTimeout);
    else this.#pings.add(session.heartbeat, this.#after(now));
    session.sendPing();
  }

  /** It is time for the next ping, and the platform knows whether the last one was answered. */
  #judge(session: Beating, lastPong: number): void {
    const now = this.#schedule.now();
    const deadline = session.pingedAt + this.#rhythm().pingTimeout;
    if (lastPong >= session.pingedAt) {
      session.pulse = "idle";
      this.#ping(session, now);
    } else if (now >= deadline) {
      session.pingTimedOut();
    } else {
      // The process may have gone before the ping was sent; and who answers late waits for the next no longer than the others.
      this.#pings.add(session.heartbeat, Math.min(deadline, this.#after(now)));
      session.sendPing();
    }
  }

  #after(time: number): number {
    const pingInterval = Math.max(this.#rhythm().pingInterval, 1);
    return this.#inStep ? (Math.floor(time / pingInterval) + 1) * pingInterval : time + pingInterval;
  }
}
