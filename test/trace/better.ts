/** Where this server answers differently on purpose: what released `socket.io` prints, and what we print instead. */

export interface Better {
  /** Title of the section, which starts with the id of its row. */
  readonly section: string;
  readonly reason: string;
  /** Consecutive lines of the upstream trace. */
  readonly upstream: readonly string[];
  readonly ours: readonly string[];
}

export const better: readonly Better[] = [
  {
    section: "SRV-9: of() with a name that a dynamic namespace matches",
    reason: "The listener that the app gives to of() is kept; it hears `connect`, which comes before `connection`.",
    upstream: ["listener of the parent"],
    ours: ["listener given to of()", "listener of the parent"],
  },
  {
    section: "SRV-17/18: emitWithAck()",
    reason: "The method is documented, so the server has it.",
    upstream: ['io.emitWithAck: "undefined"'],
    ours: ['io.emitWithAck: "function"'],
  },
  {
    section: "SRV-19: close() with nothing attached",
    reason: "There is nothing to close, which is no error.",
    upstream: ["rejected"],
    ours: ["resolved"],
  },
  {
    section: "SRV-23: emitter surface",
    reason: "A chained call goes on with the server, as its type says.",
    upstream: ["on", "prependListener", "once", "prependOnceListener", "addListener"].map((name) => `${name}: io.of(/)`),
    ours: ["on", "prependListener", "once", "prependOnceListener", "addListener"].map((name) => `${name}: io`),
  },
  {
    section: "SRV-23: emitter surface",
    reason: "A chained call goes on with the server, as its type says.",
    upstream: ["off: io.of(/)", "removeListener: io.of(/)"],
    ours: ["off: io", "removeListener: io"],
  },
  {
    section: "SRV-23: emitter surface",
    reason: "A chained call goes on with the server, as its type says.",
    upstream: ["removeAllListeners: io.of(/), 0"],
    ours: ["removeAllListeners: io, 0"],
  },
  {
    section: "NSP-2: a second CONNECT while the first is pending",
    reason: "One client has at most one socket in a namespace.",
    upstream: ["middleware", "middleware"],
    ours: ["middleware"],
  },
  {
    section: "NSP-2: a second CONNECT while the first is pending",
    reason: "One client has at most one socket in a namespace.",
    upstream: ["sockets: 2"],
    ours: ["sockets: 1"],
  },
  {
    section: "SOK-7/8: emitWithAck() to a client that leaves",
    reason: "The promise settles instead of hanging for ever.",
    upstream: ['state: "pending"'],
    ours: ['state: "rejected"'],
  },
  {
    section: "SOK-10..12: a modifier that is not used",
    reason: "A modifier never leaks into a later emit.",
    upstream: ['answered: null, "yes"'],
    ours: ['answered: "yes"'],
  },
  {
    section: "SOK-19: emitting after a disconnect",
    reason: "Nothing follows the DISCONNECT: the client has no such socket any more.",
    upstream: ['alice < 42["in disconnect"]', 'alice < 42["afterwards"]'],
    ours: [],
  },
  {
    section: "BCO-3: without timeout()",
    reason: "Without a timeout the answers are waited for; upstream gives up after a millisecond.",
    upstream: [
      'acknowledged: Error("operation has timed out"), []',
      'alice < 420["question"]',
      'alice > 430["yes"]',
      'bob < 420["question"]',
      'bob > 430["yes"]',
    ],
    ours: [
      'alice < 420["question"]',
      'alice > 430["yes"]',
      'bob < 420["question"]',
      'bob > 430["yes"]',
      'acknowledged: null, ["yes", "yes"]',
    ],
  },
  {
    section: "ENG-1: connection_error",
    reason: "The context shows what was received (H05).",
    upstream: ['connection_error: "IncomingMessage", 5, "Unsupported protocol version", {protocol: 3}'],
    ours: ['connection_error: "IncomingMessage", 5, "Unsupported protocol version", {protocol: 3, received: "3"}'],
  },
  {
    section: "ENG-1: connection_error",
    reason: "The context shows what was received (H05).",
    upstream: ['connection_error: "IncomingMessage", 5, "Unsupported protocol version", {protocol: 3}'],
    ours: ['connection_error: "IncomingMessage", 5, "Unsupported protocol version", {protocol: 3, received: undefined}'],
  },
  {
    section: "W-25: a bad payload",
    reason: "Packets before the bad one are delivered; upstream has closed the session before it gets to them.",
    upstream: ['disconnect: "parse error"'],
    ours: ["before", 'disconnect: "parse error"'],
  },
  {
    section: "W-40: an Origin that CORS does not allow",
    reason: "Another origin gets no session at all (G28).",
    upstream: ["GET: 200"],
    ours: ["GET: 403"],
  },
  {
    section: "W-50: an old client that is refused",
    reason: "Old clients get the bare reason, whatever it is.",
    upstream: ['alice < 44/nowhere,{"message":"Invalid namespace"}'],
    ours: ['alice < 44/nowhere,"Invalid namespace"'],
  },
];

/** The trace that we must give: `upstream` with every entry applied. Throws for an entry that fits nowhere. */
export function improved(upstream: readonly string[], entries: readonly Better[] = better): string[] {
  const lines = [...upstream];
  for (const entry of entries) {
    const at = findRun(lines, entry);
    if (at < 0) throw new Error(`No such lines in "${entry.section}": ${entry.upstream.join(" | ")}`);
    lines.splice(at, entry.upstream.length, ...entry.ours);
  }
  return lines;
}

/** Where the entry's upstream lines stand inside its section, or -1. */
function findRun(lines: readonly string[], { section, upstream }: Better): number {
  const start = lines.indexOf(`== ${section}`);
  if (start < 0) return -1;
  for (let at = start + 1; at < lines.length && !lines[at]!.startsWith("== "); at++) {
    if (upstream.every((line, offset) => lines[at + offset] === line)) return at;
  }
  return -1;
}
