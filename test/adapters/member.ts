/** A client of one server of a cluster, which has the server do things and remembers what it hears. */
import assert from "node:assert/strict";
import { type ManagerOptions, type Socket, type SocketOptions, io as connect } from "socket.io-client";
import { onTestFinished } from "vitest";
import { Queue } from "../interop/queue.ts";
import type { Reply, Step } from "./app.ts";

/** Milliseconds in which whatever is awaited of a server happens, however busy the machine is. A test that hangs does not say where. */
const PATIENCE = 15_000;

export class Member {
  readonly socket: Socket;
  /** Events as they come in, each as `[event, ...args]`. */
  readonly heard = new Queue<unknown[]>();
  /** Names of the probes that came in. */
  readonly probes = new Set<string>();
  /** Whether the client could switch to a WebSocket. Settles only where it tries to. */
  readonly upgraded: Promise<boolean>;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.onAny((event: string, ...args: unknown[]) => {
      if (event.startsWith("probe")) this.probes.add(event);
      else if (typeof args.at(-1) !== "function") this.heard.push([event, ...args]);
    });
    const { engine } = socket.io;
    this.upgraded = new Promise((resolve) => {
      engine.once("upgrade", () => resolve(true));
      engine.once("upgradeError", () => resolve(false)).once("close", () => resolve(false));
    });
  }

  /** Connects; the client ends with the test. */
  static async join(url: string, options?: Partial<ManagerOptions & SocketOptions>): Promise<Member> {
    const member = await Member.open(url, options);
    onTestFinished(() => void member.socket.disconnect());
    return member;
  }

  /** Connects; whoever calls this ends the client. */
  static async open(url: string, options: Partial<ManagerOptions & SocketOptions> = {}): Promise<Member> {
    const socket = connect(url, { transports: ["websocket"], forceNew: true, reconnection: false, ...options });
    const member = new Member(socket);
    const connected = new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", reject);
    });
    await soon(connected, () => `A client of ${url} did not come into the namespace; its connection is ${socket.io.engine.readyState}`);
    return member;
  }

  get id(): string {
    assert.ok(this.socket.id);
    return this.socket.id;
  }

  /** Has the server call `io.a(…).b(…)`; gives what that comes to, or throws. */
  async io(...steps: Step[]): Promise<unknown> {
    const { value, error } = await this.attempt(...steps);
    assert.equal(error, undefined);
    return value;
  }

  /** Has the server call `io.a(…).b(…)`, which may fail. */
  attempt(...steps: Step[]): Promise<Reply> {
    return soon(this.socket.emitWithAck("io", steps) as Promise<Reply>, () => `The server did not answer ${JSON.stringify(steps)}`);
  }

  /** Has the server call `socket.a(…).b(…)` on this client's socket. */
  async own(...steps: Step[]): Promise<unknown> {
    const answer = this.socket.emitWithAck("socket", steps) as Promise<Reply>;
    const { value, error } = await soon(answer, () => `The server did not answer ${JSON.stringify(steps)}`);
    assert.equal(error, undefined);
    return value;
  }

  /** The next `count` events. */
  async take(count: number): Promise<unknown[][]> {
    const taken: unknown[][] = [];
    while (taken.length < count) taken.push(await soon(this.heard.next(), () => `${this.id} heard ${JSON.stringify(taken)}, not ${count} events`));
    return taken;
  }

  /** Everything heard until each of `last` was, without those. */
  async until(...last: string[]): Promise<unknown[][]> {
    const awaited = new Set<unknown>(last);
    const before: unknown[][] = [];
    while (awaited.size > 0) {
      const event = await this.heard.next();
      if (!awaited.delete(event[0])) before.push(event);
    }
    return before;
  }
}

/** What `promise` comes to, if that is soon; otherwise an error that says what did not happen. */
async function soon<T>(promise: Promise<T>, missing: () => string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(missing())), PATIENCE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
