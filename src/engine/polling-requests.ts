import type { BodyFailure, Reply, RequestLike } from "../platform.ts";
import type { PollingAsk } from "./ask.ts";
import { TransportError } from "./close-reason.ts";
import { endMalformed } from "./endings.ts";
import type { PayloadReader, PollingForm } from "./polling-form.ts";
import type { Session } from "./session.ts";
import { hurryPoll } from "./upgrade.ts";

const overlap = "overlap from client";

/** A GET of a polling session: held until there is something to say. */
export function receivePoll(session: Session, request: RequestLike, form: PollingForm): Promise<Reply> | Reply {
  const polling = session.polling!;
  if (polling.waiting) {
    session.end("transport error", new TransportError(overlap));
    return empty(400);
  }
  session.owner.logs.polling?.("a GET waits");
  const reply = polling.hold(request, form, () => {
    session.end("transport error", new TransportError("poll connection closed prematurely"));
  });
  if (session.link.state === "closing" && polling.queue.isEmpty) session.end("forced close");
  session.polled();
  session.flushPoll();
  hurryPoll(session);
  return reply;
}

/** A POST of a polling session. */
export function receivePost(session: Session, request: RequestLike, ask: PollingAsk): Promise<Reply> | Reply {
  const polling = session.polling!;
  if (polling.openPost !== undefined) {
    session.end("transport error", new TransportError(overlap));
    return empty(400);
  }
  const contentType = request.headers.get("content-type") ?? "";
  if (!ask.form.accepts(contentType)) return fail(session, 400, new TransportError("invalid content"));
  if ((request.headers.get("content-encoding") ?? "identity") !== "identity") {
    return fail(session, 415, new TransportError("invalid content encoding"));
  }
  if (Number(request.headers.get("content-length") ?? 0) > session.owner.options.maxHttpBufferSize) return tooLarge(session);
  polling.openPost = request;
  return readPost(session, request, ask, contentType);
}

/** Reads the body in time and handles it. */
async function readPost(session: Session, request: RequestLike, ask: PollingAsk, contentType: string): Promise<Reply> {
  const { schedule, options } = session.owner;
  let late = false;
  const deadline = schedule.after(options.limits.bodyTimeout, () => {
    late = true;
    request.cancelBody();
  });
  try {
    const body = await request.readBody(options.maxHttpBufferSize);
    deadline.cancel();
    const reply = typeof body === "string" ? unread(session, body, late) : handleBody(session, request, ask, contentType, body);
    return reply instanceof Promise ? await reply : reply;
  } finally {
    session.postHandled();
  }
}

function unread(session: Session, failure: BodyFailure, late: boolean): Reply {
  if (failure === "too-large") return tooLarge(session);
  if (isOver(session)) return empty(400);
  if (!late) return fail(session, 400, new TransportError("data request connection closed prematurely"));
  session.owner.limitHit("bodyTimeout", session);
  return fail(session, 408, new TransportError("data request timed out"));
}

function handleBody(
  session: Session,
  request: RequestLike,
  { form, stamp }: PollingAsk,
  contentType: string,
  body: Uint8Array,
): Promise<Reply> | Reply {
  const polling = session.polling!;
  session.owner.logs.polling?.("a POST brings %d bytes", body.length);
  if (isRepeated(polling.unansweredPost, stamp, body)) return ok();
  polling.unansweredPost = undefined;
  if (stamp !== undefined) request.onAbort(() => (polling.unansweredPost = { stamp, body }));
  const reader = form.read(body, contentType);
  return reader === undefined ? malformed(session) : handlePayload(session, reader, 0);
}

/** In slices, so that a body full of packets does not keep everybody else waiting. */
function handlePayload(session: Session, read: PayloadReader, from: number): Promise<Reply> | Reply {
  const { options, host } = session.owner;
  if (session.readyState !== "open") return ok();
  const slice = read(from, options.limits.maxPacketsPerTurn);
  for (const packet of slice.packets) session.handlePacket(packet);
  if (slice.malformed && session.readyState === "open") return malformed(session);
  if (slice.next === -1) return ok();
  return new Promise<void>((resolve) => host.defer(resolve)).then(() => handlePayload(session, read, slice.next));
}

function isOver(session: Session): boolean {
  return session.link.state === "closed";
}

function isRepeated(
  previous: { readonly stamp: string; readonly body: Uint8Array } | undefined,
  stamp: string | undefined,
  body: Uint8Array,
): boolean {
  if (previous === undefined || previous.stamp !== stamp || previous.body.length !== body.length) return false;
  return body.every((byte, index) => byte === previous.body[index]);
}

function tooLarge(session: Session): Reply {
  session.owner.limitHit("maxHttpBufferSize", session);
  return fail(session, 413, new TransportError("PAYLOAD_TOO_LARGE: see the option maxHttpBufferSize", "PAYLOAD_TOO_LARGE"));
}

function fail(session: Session, status: number, error: TransportError): Reply {
  session.end("transport error", error);
  return empty(status);
}

function malformed(session: Session): Reply {
  endMalformed(session);
  return empty(400);
}

function empty(status: number): Reply {
  return { status, headers: {} };
}

function ok(): Reply {
  return { status: 200, headers: { "content-type": "text/html", "cache-control": "no-store" }, body: "ok" };
}
