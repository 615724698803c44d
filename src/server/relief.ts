import type { Carrier } from "./carrier.ts";
import type { NamespaceParts } from "./parts.ts";
import { SocketDisconnectedError } from "./reasons.ts";

/** Milliseconds between two looks at a connection, for platforms that do not tell when there is room again. */
const LOOK_INTERVAL = 100;

/** Those who wait until a connection has room again. */
export class Relief {
  readonly #carrier: Carrier;
  readonly #parts: NamespaceParts;
  #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  #isLooking = false;

  constructor(carrier: Carrier, parts: NamespaceParts) {
    this.#carrier = carrier;
    this.#parts = parts;
  }

  /** Resolves once there is room; rejects with a `SocketDisconnectedError` when the connection ends first. */
  wait(): Promise<void> {
    if (this.#carrier.readyState !== "open") return Promise.reject(new SocketDisconnectedError());
    if (this.#hasRoom()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (!this.#isLooking) this.#lookLater();
    });
  }

  /** There may be room now. */
  check(): void {
    if (this.#waiting.length === 0 || !this.#hasRoom()) return;
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  fail(): void {
    for (const { reject } of this.#waiting.splice(0)) reject(new SocketDisconnectedError());
  }

  #hasRoom(): boolean {
    return this.#carrier.bufferedBytes < this.#parts.engineOptions.limits.highWaterMark;
  }

  #lookLater(): void {
    this.#isLooking = true;
    this.#parts.schedule.after(LOOK_INTERVAL, () => {
      this.#isLooking = false;
      this.check();
      if (this.#waiting.length > 0) this.#lookLater();
    });
  }
}
