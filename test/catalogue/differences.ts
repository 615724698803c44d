/** What a row gets on a runtime whose platform decides it: the only differences there are. */
import type { Runtime } from "./elsewhere.ts";
import type { boundRows, inputRows } from "./ids.ts";

export interface Difference {
  /** What it gets there. */
  readonly outcome: string;
  readonly because: string;
  /** How the row, as it is for Node, fails there. */
  readonly seen: RegExp;
}

type Id = keyof typeof inputRows | keyof typeof boundRows;
type Differences = Readonly<Partial<Record<Id, Difference>>>;

const bunReason = {
  outcome: "the same code, with a reason in words",
  because: "Bun 1.4 writes a reason into the close frames of its own.",
  seen: /Received too big/,
};
const bunHead = { outcome: "431 from 16 KiB on", because: "Bun 1.4 limits a request's head to 16 KiB.", seen: /431 !== (?:200|414)/ };
const bunClose = {
  outcome: "a close frame with the code 1000",
  because: "Bun 1.4 has no close frame without a code.",
  seen: /1000/,
};
const wholeUrl = {
  outcome: "an absolute target is ours",
  because: "The platform hands over whole URLs: an absolute target looks like any other.",
  seen: /"sid"/,
};
const parsedUrl = {
  outcome: "400 code 0",
  because: "The platform hands over whole URLs: a target that is none has become one.",
  seen: /code: 0/,
};
const uncounted = {
  outcome: "accepted",
  because: "The platform counts the bytes of a message, not its fragments.",
  seen: /no close/,
};
const pongs = { outcome: "accepted", because: "Pongs are the platform's, and wait in its own buffer.", seen: /no close/ };
const handshakes = { outcome: "4xx without a body", because: "The handshake is the platform's.", seen: /\/\^text/ };
const elsewhere = {
  outcome: "what the app answers",
  because: "A handshake for another path is a request like any other.",
  seen: /keeps the connection open/,
};

const denoDropped = {
  outcome: "the connection ends without a close frame, TE",
  because: "Deno 2.9 ends the connection at a fault of the protocol.",
  seen: /dropped/,
};
const denoPlain = {
  outcome: "no compression is agreed upon",
  because: "Deno 2.9 does not compress WebSockets.",
  seen: /no event/,
};

const workerClose = { ...bunClose, because: "A Worker closes a WebSocket with a code, always." };
const workerHeaders = {
  outcome: "the same status and text, without `connection: close`",
  because: "Headers about the connection are the platform's.",
  seen: /'Bad request'|'Transport unknown'|'Unsupported protocol version'|'not today'/,
};
const workerAlone = {
  outcome: "ended, in workerd's own way",
  because: "Frames are the platform's on Workers.",
  seen: /no close|transport close|Message is too large/,
};
const signalless = {
  outcome: "the object does not hear that a client has left",
  because: "workerd (1.2026) does not tell an object that the client of a request is gone.",
};

export const differences: Readonly<Record<Runtime, Differences>> = {
  bun: {
    maxHttpBufferSize: bunReason,
    closeReason: bunReason,
    compression: bunReason,
    W06: bunReason,
    maxUrlLength: bunHead,
    H14: bunHead,
    maxFragments: uncounted,
    W09: uncounted,
    maxPendingPongs: pongs,
    maxInflateRatio: { ...pongs, because: "Bun 1.4 inflates, up to `maxHttpBufferSize`, whatever the ratio." },
    H19: {
      outcome: "the connection ends",
      because: "Bun 1.4 takes no request while it answers another on the same connection.",
      seen: /the server ended the connection/,
    },
    H32: wholeUrl,
    H33: parsedUrl,
    U02: bunClose,
    U03: bunClose,
    U04: bunClose,
    U05: bunClose,
    W15: bunClose,
    W33: bunClose,
    W01: { ...bunReason, outcome: "TE, with Bun's own words", seen: /incorrectly masked/ },
    W23: handshakes,
    W30: elsewhere,
  },
  deno: {
    maxFragments: uncounted,
    W09: uncounted,
    maxPendingPongs: pongs,
    closeReason: { outcome: "accepted, TC", because: "Deno 2.9 does not look at the length.", seen: /transport close/ },
    compression: denoPlain,
    maxInflateRatio: denoPlain,
    H19: {
      outcome: "the second waits until the first is answered",
      because: "Deno 2.9 reads one request of a connection at a time.",
      seen: /no HTTP reply came/,
    },
    H32: wholeUrl,
    H33: parsedUrl,
    H35: { outcome: "400 also for a huge header", because: "HTTP syntax is the platform's.", seen: /400 !== 431/ },
    U02: denoDropped,
    P14: {
      outcome: "processed twice, when the client is in the same program",
      because: "Deno 2.9 carries out a reset only after the turns that the first POST takes. A client elsewhere is noticed in time.",
      seen: /["']first["']/,
    },
    W01: { outcome: "accepted", because: "Deno 2.9 takes frames without a mask.", seen: /no close/ },
    W02: denoDropped,
    W03: denoDropped,
    W04: denoDropped,
    W05: denoDropped,
    W06: { ...denoDropped, seen: /Frame too large/ },
    W07: denoDropped,
    W08: denoDropped,
    W10: denoDropped,
    W23: handshakes,
    W30: elsewhere,
  },
  cloudflare: {
    maxTotalBufferedBytes: {
      outcome: "closed earlier",
      because: "There is no `bufferedAmount`: what was sent on a WebSocket since its last pong counts as unsent.",
      seen: /SLOW_CONSUMER/,
    },
    maxFragments: uncounted,
    // workerd reads what the connection brings piece by piece, and may miss the empty beginning of a message.
    W09: { ...uncounted, outcome: "accepted, or 1002", seen: /no close|Missing continuation/ },
    maxPendingPongs: pongs,
    closeReason: { ...workerAlone, outcome: "accepted, TC" },
    compression: { outcome: "agreed upon with the platform", because: "workerd compresses by itself.", seen: /off on WebSocket/ },
    maxInflateRatio: { ...pongs, because: "workerd inflates, whatever the ratio." },
    timers: { outcome: "not counted", because: "workerd does not tell how many timers there are.", seen: /not implemented/ },
    H19: {
      outcome: "the second waits until the first is answered",
      because: "workerd reads one request of a connection at a time.",
      seen: /no HTTP reply came/,
    },
    H20: { ...signalless, seen: /no close/ },
    P14: { ...signalless, outcome: "processed twice", seen: /["']first["']/ },
    H32: wholeUrl,
    H33: parsedUrl,
    H35: { outcome: "4xx of the platform's choice", because: "HTTP syntax is the platform's.", seen: /X-Long|Content-Length|!==|no HTTP reply/ },
    H36: { outcome: "400", because: "workerd wants HTTP/1.1.", seen: /400/ },
    U02: { ...workerClose, seen: /AssertionError/ },
    U03: workerClose,
    U04: workerClose,
    U05: workerClose,
    W15: { ...workerClose, seen: /AssertionError/ },
    W33: workerClose,
    W01: { ...workerAlone, outcome: "accepted" },
    W04: workerAlone,
    W05: { ...workerAlone, outcome: "accepted, with the replacement character" },
    W06: { ...workerAlone, outcome: "1009 for a declared length over 32 MiB, TE in the platform's words" },
    W10: { ...workerAlone, outcome: "closed, TC" },
    W23: { outcome: "4xx, or accepted with a short key", because: "The handshake is the platform's.", seen: /sec-websocket|\/\^text/ },
    W24: { outcome: "400 in the platform's words", because: "The handshake is the platform's.", seen: /initiated with a GET/ },
    W25: workerHeaders,
    W26: workerHeaders,
    W27: workerHeaders,
    W28: workerHeaders,
    W29: workerHeaders,
    W30: elsewhere,
    W34: {
      outcome: "as on Node, but not measured",
      because: "workerd's clock stands still between two events of the network.",
      seen: /another pingTimeout/,
    },
  },
};
