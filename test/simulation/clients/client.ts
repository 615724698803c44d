import type { Limits } from "../../../src/index.ts";
import type { Act } from "../acts.ts";
import type { Line } from "../network/line.ts";

/** What a client says of itself when it connects; the app's middlewares and listeners do what it tells them. */
export interface Auth {
  readonly middleware: string;
  readonly farewell: string;
}

/** What an event tells the app to do, and how the client answers what comes back. */
export interface Message {
  readonly nsp: string;
  readonly act: Act;
  readonly pad: number;
  readonly blobs: number;
  readonly ack: boolean;
}

export const ordinary: Auth = { middleware: "pass", farewell: "none" };

/** What a client says as soon as it has joined a namespace. */
export const greeting = { act: { do: "emit", pad: 0, blobs: 0, volatile: false, ack: "none", ms: 0 }, pad: 0, blobs: 0 } as const;

/** A client of Socket.IO, whoever wrote it: it comes back until it is told to stay away. */
export interface Client {
  readonly number: number;
  readonly line: Line;
  /** Namespaces that it wants to be in. */
  readonly wants: Set<string>;
  auth: Auth;
  /** Messages that it sends as soon as it has joined a namespace. */
  greetings: number;
  /** When the app asks for an answer: at once, in a while, twice, or never. */
  answers: "now" | "later" | "twice" | "never";
  /** Whether it keeps to the protocol, so that all that is promised is promised to it. */
  readonly isGood: boolean;
  /** A client of before Socket.IO 3: it is in `/` without asking, and knows its ids by itself. */
  readonly isOld: boolean;
  /** Of its connection; `""` before there was one. */
  readonly sid: string;
  readonly isOpen: boolean;
  readonly isAway: boolean;
  /** Whether it is where it wants to be. */
  readonly isContent: boolean;
  /** Whether it hears nothing any more, by a fault of its own, until it finds that nobody pings. */
  readonly isStranded: boolean;
  /** How things stand, for people. */
  readonly status: string;
  connect(): void;
  /** Leaves, and stays away. */
  leave(): void;
  join(nsp: string): void;
  leaveNamespace(nsp: string): void;
  /** Joins again where it was refused or sent away. */
  insist(): void;
  emit(message: Message): void;
}

/** Makes it want something, and no more than the server's limits let it have. */
export function moderate(client: Client, { maxNamespacesPerConnection = Infinity, maxDynamicNamespaces = Infinity }: Partial<Limits>): void {
  const wanted = [...client.wants].map((nsp) => (nsp === "/d2" && maxDynamicNamespaces < 2 ? "/d1" : nsp));
  const kept = new Set(wanted.length === 0 ? ["/"] : wanted.slice(0, maxNamespacesPerConnection));
  for (const nsp of [...client.wants]) if (!kept.has(nsp)) client.leaveNamespace(nsp);
  for (const nsp of kept) client.wants.add(nsp);
}

export function blobsOf(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, at) => Uint8Array.from([at, 1, 2]));
}
