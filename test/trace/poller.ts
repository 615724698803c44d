/** A long-polling client by hand: one request per call. */
import type { Answer } from "./http.ts";
import type { Stand } from "./stage.ts";

export class Poller {
  readonly sid: string;
  readonly #stand: Stand;

  constructor(stand: Stand, sid: string) {
    this.#stand = stand;
    this.sid = sid;
  }

  /** Path and query of every request of this session. */
  get path(): string {
    return `/socket.io/?EIO=4&transport=polling&sid=${this.sid}`;
  }

  get(headers: Record<string, string> = {}): Promise<Answer> {
    return this.#stand.ask(this.path, { headers });
  }

  post(body: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#stand.ask(this.path, { method: "POST", body, headers });
  }
}
