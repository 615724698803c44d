import { type CloseReason, TransportError } from "../engine/close-reason.ts";
import { goAway } from "../engine/endings.ts";
import type { Session } from "../engine/session.ts";
import type { SessionHandler } from "../engine/session-contract.ts";
import { Deadline } from "../schedule.ts";
import type { Batch } from "../wire/batch.ts";
import type { Message } from "../wire/codec.ts";
import { type Packet, PacketError, PacketType } from "../wire/packet.ts";
import type { RequestLike } from "../platform.ts";
import { Assembly } from "./assembly.ts";
import type { Carrier } from "./carrier.ts";
import { type NamespaceRefusal, encodeRefusal } from "./connect-error.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
import { Glance } from "./glance.ts";
import { InboundGate } from "./inbound.ts";
import type { PeerHome } from "./peer-home.ts";
import { type AnySocket, PeerSockets } from "./peer-sockets.ts";
import type { DisconnectReason } from "./reasons.ts";
import { RecentNames } from "./recent-names.ts";
import { Relief } from "./relief.ts";
import type { PeerSnapshot } from "./snapshot.ts";

/** One client program: a connection, and its sockets in the namespaces it has joined. */
export class Peer implements SessionHandler {
  /** The connection. One of another engine, where the app has bound one, has the same members. */
  readonly conn: Session;
  /** @internal Its place in the order in which connections and sockets came. */ readonly arrival: number;
  /** @internal Of events that wait, with the option `serial`. */ queuedBytes = 0;
  /** @internal Of what sockets that come back have missed and have not been sent yet. */ promisedBytes = 0;
  /** @internal What it understands. */ readonly dialect: Dialect;
  /** @internal Its client brought the end about, and so does not come back to its sockets. */ isAtFault = false;
  readonly #carrier: Carrier;
  readonly #home: PeerHome;
  readonly #assembly: Assembly;
  readonly #gate: InboundGate | undefined;
  readonly #sockets = new PeerSockets();
  /** Namespaces that the server has ended: what the client said to them before it knew is not its fault. */
  #left: RecentNames | undefined;
  /** By when it must join a namespace; none once it has. */
  #deadline: Deadline<Peer> | undefined;
  #joinedCount = 0;
  #refusals = 0;
  #relief: Relief | undefined;
  /** What the last snapshot said of data. */ #seen: readonly Glance[] | undefined;
  #closeListeners: Set<() => void> | undefined;

  constructor(conn: Session, home: PeerHome, carrier: Carrier = conn, arrival: number = home.parts.arrivals.next()) {
    this.conn = conn;
    this.#carrier = carrier;
    this.#home = home;
    this.arrival = arrival;
    this.dialect = dialectOf(carrier.protocol);
    const decoder = home.parts.codec.createDecoder(this.dialect.decoderLimits(home.parts.engineOptions.limits));
    this.#assembly = new Assembly(decoder, home.parts, this);
    if (home.parts.options.onInbound !== undefined) this.#gate = new InboundGate(conn, home.parts, decoder);
    home.unjoinedCount += 1;
    this.#waitForConnect();
  }

  get id(): string {
    return this.conn.id;
  }

  /** The request of the handshake, of the runtime's own type. */
  // oxlint-disable-next-line no-explicit-any
  get request(): any {
    return this.#carrier.request;
  }

  /** @internal */ get handshake(): RequestLike {
    return this.#carrier.handshake;
  }
  /** @internal */ get isOpen(): boolean {
    return this.#carrier.readyState === "open";
  }
  /** @internal */ get bufferedBytes(): number {
    return this.#carrier.bufferedBytes;
  }
  /** @internal */ get pendingBytes(): number {
    return this.#assembly.decoder.pendingBytes;
  }

  // ---- snapshots

  /** @internal What a snapshot would say has changed. */
  changed(): void {
    this.#seen = undefined;
    this.touched();
  }

  /** @internal The app's code has run: it may have changed data in place. */
  touched(): void {
    const { changed, options } = this.#home.parts;
    if (this.#seen?.every((glance) => glance.isCurrent) !== true) changed?.(this.conn);
    if (options.connectionStateRecovery === undefined) return;
    for (const socket of this.#sockets.joined()) socket.nsp.recovery?.changed(socket);
  }

  /** @internal */
  snapshot(): PeerSnapshot {
    const { host } = this.#home.parts;
    const joined = this.#sockets.joined();
    const sockets = joined.map((socket) => socket.snapshot());
    this.#seen = joined.map((socket) => new Glance(socket));
    const connectDue = this.#deadline && this.#deadline.due + host.wallClock() - host.now();
    return { arrival: this.arrival, sockets, refusals: this.#refusals, left: [...(this.#left ?? [])], connectDue, auths: this.#sockets.auths };
  }

  /** @internal Goes on where a snapshot left off; its sockets follow. */
  resume({ refusals, left, connectDue, auths = [] }: PeerSnapshot): void {
    const { host, schedule, options } = this.#home.parts;
    this.#refusals = refusals;
    this.#sockets.count(auths);
    for (const name of left) (this.#left ??= new RecentNames()).add(name, left.length);
    if (connectDue === undefined) return;
    this.#waitForConnect(Math.min(connectDue + host.now() - host.wallClock(), schedule.now() + options.connectTimeout));
  }

  /** @internal Resolves once the connection counts as writable again. */
  drained(): Promise<void> {
    return (this.#relief ??= new Relief(this.#carrier, this.#home.parts)).wait();
  }

  // ---- out

  /** @internal Sends what is encoded; a volatile packet is dropped where the connection cannot take it now. */
  deliver(batch: Batch, isVolatile: boolean): void {
    if (!isVolatile || this.#carrier.writable) this.#carrier.deliver(batch);
    else this.#home.parts.counters.droppedVolatile += 1;
  }

  /** @internal Leaves every namespace, then ends the connection. */
  disconnect(): void {
    for (const socket of this.#sockets.joined()) socket.dismiss();
    this.close();
  }

  /** @internal Its client has opened another connection: this one is dead, whatever it looks like. */
  supersede(): void {
    const error = new TransportError("the client has come back over another connection");
    this.#sockets.closeAll("transport error", error);
    this.#carrier.abandon(error);
  }

  /** @internal Ends the connection. Sockets hear of it now, also where the end must wait for a poll. */
  close(): void {
    if (!this.isOpen) return;
    this.#carrier.close();
    this.#sockets.closeAll("forced server close");
  }

  /** @internal The server goes. Its sockets hear of it, but the client does not leave their namespaces: it is to come back. */
  shutDown(): void {
    this.#sockets.closeAll("server shutting down");
    goAway(this.conn);
  }

  // ---- connecting

  /** @internal Joins what this client need not ask for. */
  start(): void {
    const nsp = this.dialect.implicitNamespace;
    if (nsp !== undefined) this.#receiveConnect({ type: PacketType.CONNECT, nsp }, 0);
  }

  /** @internal The namespace took this socket. */
  joined(socket: AnySocket): void {
    this.#sockets.set(socket.nsp.name, socket);
    this.#joinedCount += 1;
    if (this.#joinedCount === 1) this.#home.unjoinedCount -= 1;
    this.#deadline?.cancel();
    this.#deadline = undefined;
    this.changed();
  }

  /** @internal The namespace `name` did not take this client: `data` tells why. */
  refuse(name: string, data: NamespaceRefusal): void {
    this.#sockets.delete(name);
    this.#home.parts.logs.peer?.("refused in %s: %s", name, data.message);
    this.deliver(encodeRefusal(this.#home.parts, this.dialect, name, data), false);
    this.#refusals += 1;
    this.changed();
    if (this.#refusals > this.#home.parts.engineOptions.limits.maxRefusalsPerConnection) this.endAtLimit("maxRefusalsPerConnection");
    else this.#waitForConnect();
  }

  /** @internal A socket of this client has left its namespace. */
  socketClosed(name: string, reason: DisconnectReason): void {
    this.#sockets.delete(name);
    if (reason === "server namespace disconnect") (this.#left ??= new RecentNames()).add(name, this.#home.parts.engineOptions.limits.maxNamespacesPerConnection);
    this.#joinedCount -= 1;
    this.changed();
    if (this.#joinedCount > 0) return;
    this.#home.unjoinedCount += 1;
    this.#waitForConnect();
  }

  /** @internal Nothing was joined in time. */
  connectTimedOut(): void {
    this.#home.parts.logs.peer?.("no namespace joined since then: the connection is closed");
    this.endAtLimit("connectTimeout");
  }

  /** @internal Calls `listener` when the connection ends. Returns what takes it back. */
  whenClosed(listener: () => void): () => void {
    (this.#closeListeners ??= new Set()).add(listener);
    return () => this.#closeListeners?.delete(listener);
  }

  #waitForConnect(due = this.#home.parts.schedule.now() + this.#home.parts.options.connectTimeout): void {
    if (!this.isOpen || this.#sockets.size > 0) return;
    this.#home.unjoined.add((this.#deadline ??= new Deadline<Peer>(this)), due);
  }

  // ---- in

  receive(message: Message): void {
    const verdict = this.#gate?.judge(message) ?? "ok";
    if (verdict === "ok") this.#assembly.receive(message);
    else if (verdict === "close") this.endAtLimit("onInbound");
  }

  /** @internal */ take(packet: Packet | PacketError, bytes: number): void {
    if (packet instanceof PacketError) this.#fail(packet);
    else this.#receivePacket(packet, bytes);
    this.touched();
  }

  pressed(bufferedBytes: number): void {
    const { diagnostics } = this.#home.parts.faults;
    for (const socket of this.#sockets.joined()) diagnostics.dispatch("backpressure", [socket, bufferedBytes]);
  }

  dropped(packets: number): void {
    this.#home.parts.counters.droppedPackets += packets;
  }

  relieved(): void {
    this.#relief?.check();
  }

  setApart(): void {
    for (const socket of this.#sockets.joined()) socket.nsp.topics?.setApart(socket);
  }

  closed(reason: CloseReason, description?: unknown): void {
    this.#relief?.fail();
    this.#home.parts.counters.countClose(reason);
    this.#sockets.closeAll(reason, description);
    this.#deadline?.cancel();
    this.#assembly.end();
    this.#home.unjoinedCount -= 1;
    for (const listener of this.#closeListeners ?? []) listener();
  }

  #receivePacket(packet: Packet, bytes: number): void {
    if (packet.type === PacketType.CONNECT) return this.#receiveConnect(packet, bytes);
    const socket = this.#sockets.get(packet.nsp);
    if (socket !== undefined && socket !== "connecting") return socket.receive(packet, bytes);
    if (socket === undefined && this.#left?.has(packet.nsp) === true) return;
    this.#home.parts.logs.peer?.("packet for %s, which is not joined: the connection is closed", packet.nsp);
    this.close();
  }

  #receiveConnect(packet: Packet, bytes: number): void {
    const wish = this.dialect.readConnect(packet, this.#home.parts.engineOptions.limits);
    if (wish instanceof PacketError) return this.#fail(wish);
    const { name: nsp, auth } = wish;
    const present = this.#sockets.get(nsp);
    if (present === "connecting") return;
    if (present !== undefined) return nsp === this.dialect.implicitNamespace ? undefined : this.close();
    if (this.#sockets.size >= this.#home.parts.engineOptions.limits.maxNamespacesPerConnection) {
      this.refuse(nsp, { message: "Too many namespaces" });
      return this.endAtLimit("maxNamespacesPerConnection");
    }
    if (!this.#sockets.admit(nsp, bytes, this.#home.parts.engineOptions.limits.maxAuthBytes)) {
      this.#home.limitHit("maxAuthBytes", this.conn);
      return this.refuse(nsp, { message: "Too much auth" });
    }
    this.#left?.delete(nsp);
    this.#deadline?.cancel();
    this.#home.connect(this, nsp, auth);
  }

  /** The client broke the protocol: its sockets hear why, and the connection ends. */
  #fail(error: PacketError): void {
    this.#home.parts.logs.peer?.("invalid packet: %s", error.message);
    if (error.limit !== undefined) this.#home.limitHit(error.limit, this.conn);
    for (const socket of this.#sockets.joined()) socket.dispatch("error", [error]);
    this.isAtFault = true;
    this.close();
  }

  /** @internal The client ran into a limit that costs it the connection. */
  endAtLimit(name: string): void {
    this.#home.limitHit(name, this.conn);
    this.isAtFault = true;
    this.close();
  }
}
