import { LONGEST } from "../timer-host.ts";

/** Prefix of what this library keeps in the object's storage. */
const PREFIX = "omnisocket:alarm:";

/** The platform takes no alarms that are later: whatever is due after that is looked at again then. */
const LATEST = Date.UTC(2189, 0);

/** What the clock needs of the object's storage. */
export interface AlarmStorage {
  list(options: { readonly prefix: string }): Promise<Map<string, number>>;
  put(key: string, time: number): Promise<void>;
  delete(key: string): Promise<unknown>;
  getAlarm(): Promise<number | null>;
  setAlarm(time: number): Promise<void>;
}

/** The object's one alarm, shared by the core's deadlines and the app's. */
export class Clock {
  readonly #storage: AlarmStorage;
  readonly #fire: (key: string) => unknown;
  readonly #failed: (error: unknown) => void;
  /** The app's alarms by their keys, as they are in the storage. */
  readonly #alarms = new Map<string, number>();
  #coreDue = Infinity;
  #tick: ((now: number) => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What the platform's alarm is set to, as far as this instance knows. */
  #armed = Infinity;
  /** Whether alarms of the app's are being handled: the platform rings no other before that is done. */
  #isRinging = false;

  constructor(storage: AlarmStorage, fire: (key: string) => unknown, failed: (error: unknown) => void) {
    this.#storage = storage;
    this.#fire = fire;
    this.#failed = failed;
  }

  async load(): Promise<void> {
    for (const [name, time] of await this.#storage.list({ prefix: PREFIX })) {
      this.#alarms.set(name.slice(PREFIX.length), time);
    }
    this.#armed = (await this.#storage.getAlarm()) ?? Infinity;
    // The core may have set it to a later time before.
    await this.#arm();
  }

  /** The core's next deadline: with an alarm where the object may sleep until then, with a timer, which keeps it awake, where not. */
  wakeAt(time: number, tick: (now: number) => void, maySleep: boolean): void {
    this.#tick = tick;
    this.#coreDue = maySleep ? time : Infinity;
    this.#setTimer(maySleep && !this.#isRinging ? Infinity : time);
    if (maySleep) void this.#arm();
  }

  #setTimer(time: number): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = time === Infinity ? undefined : setTimeout(() => this.#tick?.(Date.now()), Math.min(Math.max(0, time - Date.now()), LONGEST));
  }

  /** An alarm of the app's. Rejects with a `TypeError` for what is no time. */
  async schedule(time: number, key: string): Promise<void> {
    if (!(new Date(time).getTime() > 0)) throw new TypeError(`Cannot schedule "${key}": expected milliseconds since the Unix epoch, got ${time}`);
    this.#alarms.set(key, time);
    await this.#storage.put(PREFIX + key, time);
    await this.#arm();
  }

  /** The platform's alarm went off. */
  async ring(): Promise<void> {
    this.#armed = Infinity;
    const now = Date.now();
    if (this.#coreDue <= now) {
      this.#coreDue = Infinity;
      this.#tick?.(now);
    }
    await this.#ringFor(now);
    await this.#arm();
  }

  /** Whatever time the app takes, the core has its deadlines meanwhile. */
  async #ringFor(now: number): Promise<void> {
    this.#isRinging = true;
    if (this.#timer === undefined) this.#setTimer(this.#coreDue);
    try {
      for (const [key, time] of this.#alarms) {
        if (time > now) continue;
        this.#alarms.delete(key);
        await this.#storage.delete(PREFIX + key);
        await this.#contain(key);
      }
    } finally {
      this.#isRinging = false;
      if (this.#coreDue !== Infinity) this.#setTimer(Infinity);
    }
  }

  /** What fails must not keep the other deadlines waiting until the platform tries again. */
  async #contain(key: string): Promise<void> {
    try {
      await this.#fire(key);
    } catch (error) {
      this.#failed(error);
    }
  }

  async #arm(): Promise<void> {
    if (this.#coreDue === Infinity && this.#alarms.size === 0) return;
    const due = Math.min(LATEST, this.#coreDue, ...this.#alarms.values());
    if (due === this.#armed) return;
    this.#armed = due;
    await this.#storage.setAlarm(due);
  }
}
