import assert from "node:assert/strict";
import type { Socket as Client } from "socket.io-client";
import type { Audience } from "../app.ts";
import type { Feature } from "../feature.ts";
import { ask, bytesOf, hear, next, type Stage, untilEnd, whoIs } from "../stage.ts";

interface Found {
  readonly id: string;
  readonly rooms: string[];
  readonly data: Record<string, unknown>;
  readonly query: Record<string, string>;
}

interface Answers {
  readonly error: string | null;
  readonly answers: number[];
}

export const audiences: readonly Feature[] = [
  {
    name: "rooms, `except`, `broadcast` and unions",
    scenarios: {
      "rooms decide who hears, and nobody hears twice": async (stage) => {
        const [alice, bob, carol] = await stage.joinAll("alice", "bob", "carol");
        const [red, blue] = [stage.unique("red"), stage.unique("blue")];
        await ask(alice, "join", red);
        await stage.step();
        await ask(bob, "join", [red, blue]);
        const all = [alice, bob, carol].map(({ id }) => id!);
        const heard = [alice, bob, carol].map(hear);
        const say = async (event: string, audience: Audience): Promise<void> => {
          await stage.step();
          alice.emit("broadcast", audience, event);
          // The answer comes after whatever the broadcast sent to alice.
          await ask(alice, "echo");
        };
        await say("all", { from: "server", to: all });
        await say("red", { from: "server", to: [red] });
        await say("red or blue", { from: "server", to: [red, blue] });
        await say("red, not blue", { from: "server", to: [red], except: [blue] });
        await say("red, from alice", { from: "socket", to: [red] });
        await say("all others, from alice", { from: "socket", to: all });
        await stage.step();
        await ask(bob, "leave", red);
        await say("red, without bob", { from: "server", to: [red] });
        await say("carol", { from: "server", to: [carol.id!] });
        await say("end", { from: "server", to: all });
        assert.deepEqual(await Promise.all(heard.map(untilEnd)), [
          ["all", "red", "red or blue", "red, not blue", "red, without bob"],
          ["all", "red", "red or blue", "red, from alice", "all others, from alice"],
          ["all", "all others, from alice", "carol"],
        ]);
      },
      "everybody means everybody": async (stage) => {
        const clients = await stage.joinAll("alice", "bob", "carol");
        const event = stage.unique("event");
        const heard = clients.map((client) => next<[unknown]>(client, event));
        await stage.step();
        clients[0].emit("broadcast", { from: "server" }, event, Buffer.from([1, 2]));
        for (const [bytes] of await Promise.all(heard)) assert.deepEqual(bytesOf(bytes), [1, 2]);
      },
      "a socket that left is in no room": async (stage) => {
        const [alice, bob] = await stage.joinAll("alice", "bob");
        const room = stage.unique("room");
        await ask(bob, "join", room);
        const watched = watch(alice, bob.id!);
        await watched.ready;
        bob.disconnect();
        await watched.gone;
        await stage.step();
        assert.deepEqual(await find(alice, { from: "server", to: [room] }), []);
      },
    },
  },
  {
    name: "acknowledged broadcasts",
    scenarios: {
      "everybody in the room answers": async (stage) => {
        const { clients, room } = await crowd(stage);
        for (const [n, client] of clients.entries()) client.on("who?", (answer: (n: number) => void) => answer(n));
        await stage.step();
        const { error, answers } = await ask<Answers>(clients[0], "ask all", { from: "server", to: [room] }, 5_000, "who?");
        assert.deepEqual([error, answers.toSorted()], [null, [0, 1, 2]]);
        await stage.step();
        const others = await ask<Answers>(clients[0], "ask all", { from: "socket", to: [room] }, 5_000, "who?");
        assert.deepEqual(others.answers.toSorted(), [1, 2]);
      },
      "who does not answer is missed, the other answers are kept": async (stage) => {
        const { clients, room } = await crowd(stage);
        for (const [n, client] of clients.slice(1).entries()) client.on("who?", (answer: (n: number) => void) => answer(n));
        await stage.step();
        const { error, answers } = await ask<Answers>(clients[0], "ask all", { from: "server", to: [room] }, 300, "who?");
        assert.deepEqual([error, answers.toSorted()], ["operation has timed out", [0, 1]]);
      },
    },
  },
  {
    name: "`fetchSockets`, `socketsJoin`, `socketsLeave`, `disconnectSockets`",
    scenarios: {
      "sockets are found with their rooms, data and handshake": async (stage) => {
        const room = stage.unique("room");
        const client = await stage.join("/", { query: { color: "green" } });
        await ask(client, "join", room);
        await ask(client, "remember", { nested: ["this"] });
        await stage.step();
        const [found, ...rest] = await find(client, { from: "server", to: [room] });
        assert.deepEqual(rest, []);
        assert.deepEqual([found!.id, found!.data, found!.query["color"]], [client.id, { value: { nested: ["this"] } }, "green"]);
        assert.deepEqual(found!.rooms.toSorted(), [client.id!, room].toSorted());
      },
      "sockets are moved and disconnected by room": async (stage) => {
        const [alice, bob, carol] = await stage.joinAll("alice", "bob", "carol");
        const room = stage.unique("room");
        await ask(carol, "join them", { from: "server", to: [alice.id, bob.id] }, room);
        await stage.step();
        await ask(carol, "part them", { from: "server", to: [bob.id] }, room);
        await stage.step();
        assert.deepEqual((await find(carol, { from: "server", to: [room] })).map(({ id }) => id), [alice.id]);
        await stage.step();
        const gone = next(alice, "disconnect");
        carol.emit("disconnect them", { from: "server", to: [room] });
        assert.equal((await gone)[0], "io server disconnect");
        assert.deepEqual([await ask(bob, "echo", 1), await ask(carol, "echo", 2)], [1, 2]);
      },
    },
  },
  {
    name: "`socket.data`, `rooms` and `handshake` stay",
    scenarios: {
      "as long as the socket does": async (stage) => {
        const client = await stage.join("/", { query: { color: "green" }, auth: { token: "t" } });
        const room = stage.unique("room");
        await ask(client, "remember", { n: 1, list: ["a"] });
        await stage.step();
        await ask(client, "join", room);
        await stage.step();
        const { id, data, rooms, query, auth } = await whoIs(client);
        assert.deepEqual({ id, data, rooms }, { id: client.id, data: { value: { n: 1, list: ["a"] } }, rooms: [room] });
        // Clients before version 3 are in the main namespace without asking.
        assert.deepEqual(auth, stage.library.engineProtocol === 3 ? {} : { token: "t" });
        assert.equal(query["color"], "green");
      },
    },
  },
];

/** Three clients in a room of their own. */
async function crowd(stage: Stage): Promise<{ clients: readonly [Client, Client, Client]; room: string }> {
  const clients = await stage.joinAll("alice", "bob", "carol");
  const room = stage.unique("room");
  for (const client of clients) await ask(client, "join", room);
  return { clients, room };
}

function find(client: Client, audience: Audience): Promise<Found[]> {
  return ask<Found[]>(client, "fetch sockets", audience);
}

function watch(watcher: Client, id: string): { ready: Promise<unknown>; gone: Promise<void> } {
  const gone = new Promise<void>((resolve) => {
    watcher.on("watched", (what: string) => what === "disconnect" && resolve());
  });
  return { ready: ask(watcher, "watch", id), gone };
}
