import type { Socket } from "../../../src/index.ts";

/** An event on its way to one server's sockets. */
interface Due {
  readonly item: string;
  readonly targets: Set<Socket>;
  readonly isOwn: boolean;
}

/** What one client has been sent over one connection, in order. */
interface Stream {
  readonly sent: string[];
  arrived: number;
  /** By publisher, the number of its last event that arrived. */
  readonly last: Map<string, number>;
}

/** What holds across servers (I1, I8, I10, I11, I12). Items are named `<publisher>.<number>`. */
export class Promises {
  readonly #fail: (id: string, message: string) => void;
  /** By server: what its sockets must have been sent by the end of this turn. */
  readonly #due = new Map<number, Due[]>();
  readonly #streams = new Map<string, Stream>();
  /** Servers and the events that have reached them. */
  readonly #reached = new Set<string>();
  /** Live sockets and connections, by id: where each of them is. */
  readonly #live = new Map<string, number>();
  readonly #heard = new Map<string, number>();

  constructor(fail: (id: string, message: string) => void) {
    this.#fail = fail;
  }

  /** A socket or a connection begins. */
  begins(server: number, id: string): void {
    const other = this.#live.get(id);
    if (other !== undefined) this.#fail("I8", `${id} is live on server ${other}, and again on ${server}`);
    this.#live.set(id, server);
  }

  ends(id: string): void {
    this.#live.delete(id);
  }

  /** A server has died, with all that it had. */
  died(server: number): void {
    for (const [id, home] of this.#live) if (home === server) this.#live.delete(id);
    this.#due.delete(server);
  }

  /** `item` reaches a server, by its own app or from the broker: these of its sockets are to get it, now. */
  reaches(server: number, item: string, targets: readonly Socket[], isOwn: boolean): void {
    const due = this.#due.get(server) ?? [];
    due.push({ item, targets: new Set(targets), isOwn });
    this.#due.set(server, due);
    this.#reached.add(`${server} ${item}`);
  }

  hasReached(server: number, item: string): boolean {
    return this.#reached.has(`${server} ${item}`);
  }

  /** A socket is sent `item`. */
  sent(server: number, socket: Socket, item: string): void {
    const due = this.#due.get(server)?.find((it) => it.item === item && it.targets.has(socket));
    if (due === undefined) return this.#fail("I10", `${item} goes to ${socket.id}, which it is not for, or at a time when nobody sends it`);
    due.targets.delete(socket);
    this.#streamOf(socket.conn.id).sent.push(item);
  }

  turnEnded(server: number): void {
    for (const { item, targets, isOwn } of this.#due.get(server) ?? []) {
      for (const socket of targets) {
        if (!socket.connected) continue;
        if (isOwn) this.#fail("I12", `${item} has not been sent to ${socket.id} in the turn of its broadcast`);
        else this.#fail("I10", `${item} came from another server and was not sent to ${socket.id}`);
      }
    }
    this.#due.delete(server);
  }

  arrived(sid: string, item: string): void {
    const stream = this.#streamOf(sid);
    const expected = stream.sent[stream.arrived];
    if (expected !== item) return this.#fail("I1", `${item} arrived at ${sid} where ${String(expected)} was due`);
    stream.arrived += 1;
    this.#keepsOrder(stream.last, sid, item);
  }

  /** An event between servers arrives. */
  heard(server: number, item: string): void {
    this.#keepsOrder(this.#heard, `server ${server}`, item, `${server} `);
  }

  /** All is quiet: what was sent over `sid`, which is open, has arrived. */
  settled(sid: string): void {
    const { sent, arrived } = this.#streamOf(sid);
    if (arrived < sent.length) this.#fail("I33", `${sent[arrived]} never arrived at ${sid}`);
  }

  #keepsOrder(last: Map<string, number>, receiver: string, item: string, prefix = ""): void {
    const [publisher, number] = item.split(".") as [string, string];
    const before = last.get(prefix + publisher) ?? -1;
    if (Number(number) <= before) this.#fail("I11", `${item} arrived at ${receiver} after ${publisher}.${before}`);
    last.set(prefix + publisher, Number(number));
  }

  #streamOf(sid: string): Stream {
    let stream = this.#streams.get(sid);
    if (stream === undefined) this.#streams.set(sid, (stream = { sent: [], arrived: 0, last: new Map() }));
    return stream;
  }
}
