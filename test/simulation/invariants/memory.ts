import type { Invariant, Watch } from "./invariant.ts";

/** More than any one packet of a simulation takes: a lone packet always goes. */
const LONE_PACKET = 1200;

/** I18: what waits for clients stays within its limits, one by one and together; and the core counts it as we do. */
export function memory({ simulation, fail }: Watch): Invariant {
  /** Connections without a socket, which `metrics()` counts as it goes. */
  const countUnjoined = (): number => {
    const { engine, _nsps: namespaces } = simulation.life.io;
    const joined = new Set<object>();
    for (const { sockets } of namespaces.values()) for (const { conn } of sockets.values()) joined.add(conn);
    return [...engine.sessions.values()].filter((session) => !joined.has(session)).length;
  };
  return {
    settled() {
      const { unjoined } = simulation.life.io.metrics();
      if (unjoined !== countUnjoined()) fail("I18", `metrics() says that ${unjoined} connections have joined nothing, not ${countUnjoined()}`);
    },
    turnEnded() {
      const { sessions, opts } = simulation.life.io.engine;
      const { maxBufferedBytes, maxTotalBufferedBytes, maxReassemblyBytes } = opts.limits;
      let total = 0;
      for (const { id, bufferedBytes, polling, handler } of sessions.values()) {
        const held = handler?.pendingBytes ?? 0;
        if (held > maxReassemblyBytes) return fail("I18", `${held} bytes of attachments are held for ${id}`);
        total += bufferedBytes;
        if (bufferedBytes > maxBufferedBytes + LONE_PACKET) return fail("I18", `${bufferedBytes} bytes wait for ${id}`);
        const queued = polling?.queue.items.reduce((sum, { size }) => sum + size, 0) ?? 0;
        if (polling !== undefined && queued !== polling.queue.bytes) fail("I18", `${queued} bytes are queued for ${id}, not ${polling.queue.bytes}`);
      }
      if (total > maxTotalBufferedBytes + LONE_PACKET) fail("I18", `${total} bytes wait for all clients together`);
    },
  };
}
