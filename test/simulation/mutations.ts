/**
 * Bugs that somebody could make, as a change to one place of the core's source. The simulation must find each of them; one that it misses
 * shows where it is blind. The core itself knows nothing of this: a bundle with the change is what is simulated.
 */
export interface Mutation {
  readonly bug: string;
  /** Where it was found last, which is tried first: bundling and warming up take longer than a run. */
  readonly seed?: number;
  /** The stored scenario that shows it, of one that is too rare for seeds. */
  readonly scenario?: string;
  /** Inside `src`. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

export const mutations: readonly Mutation[] = [
  // ---- connecting
  {
    bug: "a second CONNECT while the first one waits makes a second socket",
    seed: 85,
    file: "server/peer.ts",
    find: `if (present === "connecting") return;`,
    replace: `if (present === "connecting") return this.#home.connect(this, nsp, {});`,
  },
  {
    bug: "a refused namespace stays as if it were being joined",
    file: "server/peer.ts",
    find: `this.#sockets.delete(name);
    this.#home.parts.logs.peer?.("refused`,
    replace: `this.#home.parts.logs.peer?.("refused`,
  },
  {
    bug: "whoever leaves the last namespace may stay for ever",
    file: "server/peer.ts",
    find: `this.#home.unjoinedCount += 1;
    this.#waitForConnect();
  }

  /** @internal Nothing was joined in time. */`,
    replace: `this.#home.unjoinedCount += 1;
  }

  /** @internal Nothing was joined in time. */`,
  },
  {
    bug: "rooms of a refused socket are not undone",
    file: "server/socket-core.ts",
    find: `this.#state = "closed";
    this.#tellAdapter((adapter) => adapter.delAll(this.id));
    this.#stopWatching`,
    replace: `this.#state = "closed";
    this.#stopWatching`,
  },
  {
    bug: "connections that end before they join a namespace are counted for ever",
    file: "server/peer.ts",
    find: `this.#assembly.end();
    this.#home.unjoinedCount -= 1;`,
    replace: `this.#assembly.end();`,
  },

  // ---- time
  {
    bug: "after a standstill, clients are judged before what waits is read",
    seed: 216,
    file: "schedule.ts",
    find: `this.#host.defer(() => this.#fireUntil(this.#host.now()));`,
    replace: `for (let round = 0; round < 3; round++) this.#fireUntil(now);`,
  },
  {
    bug: "a client that does not answer pings is never found out",
    file: "engine/heartbeat.ts",
    find: `schedule.queue<Beating>((session) => session.pingTimedOut());`,
    replace: `schedule.queue<Beating>(() => {});`,
  },
  {
    bug: "the timer of an upgrade outlives it",
    file: "engine/upgrade.ts",
    find: `deadline.cancel();
    this.#session.upgrade(ws);`,
    replace: `this.#session.upgrade(ws);`,
  },
  {
    bug: "the reassembly timer runs on when nothing is missing",
    seed: 140,
    file: "server/assembly.ts",
    find: `this.#deadline?.cancel();
    this.#deadline = undefined;`,
    replace: ``,
  },

  // ---- polling and upgrade
  {
    bug: "what a listener says overtakes what is being moved to the WebSocket",
    file: "engine/outlet.ts",
    find: `else if (polling?.queue.isEmpty === false) polling.queue.push(item);`,
    replace: ``,
  },
  {
    bug: "a POST that spans the upgrade is dropped",
    seed: 116,
    file: "engine/polling-requests.ts",
    find: `if (isRepeated(polling.unansweredPost, stamp, body)) return ok();`,
    replace: `if (isRepeated(polling.unansweredPost, stamp, body) || session.link.state === "websocket") return ok();`,
  },
  {
    bug: "what is sent while a WebSocket is tried goes out on both transports",
    file: "engine/outlet.ts",
    find: `if (link.state === "polling" || link.state === "probing") this.#enqueue(polling!, item);`,
    replace: `if (link.state === "polling" || link.state === "probing") {
      if (link.state === "probing") for (const frame of item.frames) link.ws.send(frame, false);
      this.#enqueue(polling!, item);
    }`,
  },
  {
    bug: "what is queued at the upgrade is lost",
    file: "engine/session.ts",
    find: `polling.stopHurrying();
    this.moveQueue();`,
    replace: `polling.takeAll();`,
  },
  {
    bug: "frames of the new WebSocket overtake an open POST",
    seed: 129,
    file: "engine/inbox.ts",
    find: `if (this.#waiting !== undefined || this.#postIsOpen) return false;`,
    replace: `if (this.#waiting !== undefined) return false;`,
  },
  {
    bug: "a POST that the HTTP stack repeats is handled twice",
    seed: 610,
    file: "engine/polling-requests.ts",
    find: `if (isRepeated(polling.unansweredPost, stamp, body)) return ok();`,
    replace: ``,
  },
  {
    bug: "a second GET takes the place of the first",
    seed: 42,
    file: "engine/polling-requests.ts",
    find: `if (polling.waiting) {`,
    replace: `if (polling.waiting && session.link.state === "closed") {`,
  },
  {
    bug: "the GET that waits is not answered at the end of its session",
    file: "engine/session.ts",
    find: `this.polling?.finish(control(farewell.lastPacket ?? "1"));`,
    replace: ``,
  },
  {
    bug: "what waits is handled out of order after a full turn",
    seed: 460,
    file: "engine/inbox.ts",
    find: `if (this.#waiting !== undefined || this.#postIsOpen) return false;
    const`,
    replace: `if (this.#postIsOpen) return false;
    const`,
  },

  // ---- events and acknowledgements
  {
    bug: "an acknowledgement that timed out may still be answered",
    file: "server/acks.ts",
    find: `acks.forget(id);
    settle(`,
    replace: `settle(`,
  },
  {
    bug: "an acknowledgement may be answered twice",
    file: "server/acks.ts",
    find: `const pending = this.#pending?.get(id);
    this.#pending?.delete(id);`,
    replace: `const pending = this.#pending?.get(id);`,
  },
  {
    bug: "acknowledgements are forgotten, not settled, when a socket leaves",
    file: "server/socket-core.ts",
    find: `this.#loseAcks();
    this.dispatch("disconnect", args);`,
    replace: `this.dispatch("disconnect", args);`,
  },
  {
    bug: "a listener may answer twice",
    file: "server/socket-core.ts",
    find: `answered = true;`,
    replace: ``,
  },
  {
    bug: "volatile packets are sent to connections that are full",
    seed: 1048,
    file: "server/peer.ts",
    find: `if (!isVolatile || this.#carrier.writable)`,
    replace: `if (!isVolatile || this.#carrier.readyState === "open")`,
  },

  // ---- rooms and the end
  {
    bug: "a socket that has left may still join",
    file: "server/socket.ts",
    find: `if (this.isClosed) return undefined;
    const wanted`,
    replace: `const wanted`,
  },
  {
    bug: "rooms that are empty stay",
    file: "adapter/rooms.ts",
    find: `if (this.members.get(room)?.size !== 0) return;`,
    replace: `if (this.members.get(room)?.size !== 0 || room === "r2") return;`,
  },
  {
    bug: "a socket in two of the rooms gets a broadcast twice",
    file: "adapter/rooms.ts",
    find: `const wanted = rooms.size === 0 ? sids.keys() : union(members, rooms);`,
    replace: `const wanted = rooms.size === 0 ? sids.keys() : [...rooms].flatMap((room) => [...(members.get(room) ?? none)]);`,
  },
  {
    bug: "rooms are left before the socket is told that it leaves",
    file: "server/socket-core.ts",
    find: `this.dispatch("disconnecting", args);`,
    replace: `this.#tellAdapter((adapter) => adapter.delAll(this.id));
    this.dispatch("disconnecting", args);`,
  },
  {
    bug: "a listener of the end of a connection sees its own namespace alone close",
    file: "server/peer-sockets.ts",
    find: `for (const socket of this.joined()) socket.close(reason, description);`,
    replace: `for (const socket of this.joined().slice(0, 1)) socket.close(reason, description);`,
  },

  // ---- recovery
  {
    bug: "a socket that is lost may still leave a room",
    seed: 5854,
    file: "server/socket.ts",
    find: `// Its client may come back: what it stays in then is settled.
    if (this.isClosed) return undefined;`,
    replace: ``,
  },
  {
    bug: "a socket that has come back may come back a second time",
    seed: 3949,
    file: "adapter/recovery.ts",
    find: `this.#lost.delete(pid);
    const { session`,
    replace: `const { session`,
  },
  {
    bug: "the offset of a volatile event counts as that of the next one",
    seed: 723,
    file: "adapter/recovery.ts",
    find: `this.#history.offset(isKept ? "next" : "last")`,
    replace: `this.#history.offset("next")`,
  },
  {
    bug: "what was sent while a client was away is not sent when it comes back",
    file: "adapter/recovery.ts",
    find: `if (missed === undefined) {`,
    replace: `missed?.splice(0, 1);
    if (missed === undefined) {`,
  },

  // ---- sleep
  {
    bug: "a change of the connection's sockets is not kept over a sleep",
    seed: 1879,
    file: "server/peer.ts",
    find: `this.#deadline = undefined;
    this.changed();`,
    replace: `this.#deadline = undefined;`,
  },
  {
    bug: "rooms are not kept over a sleep",
    file: "server/socket.ts",
    find: `rooms: [...this.rooms]`,
    replace: `rooms: [this.id]`,
  },

  {
    bug: "what was sent before a sleep is not known after it",
    seed: 1239,
    file: "adapter/recovery-history.ts",
    find: `this.#log.append({ ...entry, at: Math.min(entry.at + age, this.#terms.now()) });`,
    replace: `{}`,
  },
  {
    bug: "what was lost before a sleep is not known after it",
    seed: 3800,
    file: "adapter/recovery-history.ts",
    find: `this.#tracks.losses.set(audience, losses);`,
    replace: `{}`,
  },
  {
    bug: "what clients left in dynamic namespaces stays in the store",
    seed: 1757,
    file: "server/leftovers.ts",
    find: `if (oldest === undefined || host.sleeps !== true) return;`,
    replace: `if (oldest === undefined || host.sleeps === true) return;`,
  },

  // ---- the server goes
  {
    bug: "handshakes are served while the server closes",
    file: "server/drain.ts",
    find: `this.#engine.refuseHandshakes();`,
    replace: ``,
  },
  {
    bug: "a server that closes waits for a client that does not read as long as it takes",
    file: "server/drain.ts",
    find: `await this.#until(() => sessions.size === 0, force);`,
    replace: `await this.#until(() => sessions.size === 0, Infinity);`,
  },
  {
    bug: "all connections end at once when the server goes",
    file: "server/drain.ts",
    find: `start + (index * spread) / leaving.length`,
    replace: `start`,
  },
  {
    bug: "a server that goes sends its clients out of their namespaces",
    file: "server/peer.ts",
    find: `this.#sockets.closeAll("server shutting down");
    goAway(this.conn);`,
    replace: `for (const socket of this.#sockets.joined()) socket.dismiss();
    goAway(this.conn);`,
  },
  {
    bug: "what was kept when the server closed is kept for ever",
    seed: 132,
    file: "server/namespaces.ts",
    find: `else namespace.recovery.tick();`,
    replace: ``,
  },

  // ---- limits
  {
    bug: "a client that does not read is never closed",
    seed: 406,
    file: "engine/outlet.ts",
    find: `return buffered > 0 && buffered + item.size > this.owner.options.limits.maxBufferedBytes;`,
    replace: `return false;`,
  },
  {
    bug: "an event that wants an acknowledgement is dropped like others at the limit",
    seed: 972,
    file: "engine/outlet.ts",
    find: `this.owner.options.slowConsumer === "close" || item.droppable !== true`,
    replace: `this.owner.options.slowConsumer === "close"`,
  },
  {
    bug: "what must not be dropped is dropped where it is the oldest",
    seed: 991,
    file: "engine/outgoing-queue.ts",
    find: `if (item.droppable !== true) this.#kept.push(item);`,
    replace: `if (item.frames.length === 0) this.#kept.push(item);`,
  },
  {
    bug: "what waited for a connection that ended counts on",
    seed: 272,
    file: "engine/session.ts",
    find: `this.owner.pressure.forget(this);`,
    replace: ``,
  },

  // ---- clients of Engine.IO 3
  {
    bug: "the ping of an old client does not put its end off",
    file: "engine/client-heartbeat.ts",
    find: `beat(session: Beating): void {`,
    replace: `beat(session: Beating): void {
    if (session.heartbeat.queue !== undefined) return;`,
  },
  {
    bug: "an old client that falls silent is never found out",
    file: "engine/client-heartbeat.ts",
    find: `this.#deadlines = verdicts(schedule);`,
    replace: `this.#deadlines = schedule.queue<Beating>((session) => this.wait(session));`,
  },
  {
    bug: "bytes in the payload of an old client are called text",
    file: "wire/engine-v3.ts",
    find: `payload[at++] = typeof frames[index] === "string" ? TEXT : BYTES;`,
    replace: `payload[at++] = TEXT;`,
  },
  {
    bug: "packets of an old client that are left after a full turn are dropped",
    file: "wire/engine-v3.ts",
    find: `return { packets, next: at, malformed: false };`,
    replace: `return { packets, next: -1, malformed: false };`,
  },
  {
    bug: "an old client is not in the main namespace",
    file: "server/dialect.ts",
    find: `implicitNamespace: "/",`,
    replace: `implicitNamespace: undefined,`,
  },
  {
    bug: "after a sleep, an old client is spoken to as one of revision 4",
    seed: 46,
    file: "engine/snapshot.ts",
    find: `const revision = revisions[snapshot.protocol];`,
    replace: `const revision = revisions[4];`,
  },

  {
    bug: "a listener that throws takes an acknowledgement id away",
    seed: 600,
    file: "server/faults.ts",
    find: `const policy = this.#policy();`,
    replace: `context.socket?.nsp.nextAckId();
    const policy = this.#policy();`,
  },
  {
    bug: "connections that have ended are kept in a list that nobody reads",
    seed: 1000,
    file: "engine/sessions.ts",
    find: `override delete(id: string): boolean {`,
    replace: `readonly #ended: (Session | undefined)[] = [];

  override delete(id: string): boolean {
    this.#ended.push(this.get(id));`,
  },

  // ---- several servers
  {
    bug: "the sockets of a server wait for the broker",
    seed: 10,
    file: "adapter/upstream.ts",
    find: `if (publishing === undefined || !awaitsOffset) this.#deliver`,
    replace: `if (publishing === undefined) this.#deliver`,
  },
  {
    bug: "the sockets of a server get an event again once the broker has it",
    seed: 10,
    file: "adapter/upstream-namespace.ts",
    find: `if (own?.isDelivered === true) {`,
    replace: `if (own?.isDelivered === true && packet.id !== undefined) {`,
  },
  {
    bug: "a broadcast to rooms is published after those that come after it",
    seed: 10,
    file: "adapter/upstream.ts",
    find: `const publishing = this.#run("broadcast", () => this.#adapter.broadcast(packet, copyOfOptions(options)));`,
    replace: `const publish = () => this.#adapter.broadcast(packet, copyOfOptions(options));
    const publishing = this.#run("broadcast", () => (options.rooms.size > 0 ? Promise.resolve().then(publish) : publish()));`,
  },
  {
    bug: "a broadcast to everyone stays within its server",
    file: "adapter/upstream.ts",
    find: `const publishing = this.#run("broadcast", () => this.#adapter.broadcast(packet, copyOfOptions(options)));`,
    replace: `const publish = () => this.#adapter.broadcast(packet, copyOfOptions(options));
    const publishing = options.rooms.size === 0 ? undefined : this.#run("broadcast", publish);`,
  },
  {
    bug: "a broadcast is answered once the clients of one server have answered",
    seed: 10,
    file: "server/answers.ts",
    find: `this.#countedServers < this.#expectedServers`,
    replace: `this.#countedServers < 1`,
  },
  {
    bug: "answers that come too late are given to the app in secret",
    seed: 10,
    file: "server/answers.ts",
    find: `// The app has what came in time.
    if (this.#over) return;`,
    replace: ``,
  },
  {
    bug: "a broadcast waits without end for the clients of a server that has died",
    seed: 560,
    file: "server/broadcast.ts",
    find: `this.#flags.timeout ?? this.#target.fanOut.ackTimeout`,
    replace: `this.#flags.timeout`,
  },
  {
    bug: "ids are those of another server",
    file: "engine/id.ts",
    find: `host.random(`,
    replace: `host.random(0 * `,
  },
  {
    bug: "whatever another server sends is taken for an event",
    seed: 40,
    file: "adapter/upstream-namespace.ts",
    find: `if (isEventData(args)) this.#local`,
    replace: `if (args !== undefined) this.#local`,
  },
  {
    bug: "a broker that fails ends the process",
    seed: 10,
    file: "adapter/upstream.ts",
    find: `if (isThenable(result)) return Promise.resolve(result).then(() => {}, fail);`,
    replace: `if (isThenable(result)) return Promise.resolve(result).then(() => {});`,
  },
  {
    bug: "a GET that a standstill held back counts for nothing",
    file: "engine/polling-requests.ts",
    find: `session.polled();`,
    replace: ``,
    seed: 6_230_127,
  },
  {
    bug: "acknowledgement ids of a namespace that is gone are used again",
    file: "server/namespaces.ts",
    find: `child.ackIds = this.#usedAckIds;`,
    replace: ``,
    scenario: "an-answer-to-what-a-namespace-that-is-gone-has-asked",
  },
  {
    bug: "what is said while a client gets what it has missed is lost",
    file: "server/namespace.ts",
    find: `if (peer.isOpen && result.kind === "passed") comeback?.replay();`,
    replace: `if (session !== null) this.returning.delete(session.sid);
      if (peer.isOpen && result.kind === "passed") comeback?.replay();`,
    scenario: "what-others-say-while-somebody-gets-what-it-has-missed",
  },
  {
    bug: "a noop that a standstill held back gives nobody time",
    file: "engine/upgrade.ts",
    find: `session.polled(owner.schedule.now() - due);`,
    replace: ``,
    seed: 8_214_453,
  },
  {
    bug: "a noop that comes late brings the end of an old client nearer",
    file: "engine/client-heartbeat.ts",
    find: `Math.min(late, this.#rhythm().pingTimeout)`,
    replace: `late`,
    scenario: "a-noop-that-comes-late-to-an-old-client-that-is-not-to-ping-yet",
  },
  {
    bug: "old clients have no time from the GET that brings their pong",
    file: "engine/client-heartbeat.ts",
    find: `if (session.pulse !== "pinged") return`,
    replace: `if (session.pulse !== undefined) return`,
    seed: 8_215_437,
  },

  // ---- what only the released client finds
  {
    bug: "the places of attachments are counted from one",
    seed: 654,
    file: "wire/attachments.ts",
    find: `attachments.push(toUint8Array(bytes)) - 1 };`,
    replace: `attachments.push(toUint8Array(bytes)) };`,
  },
  {
    bug: "a refusal gives no reason",
    seed: 654,
    file: "server/dialect.ts",
    find: `refusal: (data) => data,`,
    replace: `refusal: () => undefined,`,
  },
  {
    bug: "a close with patience puts off one without",
    file: "engine/endings.ts",
    find: ` && link.leaving !== "at once"`,
    replace: ``,
    scenario: "a-patient-close-after-one-that-is-not",
  },
];
