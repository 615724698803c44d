import type { Invariant, Watch } from "./invariant.ts";

const reasons: ReadonlySet<string> = new Set([
  "transport error",
  "transport close",
  "forced close",
  "ping timeout",
  "parse error",
  "server shutting down",
  "forced server close",
  "client namespace disconnect",
  "server namespace disconnect",
]);

/** I7, I8, I16, I22, I31: a socket's life has one beginning and one end, in order, and a connection has one socket in each namespace. */
export function lifecycle({ simulation, fail }: Watch): Invariant {
  const states = new Map<string, "joined" | "asleep" | "leaving" | "left">();
  const places = new Map<string, string>();
  const placeOf = new Map<string, string>();
  let justWoken = false;
  const step = (socket: string, from: string | undefined, to: "joined" | "leaving" | "left"): void => {
    const state = states.get(socket);
    if (state !== from) fail("I7", `${socket} goes to ${to} from ${state ?? "nowhere"}`);
    states.set(socket, to);
  };
  return {
    on: {
      joined: ({ socket, sid, nsp, recovered }) => {
        if (recovered && states.get(socket) === "joined") fail("I16", `${socket} has come back twice`);
        const isAwake = states.get(socket) === "asleep";
        // Ids of old clients are made of the connection's.
        const comesAgain = socket.endsWith(sid) && states.get(socket) === "left";
        step(socket, isAwake ? "asleep" : recovered || comesAgain ? "left" : undefined, "joined");
        const place = `${sid} ${nsp}`;
        if (places.has(place)) fail("I8", `${place} has two sockets: ${places.get(place)} and ${socket}`);
        places.set(place, socket);
        placeOf.set(socket, place);
      },
      handled: ({ socket, item }) => {
        if (states.get(socket) !== "joined") fail("I7", `${socket} handles ${item} while it is ${states.get(socket) ?? "not there"}`);
      },
      leaving: ({ socket, reason, rooms }) => {
        step(socket, "joined", "leaving");
        if (!reasons.has(reason)) fail("I7", `${socket} leaves for a reason that is none: ${reason}`);
        if (!rooms.includes(socket)) fail("I7", `${socket} has no rooms any more while it is leaving`);
      },
      left: ({ socket, rooms }) => {
        step(socket, "leaving", "left");
        if (rooms > 0) fail("I7", `${socket} has left and is still in ${rooms} rooms`);
        places.delete(placeOf.get(socket) ?? "");
      },
      serverDied: () => {
        states.clear();
        places.clear();
      },
      serverSlept: () => {
        for (const [socket, state] of states) if (state === "joined") states.set(socket, "asleep");
        places.clear();
        justWoken = true;
      },
    },
    turnEnded() {
      if (justWoken) for (const [socket, state] of states) if (state === "asleep") fail("I31", `${socket} did not survive the sleep`);
      justWoken = false;
      for (const { id, connected, nsp } of simulation.life.app.members.places.keys()) {
        if (connected && simulation.life.io._nsps.get(nsp.name) !== nsp) return fail("I8", `${id} is in a namespace ${nsp.name} that is not there any more`);
      }
      for (const { sockets } of simulation.life.io._nsps.values()) {
        for (const socket of sockets.values()) {
          if (socket.conn.readyState === "closed") return fail("I22", `${socket.id} is there though its connection is closed`);
          if (states.get(socket.id) === "left") return fail("I22", `${socket.id} is there though it has left`);
        }
      }
    },
  };
}
