/** The least that a connection of a third-party engine must have, printing what is written to it. */
import { EventEmitter } from "node:events";
import type { Print } from "./stage.ts";

export interface FakeConnection extends EventEmitter {
  readonly id: string;
}

export function fakeConnection(name: string, print: Print): FakeConnection {
  return Object.assign(new EventEmitter(), {
    id: `${name}-engine-id`,
    protocol: 4,
    readyState: "open",
    remoteAddress: "192.0.2.1",
    request: { headers: { host: "example.org" }, url: "/socket.io/?a=1", _query: { a: "1" }, connection: { encrypted: false } },
    transport: { name: "websocket", writable: true },
    write: (data: unknown) => print(`${name}.write`, data),
    close: () => print(`${name}.close`),
  });
}
