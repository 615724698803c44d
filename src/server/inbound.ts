import { show } from "../engine/option-checks.ts";
import type { Session } from "../engine/session.ts";
import type { Message, PacketDecoder } from "../wire/codec.ts";
import { peekEvent } from "../wire/json-peek.ts";
import { isThenable } from "./faults.ts";
import type { NamespaceParts } from "./parts.ts";

/** One incoming message, before it is decoded. */
export interface Inbound {
  /** 1, or 0 for an attachment, which belongs to a packet that was let in. */
  readonly packets: 0 | 1;
  /** Its size: UTF-16 units of a text, bytes of an attachment. */
  readonly bytes: number;
  /**
   * Name of the event; `undefined` where the message is none, the name is a number or longer than 256 characters, and always with another
   * `parser`. So `undefined` may be any of these.
   */
  readonly event?: string | undefined;
  /** Milliseconds on a clock that never goes back. */
  readonly now: number;
}

/**
 * Lets a message in, drops it with its attachments, or ends the connection.
 *
 * To drop a CONNECT ends the connection too; a DISCONNECT, and attachments of what was let in, cannot be dropped.
 */
export type InboundVerdict = "ok" | "drop" | "close";

const verdicts: ReadonlySet<unknown> = new Set<InboundVerdict>(["ok", "drop", "close"]);

/** Decides about each message of a client before it is decoded. Must be synchronous and quick. */
export type OnInbound = (conn: Session, inbound: Inbound) => InboundVerdict;

/** Asks the app about each message of one connection. */
export class InboundGate {
  readonly #conn: Session;
  readonly #parts: NamespaceParts;
  readonly #decoder: PacketDecoder;
  /** Attachments still to come of a packet that was dropped. */
  #skipping = 0;

  constructor(conn: Session, parts: NamespaceParts, decoder: PacketDecoder) {
    this.#conn = conn;
    this.#parts = parts;
    this.#decoder = decoder;
  }

  judge(message: Message): InboundVerdict {
    const isText = typeof message === "string";
    if (!isText && this.#skipping > 0) {
      this.#skipping -= 1;
      return "drop";
    }
    const isAttachment = !isText && this.#decoder.pending;
    const verdict = this.#ask(message, isAttachment);
    if (verdict !== "drop") return verdict;
    // All that follows depends on who has left, and a packet that was let in on its attachments.
    if (isAttachment || (isText && message.startsWith("1"))) return "ok";
    // A client that joins waits for an answer, for ever.
    if (isText && message.startsWith("0")) return "close";
    this.#skipping = this.#decoder.announces?.(message) ?? 0;
    this.#parts.counters.droppedInbound += 1;
    return "drop";
  }

  /** One that fails lets nothing in. */
  #ask(message: Message, isAttachment: boolean): InboundVerdict {
    const { options, schedule, faults } = this.#parts;
    const event = typeof message === "string" ? peekEvent(message) : undefined;
    try {
      const verdict = options.onInbound!(this.#conn, { packets: isAttachment ? 0 : 1, bytes: message.length, event, now: schedule.now() });
      if (verdicts.has(verdict)) return verdict;
      if (!isThenable(verdict)) throw new TypeError(`onInbound must return "ok", "drop" or "close", got ${show(verdict)}`);
      verdict.then(undefined, () => {});
      throw new TypeError("onInbound must decide at once: it returned a promise");
    } catch (error) {
      faults.report(error, { phase: "onInbound", event });
      return "close";
    }
  }
}

/** How fast one connection may send. */
export interface TokenBucketOptions {
  /** Packets per second, in the long run. */
  readonly rate: number;
  /** Packets that may come at once; joining a namespace takes one. @default rate */
  readonly burst?: number;
  /** What happens to the packet that is too much. @default "drop" */
  readonly excess?: "drop" | "close";
}

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * Makes an `onInbound` that lets each connection send `burst` packets at once and `rate` packets a second.
 *
 * Throws a `RangeError` for a rate or a burst below one packet that could never pass.
 */
export function tokenBucket({ rate, burst = rate, excess = "drop" }: TokenBucketOptions): OnInbound {
  if (!(rate > 0) || !(burst >= 1)) throw new RangeError(`tokenBucket needs rate > 0 and burst >= 1, got ${rate} and ${burst}`);
  const buckets = new WeakMap<Session, Bucket>();
  return (conn, { packets, now }) => {
    const bucket = buckets.get(conn) ?? { tokens: burst, at: now };
    buckets.set(conn, bucket);
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * rate);
    bucket.at = now;
    if (bucket.tokens < packets) return excess;
    bucket.tokens -= packets;
    return "ok";
  };
}
