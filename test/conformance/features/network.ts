/** What a network does to a client: a proxy stands between it and the server. */
import assert from "node:assert/strict";
import type { Socket as Client } from "socket.io-client";
import type { Proxy } from "../../interop/proxy.ts";
import { type Feature, onTheWire } from "../feature.ts";
import { ask, hear, next, type Stage, whoIs } from "../stage.ts";
import { endingFor, watch } from "../witness.ts";

interface Scene {
  readonly watcher: Client;
  readonly client: Client;
  readonly id: string;
  readonly proxy: Proxy;
  /** Settles when both sides have heard of the end, and the server of nothing else. */
  ends(onServer: string | readonly string[], onClient: string): Promise<void>;
}

/** The watcher's connection does not go through the proxy. */
async function setScene(stage: Stage): Promise<Scene> {
  const proxy = await stage.proxy();
  const watcher = await stage.join();
  const client = await stage.join("/", {}, proxy.url);
  const { id } = await whoIs(client);
  const witness = await watch(stage, watcher, id);
  const ended = next(client, "disconnect");
  const ends: Scene["ends"] = async (onServer, onClient) => {
    const reports = await witness();
    const reason = [onServer].flat().find((one) => one === reports[0]?.[1]);
    assert.deepEqual(reports, endingFor(reason ?? String(onServer)));
    assert.equal((await ended)[0], onClient);
  };
  return { watcher, client, id, proxy, ends };
}

export const network: readonly Feature[] = [
  {
    name: "a connection that breaks",
    needs: ["has a network"],
    ways: ["polling", "websocket", "upgrade"],
    scenarios: {
      "both sides hear of it": async (stage) => {
        const { proxy, ends } = await setScene(stage);
        await stage.step();
        proxy.cut();
        // A client that polls says that it closes, on a connection of its own: that may come first.
        if (stage.way === "polling") await ends(["transport error", "transport close"], "transport error");
        else await ends("transport close", "transport close");
      },
    },
  },
  {
    name: "a connection on which nothing passes any more",
    needs: ["has a network"],
    ways: ["polling", "websocket", "upgrade"],
    profile: "brisk",
    scenarios: {
      "is given up by both sides": async (stage) => {
        const { proxy, ends } = await setScene(stage);
        proxy.hold();
        await ends("ping timeout", "ping timeout");
      },
    },
  },
  {
    name: "a client that leaves while the app is asked whose its poll is",
    needs: ["has a network", "hears of leaving"],
    ways: ["polling"],
    profile: "guarded",
    scenarios: {
      "is not taken for one that waits": onTheWire(async (stage) => {
        const watcher = await stage.join();
        const session = await stage.raw();
        const witness = await watch(stage, watcher, await session.connect());
        const leaving = AbortSignal.timeout(100);
        await assert.rejects(stage.fetch(`${session.query()}&slowly`, { signal: leaving }));
        assert.deepEqual(await witness(), endingFor("transport error"));
      }),
    },
  },
  {
    name: "an answer to a poll that does not arrive",
    needs: ["has a network", "hears of lost answers"],
    ways: ["polling"],
    scenarios: {
      "ends the connection, which would go on without what was in it": onTheWire(async (stage) => {
        const watcher = await stage.join();
        const session = await stage.raw();
        const id = await session.connect();
        const witness = await watch(stage, watcher, id);
        // More than a connection takes whose other end does not read.
        await ask(watcher, "fill", id, 8_000_000);
        const leaving = new AbortController();
        await stage.fetch(session.query(), { signal: leaving.signal, headers: { "accept-encoding": "identity" } });
        leaving.abort();
        assert.deepEqual(await witness(), endingFor("transport error"));
      }),
    },
  },
  {
    name: "the end waits for the next poll",
    needs: ["has a network"],
    ways: ["polling"],
    scenarios: {
      "and the client hears of it then": async (stage) => {
        const { watcher, client, id, proxy, ends } = await setScene(stage);
        proxy.hold();
        // The first event uses up the client's poll, whose answer is held; the second one waits for the next.
        for (const event of ["first", "second"]) watcher.emit("broadcast", { from: "server", to: [id] }, event);
        await whoIs(watcher);
        await stage.post(client, '42/nowhere,["event"]');
        proxy.resume();
        await ends("forced server close", "transport close");
      },
    },
  },
  {
    name: "a client finds its server again after a restart",
    needs: ["has a network"],
    ways: ["polling", "websocket", "upgrade"],
    scenarios: {
      "and what it has emitted meanwhile arrives": async (stage) => {
        const first = await stage.start("plain");
        const proxy = await first.proxy();
        const client = stage.client("/", { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 40 }, proxy.url);
        await next(client, "connect");
        const before = client.id;
        const heard = hear(client);
        const lost = next(client, "disconnect");
        const second = await stage.start("plain");
        await first.running.stop();
        assert.match(String((await lost)[0]), /^transport (close|error)$/);
        client.emit("echo", "meanwhile");
        const back = next(client, "connect");
        proxy.leadTo(second.url);
        await back;
        assert.notEqual(client.id, before);
        assert.deepEqual(await heard.next(), ["echo", "meanwhile"]);
        assert.equal(await ask(client, "echo", "again"), "again");
      },
    },
  },
];
