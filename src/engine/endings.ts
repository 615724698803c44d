/** The ways in which the server ends a session, each with what the client and the app are told. */

import { TransportError } from "./close-reason.ts";
import type { Session } from "./session.ts";

/** The client sent what is no packet. */
export function endMalformed(session: Session): void {
  session.end("parse error", undefined, { code: 1002, text: "parse error" });
}

/** The client sent more at once than it may. */
export function endTooLarge(session: Session): void {
  session.owner.limitHit("maxHttpBufferSize", session);
  const error = new TransportError("Max payload size exceeded: see the option maxHttpBufferSize", "PAYLOAD_TOO_LARGE");
  session.end("transport error", error, { code: 1009 });
}

/** Sessions that are being ended for what waits for them. */
const ending = new WeakSet<Session>();

/** The client does not read, or holds more than others where all together hold too much; what waits for it is dropped. */
export function endSlowConsumer(session: Session, limit: "maxBufferedBytes" | "maxTotalBufferedBytes"): void {
  // A listener of it may send to everybody, and come here again.
  if (ending.has(session)) return;
  ending.add(session);
  session.owner.limitHit(limit, session);
  session.webSocket?.terminate();
  const why = limit === "maxBufferedBytes" ? "the client does not read" : "all connections together hold too much, and this one most";
  const message = `SLOW_CONSUMER: ${why}, see the option limits.${limit}`;
  session.end("transport error", new TransportError(message, "SLOW_CONSUMER"));
}

/** The server goes: the client is to look for another one. */
export function goAway(session: Session): void {
  if (session.webSocket !== undefined) return goAwayAtOnce(session);
  session.close();
  const { link } = session;
  // Who has to leave at once is not given more time.
  if (link.state === "probing" && link.leaving !== "at once") session.become({ ...link, leaving: "to another server" });
}

/** The server goes, and what the client has not fetched yet is dropped. */
export function goAwayAtOnce(session: Session): void {
  session.end("forced close", undefined, { code: 1001 });
}
