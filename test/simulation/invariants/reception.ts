import type { Invariant, Watch } from "./invariant.ts";

interface Sent {
  readonly item: number;
  readonly socket: string;
  handled: boolean;
  /** Its POST failed. */
  uncertain: boolean;
}

/** I2, I3, I33: listeners get what the client sent, in that order, once, without a gap but for POSTs that failed. */
export function reception({ simulation, isGood, fail }: Watch): Invariant {
  const streams = new Map<string, { readonly sent: Sent[]; next: number }>();
  const live = new Set<string>();
  const streamOf = (sid: string) => {
    let stream = streams.get(sid);
    if (stream === undefined) streams.set(sid, (stream = { sent: [], next: 0 }));
    return stream;
  };
  const mayBeMissing = ({ socket, uncertain }: Sent): boolean => uncertain || !live.has(socket);
  const handledInOrder = (sid: string, item: number): void => {
    const stream = streamOf(sid);
    for (; stream.next < stream.sent.length; stream.next++) {
      const sent = stream.sent[stream.next]!;
      if (sent.item === item) break;
      if (!mayBeMissing(sent)) return fail("I2", `${item} was handled for ${sid} where ${sent.item} was due`);
    }
    const sent = stream.sent[stream.next];
    if (sent === undefined) return fail("I2", `${item} was handled for ${sid} twice, or was never sent`);
    sent.handled = true;
    stream.next += 1;
  };
  return {
    on: {
      joined: ({ socket }) => void live.add(socket),
      left: ({ socket }) => void live.delete(socket),
      serverDied: () => live.clear(),
      sendingTaken: ({ sid, items }) => {
        if (!isGood(sid) || simulation.life.io.engine.sessions.get(sid)?.readyState !== "open") return;
        const lost = streamOf(sid).sent.find((sent) => items.includes(sent.item) && !sent.handled && live.has(sent.socket));
        if (lost !== undefined) fail("I2", `the POST with ${lost.item} of ${sid} was answered, but nobody has handled it`);
      },
      sent: ({ sid, item, socket }) => void streamOf(sid).sent.push({ item, socket, handled: false, uncertain: false }),
      sendingFailed: ({ sid, items }) => {
        for (const sent of streamOf(sid).sent) if (items.includes(sent.item)) sent.uncertain = true;
      },
      handled: ({ sid, item }) => {
        if (isGood(sid)) handledInOrder(sid, item);
      },
    },
    settled() {
      for (const { sid, isOpen, isGood: good } of simulation.clients) {
        if (!good || !isOpen) continue;
        const missing = streamOf(sid).sent.find((sent) => !sent.handled && !mayBeMissing(sent));
        if (missing !== undefined) fail("I33", `${missing.item} of ${sid} was never handled`);
      }
    },
  };
}
