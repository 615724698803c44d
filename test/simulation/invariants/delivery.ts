import type { Fate } from "../observations.ts";
import type { Invariant, Watch } from "./invariant.ts";

interface Sent {
  readonly item: string;
  readonly socket: string;
  readonly fate: Fate;
  /** Before its socket came back. */
  readonly isMissed: boolean;
  arrived: boolean;
}

/** What a socket must have got over its whole life, where recovery keeps it. */
interface Life {
  readonly sent: { readonly item: string; arrived: boolean }[];
  /** Of what is not kept: the place of what was before it. */
  readonly places: Map<string, number>;
  /** Place of what arrived last: up to there its client says that it has everything. */
  last: number;
}

interface Stream {
  readonly sent: Sent[];
  /** Everything before has arrived, or will never. */
  next: number;
}

/**
 * I1, I3, I10, I15, I33: what a client receives is what the app sent to it, in that order, once, without a gap but for what is volatile,
 * whatever carries the connection. A socket that comes back gets what it has missed, first and once.
 */
export function delivery({ simulation, isGood, waits, fail }: Watch): Invariant {
  const streams = new Map<string, Stream>();
  const lives = new Map<string, Life>();
  /** Where each socket is, by the app's knowledge. */
  const homes = new Map<string, string>();
  /** Connections that the server ends in good order. */
  const leaving = new Set<string>();
  const lifeOf = (socket: string): Life => {
    let life = lives.get(socket);
    if (life === undefined) lives.set(socket, (life = { sent: [], places: new Map(), last: -1 }));
    return life;
  };
  /** Whether this is what the socket missed: a connection may end while its socket is coming back over it, and the app never hears of that. */
  const isMissed = (sid: string, socket: string, item: string): boolean =>
    homes.get(socket) !== sid && lives.get(socket)?.sent.find(({ arrived }) => !arrived)?.item === item;
  const arrivedAt = (socket: string, item: string, isPlaced: boolean): void => {
    const life = lives.get(socket);
    if (life === undefined) return;
    const at = life.sent.findIndex((it) => it.item === item && !it.arrived);
    if (at !== -1) life.sent[at]!.arrived = true;
    if (at !== -1) life.last = at;
    else if (isPlaced) life.last = life.places.get(item) ?? life.last;
  };
  /** It comes back: first comes what it has missed. */
  const recovered = (sid: string, socket: string): void => {
    const { sent, last } = lifeOf(socket);
    const gap = sent.slice(0, last + 1).find(({ arrived }) => !arrived);
    if (gap !== undefined && isGood(sid) && waits(sid)) fail("I15", `${socket} never got ${gap.item}, which came before what it got`);
    for (const missed of sent.slice(last + 1)) {
      // Where its client got it before something older, it does not know that any more.
      missed.arrived = false;
      streamOf(sid).sent.push({ item: missed.item, socket, fate: "sure", isMissed: true, arrived: false });
    }
  };
  const streamOf = (sid: string): Stream => {
    let stream = streams.get(sid);
    if (stream === undefined) streams.set(sid, (stream = { sent: [], next: 0 }));
    return stream;
  };
  const arrivedInOrder = (sid: string, socket: string, item: string): void => {
    const stream = streamOf(sid);
    // What it has missed is sent before the app hears that it is back: what other sockets of the connection get meanwhile comes after it.
    const missed = stream.sent.filter((it) => it.isMissed && it.socket === socket && !it.arrived);
    const place = missed.findIndex((it) => it.item === item);
    if (place > 0) return fail("I15", `${item} arrived at ${socket} where ${missed[0]!.item}, which it had missed, was due`);
    if (place === 0) return void (missed[0]!.arrived = true);
    for (; stream.next < stream.sent.length; stream.next++) {
      const sent = stream.sent[stream.next]!;
      if (sent.item === item) break;
      if (sent.arrived) continue;
      if (sent.fate === "sure") return fail("I1", `${item} arrived at ${sid} where ${sent.item} was due`);
    }
    const sent = stream.sent[stream.next];
    if (sent === undefined) return fail("I10", `${item} arrived at ${sid}, which it was not sent to, or arrived before`);
    if (sent.fate === "dropped") return fail("I10", `${item} was volatile and went to ${sid} all the same, which could not take it`);
    sent.arrived = true;
    stream.next += 1;
  };
  const arrivedOnce = (sid: string, item: string): void => {
    const sent = streamOf(sid).sent.find((it) => it.item === item && !it.arrived);
    if (sent === undefined) return fail("I10", `${item} arrived at ${sid}, which it was not sent to, or arrived twice`);
    sent.arrived = true;
  };
  return {
    on: {
      serverCloses: () => {
        if (simulation.isRestarting) for (const { sid, isOpen, isGood: good } of simulation.clients) if (good && isOpen) leaving.add(sid);
      },
      // Farewells of others may be more than may wait.
      limitHit: ({ sid }) => void leaving.delete(sid),
      emitted: ({ sid, socket, item, fate }) => {
        streamOf(sid).sent.push({ item, socket, fate, isMissed: false, arrived: false });
        const { sent, places } = lifeOf(socket);
        if (sent.at(-1)?.item !== item) places.set(item, sent.length - 1);
      },
      kept: ({ socket, item }) => void lifeOf(socket).sent.push({ item, arrived: false }),
      joined: ({ sid, socket, recovered: isBack }) => {
        // At the same place as before, it has only been asleep.
        if (isBack && homes.get(socket) !== sid) recovered(sid, socket);
        homes.set(socket, sid);
      },
      notEmitted: ({ sid, item }) => {
        for (const life of lives.values()) if (life.sent.at(-1)?.item === item) life.sent.pop();
        const { sent } = streamOf(sid);
        const at = sent.findLastIndex((it) => it.item === item);
        if (at !== -1 && !sent[at]!.arrived) sent.splice(at, 1);
      },
      arrived: ({ sid, socket: named, item, isPlaced }) => {
        // It may come before the CONNECT of its socket, and its client takes it for one of the socket before.
        const socket = streamOf(sid).sent.find((sent) => sent.item === item && !sent.arrived)?.socket ?? named;
        const missed = isMissed(sid, socket, item);
        // And what it shows when it comes back is not of this one, then.
        if (socket === named) arrivedAt(socket, item, isPlaced);
        if (missed) return;
        if (isGood(sid) && waits(sid)) arrivedInOrder(sid, socket, item);
        else arrivedOnce(sid, item);
      },
    },
    restarted() {
      for (const sid of leaving) {
        const missing = streamOf(sid).sent.find(({ fate, arrived }) => fate === "sure" && !arrived);
        if (missing !== undefined) fail("I30", `${missing.item} was sent to ${sid} before the server went, and never arrived`);
      }
    },
    settled() {
      for (const { sid, isOpen, isGood: good } of simulation.clients) {
        if (!good || !isOpen) continue;
        const missing = streamOf(sid).sent.find(({ fate, arrived }) => fate === "sure" && !arrived);
        if (missing !== undefined) fail("I33", `${missing.item} never arrived at ${sid}`);
      }
    },
  };
}
