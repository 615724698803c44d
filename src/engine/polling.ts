import type { Reply, RequestLike } from "../platform.ts";
import type { Timer } from "../schedule.ts";
import type { PollingForm } from "./polling-form.ts";
import { OutgoingQueue } from "./outgoing-queue.ts";
import type { Outgoing } from "./revision.ts";

/** A GET that waits for packets. */
interface Poll {
  readonly form: PollingForm;
  readonly resolve: (reply: Reply) => void;
  /** What it was answered with. */
  sent: readonly Outgoing[];
}

/**
 * The HTTP half of a session: the GET that waits, and what waits for a GET.
 *
 * Engine.IO protocol, "HTTP long-polling": at most one GET and one POST of a session are open at a time.
 */
export class Polling {
  readonly #maxBodySize: number;
  /** What waits for a GET. */
  readonly queue: OutgoingQueue = new OutgoingQueue();
  #poll: Poll | undefined;
  /** The POST whose body is being read or handled. */
  openPost: RequestLike | undefined;
  /** A POST that was handled, but whose answer got lost: a client's HTTP stack may send it again. */
  unansweredPost: { readonly stamp: string; readonly body: Uint8Array } | undefined;

  /** Runs while the client is about to switch to a WebSocket and holds a GET. */
  noopTimer: Timer | undefined;

  constructor(maxBodySize: number) {
    this.#maxBodySize = maxBodySize;
  }

  get waiting(): boolean {
    return this.#poll !== undefined;
  }

  /** Everything that has not been sent, which then belongs to the caller. */
  takeAll(): readonly Outgoing[] {
    this.stopHurrying();
    return this.queue.takeAll();
  }

  /** Holds a GET open until `flush` or `answer`. `aborted` is called when the client leaves before, or with messages that did not reach it. */
  hold(request: RequestLike, form: PollingForm, aborted: () => void): Promise<Reply> {
    return new Promise((resolve) => {
      const poll: Poll = { form, resolve, sent: [] };
      this.#poll = poll;
      request.onAbort(() => {
        if (this.#poll === poll) this.#poll = undefined;
        else if (!poll.sent.some(isMessage)) return;
        resolve({ status: 400, headers: {} });
        aborted();
      });
    });
  }

  /** Answers the waiting GET with what is queued, as much as one body may hold, and says whether it did. */
  flush(): boolean {
    if (this.#poll === undefined || this.queue.isEmpty) return false;
    this.#answer(this.#takeBody(this.#poll.form));
    return true;
  }

  /** Answers the waiting GET, if there is one, with one packet only. */
  answerWith(packet: Outgoing): void {
    if (this.#poll !== undefined) this.#answer([packet]);
  }

  /** Answers the waiting GET, if there is one, with the rest and `last`. */
  finish(last: Outgoing): void {
    if (this.#poll !== undefined) this.#answer([...this.takeAll(), last]);
    this.takeAll();
    this.openPost?.cancelBody();
  }

  /** The client is not about to switch any more. */
  stopHurrying(): void {
    this.noopTimer?.cancel();
    this.noopTimer = undefined;
  }

  #takeBody(form: PollingForm): readonly Outgoing[] {
    const lone = this.queue.shift()!;
    // Goes whatever its size, so that it need not be measured.
    if (this.queue.isEmpty) return [lone];
    const items = [lone];
    let bodySize = form.baseSize + form.sizeOf(lone);
    for (let item = this.queue.first; item !== undefined; item = this.queue.first) {
      bodySize += form.sizeOf(item);
      if (bodySize > this.#maxBodySize) break;
      items.push(this.queue.shift()!);
    }
    return items;
  }

  #answer(items: readonly Outgoing[]): void {
    const poll = this.#poll!;
    this.#poll = undefined;
    poll.sent = items;
    const { contentType, body } = poll.form.encode(items);
    const headers = { "content-type": contentType, "cache-control": "no-store" };
    poll.resolve({ status: 200, headers, body, compress: items.some((item) => item.compress) });
  }
}

function isMessage({ messages }: Outgoing): boolean {
  return messages !== undefined;
}
