import assert from "node:assert/strict";
import type { Socket as Client } from "socket.io-client";
import type { Feature, Scenario, Way } from "../feature.ts";
import { latest } from "../libraries.ts";
import { within } from "../patience.ts";
import { ask, bytesOf, connected, next, type Stage } from "../stage.ts";
import { endingFor, watch } from "../witness.ts";

interface Ending {
  readonly cause: string;
  readonly on?: Way;
  readonly bring: (client: Client, stage: Stage) => unknown;
  /** The reason on the server. */
  readonly server: string;
  readonly orServer?: string;
  /** The reason on the client. */
  readonly client: string;
}

const ENDINGS: readonly Ending[] = [
  {
    cause: "the server leaves the namespace",
    bring: (client) => client.emit("disconnect me", false),
    server: "server namespace disconnect",
    client: "io server disconnect",
  },
  {
    cause: "the server leaves and closes",
    bring: (client) => client.emit("disconnect me", true),
    server: "server namespace disconnect",
    client: "io server disconnect",
  },
  {
    cause: "the client leaves",
    bring: (client) => client.disconnect(),
    server: "client namespace disconnect",
    client: "io client disconnect",
  },
  {
    cause: "the client closes its connection",
    bring: (client) => client.io.engine.close(),
    server: "transport close",
    client: "forced close",
  },
  {
    cause: "the server closes the connection",
    bring: (client) => client.emit("close my connection"),
    server: "forced close",
    client: "transport close",
  },
  {
    cause: "the client speaks to a namespace that it has not joined",
    on: "websocket",
    bring: (client) => client.io.engine.write('2/nowhere,["event"]'),
    server: "forced close",
    client: "transport close",
  },
  {
    cause: "the client speaks to a namespace that it has not joined",
    on: "polling",
    bring: (client) => client.io.engine.write('2/nowhere,["event"]'),
    server: "forced close",
    // Where no poll waits just then.
    orServer: "forced server close",
    client: "transport close",
  },
  {
    cause: "a message is too big",
    on: "websocket",
    bring: (client) => client.emit("echo", "x".repeat(1_100_000)),
    server: "transport error",
    client: "transport close",
  },
  {
    cause: "the client sends what is no packet",
    on: "websocket",
    bring: (client) => (client.io.engine.transport as unknown as { ws: WebSocket }).ws.send("x"),
    server: "parse error",
    client: "transport close",
  },
  {
    cause: "the client sends what is no packet",
    on: "polling",
    bring: (client, stage) => stage.post(client, "x"),
    server: "parse error",
    client: "transport close",
  },
];

/** Both sides hear of one end, and the server of nothing else. */
function ends({ bring, server, orServer, client: onClient }: Ending): Scenario {
  return async (stage) => {
    const [watcher, client] = await stage.joinAll("watcher", "client");
    const witness = await watch(stage, watcher, client.id!);
    const ended = next(client, "disconnect");
    await stage.step();
    await bring(client, stage);
    assert.equal((await ended)[0], onClient);
    const reports = await witness();
    const reason = orServer !== undefined && reports[0]?.[1] === orServer ? orServer : server;
    assert.deepEqual(reports, endingFor(reason));
  };
}

function endingsOn(way: Way): Feature["scenarios"] {
  const possible = ENDINGS.filter(({ on }) => on === undefined || on === way);
  return Object.fromEntries(possible.map((ending) => [ending.cause, ends(ending)]));
}

export const endings: readonly Feature[] = [
  { name: "reasons of a disconnect, over polling", ways: ["polling"], scenarios: endingsOn("polling") },
  {
    name: "reasons of a disconnect, over WebSocket",
    ways: ["websocket"],
    scenarios: {
      ...endingsOn("websocket"),
      "the connection is cut": async (stage) => {
        const watcher = await stage.join();
        const session = await stage.raw();
        const witness = await watch(stage, watcher, await session.connect());
        await stage.step();
        session.wire!.cut();
        assert.deepEqual(await witness(), endingFor("transport close"));
      },
    },
  },
  {
    name: "last words arrive before the end",
    scenarios: {
      "with their bytes, and then the reason": async (stage) => {
        const client = await stage.join();
        const heard = next<[string, unknown]>(client, "last words");
        const ended = next(client, "disconnect");
        await stage.step();
        client.emit("last words", "good", Buffer.from([1]));
        const [text, bytes] = await heard;
        assert.deepEqual([text, bytesOf(bytes)], ["good", [1]]);
        assert.equal((await ended)[0], "io server disconnect");
      },
    },
  },
  {
    name: "a client that vanished is timed out",
    profile: "brisk",
    scenarios: {
      "once it leaves a ping unanswered": async (stage) => {
        // First: what it takes to wake a host for it must not use up the other one's time.
        const watcher = await stage.join();
        const session = await stage.raw();
        const witness = await watch(stage, watcher, await session.connect());
        await stage.step();
        assert.deepEqual(await witness(), endingFor("ping timeout"));
        assert.equal(await ask(watcher, "echo", "still here"), "still here");
        await session.wire?.closed;
      },
      "while one that answers stays": async (stage) => {
        const client = await stage.join();
        // Whoever pings, the client tells of the answer.
        for (let n = 0; n < 4; n++) await next(client.io.engine, "pong");
        assert.equal(await ask(client, "echo", "still here"), "still here");
      },
    },
  },
  {
    name: "a connection without a namespace is closed",
    needs: ["is on its own"],
    profile: "brisk",
    ways: ["websocket"],
    scenarios: {
      "after `connectTimeout`": async (stage) => {
        const session = await stage.raw();
        // A noop: a WebSocket whose client has never spoken is slow to end on workerd.
        await session.send("6");
        await within("the end", session.wire!.closed);
      },
    },
  },
  {
    name: "`io.close()` ends every client",
    scenarios: {
      "as the end of the transport": async (stage) => {
        const own = await stage.start("plain");
        const clients = await own.joinAll("alice", "bob");
        const ended = clients.map((client) => next(client, "disconnect"));
        // A WebSocket whose client has never spoken, as old ones need not, is slow to end on workerd.
        await ask(clients[1], "echo");
        await own.step();
        clients[0].emit("shut down");
        for (const [reason] of await Promise.all(ended)) assert.equal(reason, "transport close");
      },
    },
  },
  {
    name: "the port is free after the end",
    needs: ["owns a port"],
    scenarios: {
      "and clients hear of it": async (stage) => {
        const own = await stage.start("plain");
        const client = await own.join();
        const ended = next(client, "disconnect");
        await own.running.stop();
        // A poll that is on its way when the port closes fails. Where the connection is reset after the closing frame,
        // some earlier clients call that an error.
        const mayFail = stage.way === "polling" || stage.library !== latest;
        assert.match(String((await ended)[0]), mayFail ? /^transport (close|error)$/ : /^transport close$/);
        await assert.rejects(connected(stage.client("/", {}, own.url)), /error/);
        await assert.rejects(fetch(own.url), "nobody answers");
      },
    },
  },
];
