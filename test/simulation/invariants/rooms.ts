import type { Namespace, Socket } from "../../../src/index.ts";
import type { Invariant, Watch } from "./invariant.ts";

/** I9: rooms and members are each other's inverse, nobody is there who is not connected, and no room is empty. */
export function rooms({ simulation, fail }: Watch): Invariant {
  /** In their middlewares, and over which connection; whether they are let in is not decided yet. */
  const admitting = new Map<string, string>();
  const check = (nsp: Namespace): void => {
    const { sids, rooms: members } = nsp.adapter;
    if (sids.size === 0 && members.size === 0) return;
    for (const [id, joined] of sids) {
      if (!nsp.sockets.has(id) && !admitting.has(id)) fail("I9", `${id} is in rooms of ${nsp.name} and not connected`);
      for (const room of joined) if (members.get(room)?.has(id) !== true) fail("I9", `${id} is in ${room}, which does not know it`);
    }
    for (const [room, ids] of members) {
      if (ids.size === 0) fail("I9", `${room} of ${nsp.name} is empty`);
      for (const id of ids) if (sids.get(id)?.has(room) !== true) fail("I9", `${room} has ${id}, which does not know it`);
    }
  };
  const compare = (): void => {
    const { members } = simulation.life.app;
    for (const [socket, expected] of members.places) {
      if (!socket.connected || isIn(socket, expected)) continue;
      fail("I9", `${socket.id} is in ${[...socket.rooms].join()}, and should be in its own room and ${[...expected].join()}`);
    }
  };
  let decided: { readonly socket: string; readonly sid: string }[] = [];
  return {
    on: {
      admitting: ({ socket, sid }) => void admitting.set(socket, sid),
      admitted: (attempt) => void decided.push(attempt),
      serverDied: () => admitting.clear(),
      serverSlept: () => admitting.clear(),
    },
    turnEnded() {
      for (const nsp of simulation.life.io._nsps.values()) check(nsp);
      compare();
      if (decided.length === 0) return;
      for (const { socket, sid } of decided) if (admitting.get(socket) === sid) admitting.delete(socket);
      decided = [];
    },
    emptied() {
      admitting.clear();
      for (const nsp of simulation.life.io._nsps.values()) check(nsp);
    },
  };
}

/** Whether a socket is in these rooms, in its own, and in no other. */
function isIn({ id, rooms: joined }: Socket, expected: ReadonlySet<string>): boolean {
  if (joined.size !== expected.size + 1 || !joined.has(id)) return false;
  for (const room of expected) if (!joined.has(room)) return false;
  return true;
}
