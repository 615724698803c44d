import { CONNECT_ERROR } from "../clients/packets.ts";
import type { Invariant, Watch } from "./invariant.ts";

const SLACK = 2000;

/** I23: a connection that has joined nothing for `connectTimeout` is closed; the time that its CONNECTs wait for the app does not count. */
export function unjoined({ simulation, isGood, fail }: Watch): Invariant {
  const sessions = new Map<string, { since: number; sockets: number; readonly admitting: Set<string>; paused: number }>();
  const restart = (sid: string): void => {
    const session = sessions.get(sid);
    if (session === undefined) return;
    session.since = simulation.now;
    session.paused = simulation.life.process.pausedFor;
  };
  const sidOf = new Map<string, string>();
  return {
    on: {
      sessionOpened: ({ sid }) => void sessions.set(sid, { since: simulation.now, sockets: 0, admitting: new Set(), paused: simulation.life.process.pausedFor }),
      sessionClosed: ({ sid }) => void sessions.delete(sid),
      admitting: ({ sid, socket }) => {
        sidOf.set(socket, sid);
        sessions.get(sid)?.admitting.add(socket);
      },
      admitted: ({ socket }) => {
        const sid = sidOf.get(socket)!;
        sessions.get(sid)?.admitting.delete(socket);
        restart(sid);
      },
      joined: ({ sid }) => {
        const session = sessions.get(sid);
        if (session !== undefined) session.sockets += 1;
      },
      left: ({ sid }) => {
        const session = sessions.get(sid);
        if (session !== undefined) session.sockets -= 1;
        restart(sid);
      },
      packetArrived: ({ sid, packet }) => {
        if (packet.type !== CONNECT_ERROR) return;
        // A timed-out middleware never made up its mind.
        sessions.get(sid)?.admitting.clear();
        restart(sid);
      },
      serverDied: () => sessions.clear(),
    },
    turnEnded() {
      const { connectTimeout } = { connectTimeout: simulation.life.io.connectTimeout() };
      const { process, io } = simulation.life;
      for (const [sid, { since, sockets, admitting, paused }] of sessions) {
        if (sockets > 0 || admitting.size > 0 || process.isPaused || !isGood(sid)) continue;
        const waited = simulation.now - since - (process.pausedFor - paused);
        if (waited > connectTimeout + SLACK && io.engine.sessions.get(sid)?.readyState === "open") fail("I23", `${sid} has joined nothing for ${waited} ms`);
      }
    },
  };
}
