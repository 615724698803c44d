import { CONNECT_ERROR } from "../clients/packets.ts";
import type { Invariant, Watch } from "./invariant.ts";

/** Milliseconds that alarms may be late. */
const SLACK = 2000;

interface Waiting {
  /** In running time. */
  since: number;
  sockets: number;
  /** Sockets in their middlewares: which namespace, and since when. */
  readonly admitting: Map<string, { readonly nsp: string; readonly since: number }>;
}

/** I23: a connection that has joined nothing for `connectTimeout` is closed; the time that its CONNECTs wait for the app does not count. */
export function unjoined({ simulation, isGood, fail }: Watch): Invariant {
  const sessions = new Map<string, Waiting>();
  /** What was posted may be a CONNECT that is refused, whether or not its client is there to hear of it. */
  const posts = new Map<number, string>();
  const running = (): number => simulation.now - simulation.life.process.pausedFor;
  const restart = (sid: string): void => {
    const session = sessions.get(sid);
    if (session !== undefined) session.since = running();
  };
  /** The middlewares of those that wait longer have been given up, whatever they say. */
  const giveUp = (session: Waiting): void => {
    const { middlewareTimeout } = simulation.life.io.engine.opts.limits;
    for (const [socket, { since }] of session.admitting) {
      if (running() - since <= middlewareTimeout + SLACK) continue;
      session.admitting.delete(socket);
      session.since = running();
    }
  };
  return {
    on: {
      sessionOpened: ({ sid }) => void sessions.set(sid, { since: running(), sockets: 0, admitting: new Map() }),
      sessionClosed: ({ sid }) => void sessions.delete(sid),
      admitting: ({ sid, socket, nsp }) => {
        sessions.get(sid)?.admitting.set(socket, { nsp, since: running() });
      },
      admitted: ({ socket, sid }) => {
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
        const { admitting } = sessions.get(sid) ?? {};
        // A middleware that took too long never made up its mind.
        for (const [socket, { nsp }] of admitting ?? []) if (nsp === packet.nsp) admitting!.delete(socket);
        restart(sid);
      },
      exchangeOpened: ({ exchange, sid, method }) => void (method === "POST" && sid !== undefined && posts.set(exchange, sid)),
      exchangeAnswered: ({ exchange }) => {
        const sid = posts.get(exchange);
        if (sid !== undefined) restart(sid);
        posts.delete(exchange);
      },
      serverDied: () => sessions.clear(),
    },
    turnEnded() {
      const { process, io } = simulation.life;
      const connectTimeout = io.connectTimeout();
      for (const [sid, session] of sessions) {
        giveUp(session);
        if (session.sockets > 0 || session.admitting.size > 0 || process.isPaused || !isGood(sid)) continue;
        const waited = running() - session.since;
        if (waited > connectTimeout + SLACK && io.engine.sessions.get(sid)?.readyState === "open") fail("I23", `${sid} has joined nothing for ${waited} ms`);
      }
    },
  };
}
