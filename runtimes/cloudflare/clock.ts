/** Prefix of what this library keeps in the object's storage. */
const PREFIX = "omnisocket:alarm:";

/** The object's one alarm, shared by the core's deadlines and the app's. */
export class Clock {
  readonly #storage: DurableObjectStorage;
  readonly #fire: (key: string) => unknown;
  readonly #failed: (error: unknown) => void;
  /** The app's alarms by their keys, as they are in the storage. */
  readonly #alarms = new Map<string, number>();
  #coreDue = Infinity;
  #tick: ((now: number) => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What the platform's alarm is set to, as far as this instance knows. */
  #armed = Infinity;

  constructor(storage: DurableObjectStorage, fire: (key: string) => unknown, failed: (error: unknown) => void) {
    this.#storage = storage;
    this.#fire = fire;
    this.#failed = failed;
  }

  async load(): Promise<void> {
    for (const [name, time] of await this.#storage.list<number>({ prefix: PREFIX })) {
      this.#alarms.set(name.slice(PREFIX.length), time);
    }
    this.#armed = (await this.#storage.getAlarm()) ?? Infinity;
  }

  /** The core's next deadline: with an alarm where the object may sleep until then, with a timer, which keeps it awake, where not. */
  wakeAt(time: number, tick: (now: number) => void, maySleep: boolean): void {
    this.#tick = tick;
    this.#coreDue = maySleep ? time : Infinity;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = maySleep ? undefined : setTimeout(() => tick(Date.now()), Math.max(0, time - Date.now()));
    if (maySleep) void this.#arm();
  }

  /** An alarm of the app's. */
  async schedule(time: number, key: string): Promise<void> {
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
    for (const [key, time] of this.#alarms) {
      if (time > now) continue;
      this.#alarms.delete(key);
      await this.#storage.delete(PREFIX + key);
      await this.#contain(key);
    }
    await this.#arm();
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
    const due = Math.min(this.#coreDue, ...this.#alarms.values());
    if (due === Infinity || due === this.#armed) return;
    this.#armed = due;
    await this.#storage.setAlarm(due);
  }
}
