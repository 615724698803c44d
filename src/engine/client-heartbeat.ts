import type { DeadlineQueue, Schedule } from "../schedule.ts";
import { type Beating, type HeartbeatKeeper, type Rhythm, hasGrace, putOff, verdicts } from "./heartbeat.ts";

/**
 * The client's ping, Engine.IO 3: `2`, answered by `3`. Without one for `pingInterval + pingTimeout` the session is over.
 *
 * Other data does not put that off, since clients ping whatever else they send; unless it waited when the time was over.
 */
export class ClientHeartbeat implements HeartbeatKeeper {
  readonly #schedule: Schedule;
  readonly #deadlines: DeadlineQueue<Beating>;
  readonly #rhythm: () => Rhythm;

  constructor(schedule: Schedule, rhythm: () => Rhythm) {
    this.#schedule = schedule;
    this.#rhythm = rhythm;
    this.#deadlines = verdicts(schedule);
  }

  start(session: Beating): void {
    this.beat(session);
  }

  resume(session: Beating, due: number): void {
    this.#deadlines.add(session.heartbeat, Math.min(due, this.#latest));
  }

  stop(session: Beating): void {
    session.heartbeat.cancel();
  }

  beat(session: Beating): void {
    session.pulse = "pinged";
    this.#deadlines.add(session.heartbeat, this.#latest);
  }

  otherData(session: Beating): boolean {
    if (session.heartbeat.due <= this.#schedule.now()) return this.wait(session);
    if (session.pulse === "extended") hasGrace(session, this.#schedule.now(), this.#rhythm().pingTimeout);
    return false;
  }

  /**
   * The client counts from its pong, which this GET takes along, or the one before has taken. And who has waited for a GET could not ping:
   * it has `pingTimeout` from now, unless it has more.
   */
  polled(session: Beating, late: number): boolean {
    const soon = Math.min(late, this.#rhythm().pingTimeout);
    if (session.pulse !== "pinged") return session.heartbeat.due <= this.#schedule.now() + soon && this.wait(session);
    session.pulse = "idle";
    this.#deadlines.add(session.heartbeat, this.#latest);
    return true;
  }

  wait(session: Beating): boolean {
    return putOff(session, this.#deadlines, this.#schedule.now(), this.#rhythm().pingTimeout);
  }

  upgraded(): void {}

  get #latest(): number {
    const { pingInterval, pingTimeout } = this.#rhythm();
    return this.#schedule.now() + pingInterval + pingTimeout;
  }
}
