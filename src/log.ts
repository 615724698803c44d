import type { Host, LogWriter } from "./platform.ts";

/** The debug scopes of the core; one that is switched off is `undefined`, so a silent line costs a comparison. */
export interface Logs {
  readonly engine: LogWriter | undefined;
  readonly session: LogWriter | undefined;
  readonly polling: LogWriter | undefined;
  readonly websocket: LogWriter | undefined;
  readonly server: LogWriter | undefined;
  readonly peer: LogWriter | undefined;
  readonly namespace: LogWriter | undefined;
  readonly socket: LogWriter | undefined;
}

/** Scopes carry the names that users of `DEBUG=socket.io*` and `DEBUG=engine*` know. */
export function createLogs(host: Host): Logs {
  return {
    engine: host.log("engine"),
    session: host.log("engine:socket"),
    polling: host.log("engine:polling"),
    websocket: host.log("engine:ws"),
    server: host.log("socket.io:server"),
    peer: host.log("socket.io:client"),
    namespace: host.log("socket.io:namespace"),
    socket: host.log("socket.io:socket"),
  };
}
