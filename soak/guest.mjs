/** Released clients of a server that loses its memory, and what each of their sockets must find afterwards. */
import { Fetch, Manager, NodeWebSocket } from "socket.io-client";

/** Milliseconds for every answer. */
const PATIENCE = 30_000;

/** Holds back the polls of clients that poll, so that no request keeps the object in memory. */
class Gate {
  #isOpen = Promise.resolve();
  #polls = 0;
  #open = () => {};
  #emptied = () => {};

  /** Resolves when no poll is open any more. */
  close() {
    this.#isOpen = new Promise((resolve) => (this.#open = resolve));
    return new Promise((resolve) => {
      this.#emptied = resolve;
      if (this.#polls === 0) resolve();
    });
  }

  open() {
    this.#open();
  }

  async pass(fetch) {
    await this.#isOpen;
    this.#polls += 1;
    try {
      return await fetch();
    } finally {
      this.#polls -= 1;
      if (this.#polls === 0) this.#emptied();
    }
  }
}

export const gate = new Gate();

const { fetch } = globalThis;
globalThis.fetch = (url, init) => {
  const isPoll = init?.method === "GET" && url.includes("gated=1");
  return isPoll ? gate.pass(() => fetch(url, init)) : fetch(url, init);
};

/** By kind, the options of a client. */
const kinds = {
  websocket: { transports: [NodeWebSocket] },
  upgraded: { transports: [Fetch, NodeWebSocket] },
  polling: { transports: [Fetch], query: { gated: 1 } },
};

export const KINDS = Object.keys(kinds);

/** One client program, with a seat in each namespace that it has joined. */
export class Guest {
  seats = [];
  kind;
  #manager;

  /** A guest who is in `/`. */
  static async arrive(port, kind) {
    const guest = new Guest(port, kind);
    await guest.sitDown("/");
    return guest;
  }

  constructor(port, kind) {
    this.kind = kind;
    this.#manager = new Manager(`http://127.0.0.1:${port}`, { ...kinds[kind], reconnection: false });
  }

  async sitDown(namespace) {
    const seat = new Seat(this.#manager.socket(namespace), namespace);
    await seat.isThere();
    this.seats.push(seat);
    // The upgrade is over before long, or is over already.
    const { engine } = this.#manager;
    if (this.kind === "upgraded" && engine.transport.name === "polling") await new Promise((resolve) => engine.once("upgrade", resolve));
  }

  /** The connection ends, and nobody has decided that it should. */
  breakOff() {
    for (const seat of this.seats) seat.mayEnd = true;
    this.#manager.engine.close();
  }

  async comeBack() {
    await Promise.all(this.seats.map((seat) => seat.comesBack()));
  }

  leave() {
    for (const seat of this.seats) {
      seat.mayEnd = true;
      seat.socket.disconnect();
    }
  }
}

/** A socket, and what the server must know of it. */
class Seat {
  socket;
  namespace;
  rooms = new Set();
  value;
  numbers = 0;
  begun = 0;
  asked = 0;
  /** Messages it must have heard, and has, since the last look. */
  expected = [];
  heard = [];
  faults = [];
  /** Whether the end of the connection would be its own doing. */
  mayEnd = false;

  constructor(socket, namespace) {
    this.socket = socket;
    this.namespace = namespace;
    socket.on("said", (message) => this.heard.push(message));
    socket.on("question", (answer) => answer());
    socket.on("disconnect", (reason) => this.mayEnd || this.faults.push(`ended by ${reason}`));
  }

  async isThere() {
    await happens(this.socket, "connect");
    this.id = this.socket.id;
  }

  async comesBack() {
    const connected = happens(this.socket, "connect");
    this.socket.connect();
    await connected;
    this.mayEnd = false;
    if (!this.socket.recovered) this.faults.push("was not recovered");
  }

  /** Resolves to the answer; one that does not come is a fault. */
  async call(...args) {
    try {
      return await this.socket.timeout(PATIENCE).emitWithAck(...args);
    } catch (error) {
      this.faults.push(`${args[0]} over ${this.socket.io.engine.transport.name}: ${error.message}`);
      return undefined;
    }
  }

  /** Resolves to the number of the message once it is acknowledged. */
  async number() {
    const number = this.numbers++;
    const answer = await this.call("number", number);
    if (answer !== number) this.faults.push(`the answer to ${number} is ${answer}`);
  }

  /** What is not as it must be, now that everything has been said and done. */
  async look() {
    const { id, rooms = [], data = {}, recovered } = (await this.call("who")) ?? {};
    const faults = this.faults.splice(0);
    const compare = (name, actual, expected) => {
      if (JSON.stringify(actual) !== JSON.stringify(expected)) faults.push(`${name}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
    };
    compare("id", id, this.id);
    compare("id at the client", this.socket.id, this.id);
    compare("rooms", rooms.toSorted(alphabetically), [this.id, ...this.rooms].toSorted(alphabetically));
    compare("value", data.value, this.value);
    compare("number", data.next, this.numbers);
    compare("numbers", data.faults, []);
    compare("begun", data.begun, this.begun);
    compare("answers", data.answers, this.asked);
    compare("heard", bySender(this.heard.splice(0)), bySender(this.expected.splice(0)));
    return { recovered, faults: faults.map((fault) => `${this.namespace} ${this.id}: ${fault}`) };
  }
}

/** What several say may come in any order; what one says may not. */
function bySender(messages) {
  return messages.toSorted((left, right) => alphabetically(left.from, right.from));
}

function alphabetically(left, right) {
  return left < right ? -1 : Number(left > right);
}

function happens(socket, event) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`No ${event} of a socket in ${socket.nsp} after ${PATIENCE} ms`)), PATIENCE);
    socket.once(event, () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
