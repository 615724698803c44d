import assert from "node:assert/strict";
import { type Feature, onTheWire, type Way } from "../feature.ts";
import { ask, next, type Stage, whoIs } from "../stage.ts";

function connects(way: Way, name: string): Feature {
  return {
    name,
    ways: [way],
    scenarios: {
      "a client connects and is understood": async (stage) => {
        const client = await stage.join();
        await stage.step();
        const { id, transport, namespace } = await whoIs(client);
        assert.deepEqual([id, namespace], [client.id, "/"]);
        const expected = way === "polling" ? "polling" : "websocket";
        assert.deepEqual([transport, client.io.engine.transport.name], [expected, expected]);
      },
      "ten clients connect at once, each for itself": async (stage) => {
        const clients = await Promise.all(Array.from({ length: 10 }, () => stage.join()));
        const ids = await Promise.all(clients.map(async (client) => (await whoIs(client)).id));
        assert.deepEqual(ids, clients.map(({ id }) => id));
        assert.equal(new Set(ids).size, 10);
      },
      "what is emitted before the client is connected arrives in order": async (stage) => {
        const client = stage.client();
        const answers = Array.from({ length: 10 }, (_, n) => ask(client, "echo", n));
        assert.deepEqual(await Promise.all(answers), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      },
      ...(way === "upgrade" ? {} : { "the open packet says what it must": onTheWire(opens) }),
    },
  };
}

async function opens(stage: Stage): Promise<void> {
  const { open } = await stage.raw();
  assert.deepEqual(Object.keys(open), ["sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"]);
  assert.match(open.sid, /^[A-Za-z0-9_-]{20}$/);
  assert.deepEqual(open, {
    sid: open.sid,
    upgrades: stage.way === "polling" ? ["websocket"] : [],
    pingInterval: 25_000,
    pingTimeout: 20_000,
    maxPayload: 1_000_000,
  });
}

export const connecting: readonly Feature[] = [
  connects("polling", "connect over polling"),
  connects("websocket", "connect over WebSocket"),
  connects("upgrade", "upgrade from polling to WebSocket"),
  {
    name: "an upgrade that fails leaves polling as it was",
    needs: ["is on its own"],
    ways: ["polling"],
    profile: "hasty",
    scenarios: {
      "a first packet that is no probe ends the WebSocket alone": async (stage) => {
        const session = await stage.raw();
        const wire = await stage.dial(session.query("websocket"));
        wire.send("4not a probe");
        await wire.closed;
        await session.connect();
      },
      "a probe that is not finished in time ends the WebSocket alone": async (stage) => {
        const session = await stage.raw();
        const id = await session.connect();
        const wire = await stage.dial(session.query("websocket"));
        wire.send("2probe");
        assert.equal(await wire.frames.next(), "3probe");
        const poll = session.poll();
        await wire.closed;
        const held = await (await poll).text();
        if (held.split("\x1e").includes("2")) await session.send("3");
        assert.match(id, /^[A-Za-z0-9_-]{20}$/);
        await session.send('420["echo","alive"]');
        for (;;) {
          const packet = await session.next();
          if (packet === '430["alive"]') break;
          assert.match(String(packet), /^[26]$/, "only pings and noops come in between");
          if (packet === "2") await session.send("3");
        }
      },
      "the waiting poll is answered when the probe arrives": async (stage) => {
        const session = await stage.raw();
        await session.connect();
        const wire = await stage.dial(session.query("websocket"));
        const poll = session.poll();
        wire.send("2probe");
        assert.equal(await wire.frames.next(), "3probe");
        assert.match(await (await poll).text(), /^[26]$/);
      },
      "a second WebSocket of an upgraded session is not heard": async (stage) => {
        const session = await stage.raw();
        await session.connect();
        const wire = await stage.dial(session.query("websocket"));
        wire.send("2probe");
        await wire.frames.next();
        wire.send("5");
        const second = await stage.dial(session.query("websocket"));
        second.send("2probe");
        wire.send('420["echo","first"]');
        for (let frame = await wire.frames.next(); frame !== '430["first"]'; frame = await wire.frames.next()) {
          if (frame === "2") wire.send("3");
        }
        assert.equal(second.frames.size, 0);
        const late = await session.poll();
        assert.deepEqual([late.status, await late.json()], [400, { code: 3, message: "Bad request" }]);
      },
    },
  },
  {
    name: "connect again after leaving",
    scenarios: {
      "a client that comes back is a new socket without the old one's rooms and data": async (stage) => {
        const client = await stage.join();
        const before = client.id;
        await ask(client, "remember", "this");
        await ask(client, "join", stage.unique("room"));
        const gone = next(client.io.engine, "close");
        client.disconnect();
        await gone;
        await stage.step();
        client.connect();
        await next(client, "connect");
        const { id, data, rooms, recovered } = await whoIs(client);
        assert.notEqual(id, before);
        assert.deepEqual({ data, rooms, recovered }, { data: {}, rooms: [], recovered: false });
      },
      "a client whose connection is lost comes back by itself": async (stage) => {
        const client = stage.client("/", { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 40 });
        await next(client, "connect");
        const before = client.id;
        const back = next(client, "connect");
        await stage.step();
        client.emit("close my connection");
        await back;
        assert.notEqual(client.id, before);
        assert.equal(await ask(client, "echo", "again"), "again");
      },
    },
  },
];
