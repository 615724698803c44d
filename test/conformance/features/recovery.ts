import assert from "node:assert/strict";
import type { Socket as Client } from "socket.io-client";
import type { Feature } from "../feature.ts";
import { ask, hear, next, type Stage, whoIs } from "../stage.ts";

/** The connection breaks, and the client knows it. */
async function cut(client: Client): Promise<void> {
  const gone = next(client, "disconnect");
  client.io.engine.close();
  await gone;
}

async function comeBack(client: Client): Promise<void> {
  const there = next(client, "connect");
  client.connect();
  await there;
}

/** Has the server send events to a room or a socket, and waits until it has. */
async function send(witness: Client, to: string, ...events: readonly string[]): Promise<void> {
  for (const event of events) witness.emit("broadcast", { from: "server", to: [to] }, event, "text");
  await whoIs(witness);
}

/** Names of the events so far. The last argument of each is its offset. */
async function names(heard: ReturnType<typeof hear>, count: number): Promise<unknown[]> {
  const found: unknown[] = [];
  while (found.length < count) {
    const [name, ...args] = await heard.next();
    assert.equal(typeof args.at(-1), "string");
    found.push(name);
  }
  return found;
}

async function enter(stage: Stage, namespace: string): Promise<{ client: Client; witness: Client; room: string }> {
  const client = await stage.join(namespace);
  const witness = await stage.join(namespace);
  const room = stage.unique("room");
  await ask(client, "join", room);
  return { client, witness, room };
}

export const recovery: readonly Feature[] = [
  {
    name: "connection state recovery",
    profile: "recovering",
    needs: ["recovers"],
    ways: ["polling", "websocket", "upgrade"],
    scenarios: Object.fromEntries(["/", "/chat", "/room-7"].map((namespace) => [
      `in ${namespace}, a client comes back to its socket: first what it has missed, then what is new`,
      async (stage: Stage) => {
        const { client, witness, room } = await enter(stage, namespace);
        const id = client.id!;
        const heard = hear(client);
        await ask(client, "remember", "me");
        await send(witness, room, "heard");
        assert.deepEqual(await names(heard, 1), ["heard"]);
        for (const round of ["one", "two"]) {
          await stage.step();
          await cut(client);
          await send(witness, room, `missed ${round}`);
          await stage.step();
          await send(witness, id, `missed ${round} too`);
          await send(witness, stage.unique("another room"), "for others");
          await stage.step();
          await comeBack(client);
          await send(witness, room, `live ${round}`);
          assert.deepEqual(await names(heard, 3), [`missed ${round}`, `missed ${round} too`, `live ${round}`]);
          assert.equal(client.recovered, true);
          assert.equal(client.id, id);
        }
        const { recovered, rooms, data } = await whoIs(client);
        assert.deepEqual({ recovered, rooms, value: data["value"] }, { recovered: true, rooms: [room], value: "me" });
      },
    ])),
  },
  {
    name: "a client that was told to go, or has left, starts anew",
    profile: "recovering",
    needs: ["recovers"],
    scenarios: {
      "with an id of its own": async (stage) => {
        const { client, witness, room } = await enter(stage, "/");
        for (const leave of [() => client.emit("disconnect me", false), () => client.disconnect()]) {
          const id = client.id!;
          const gone = next(client, "disconnect");
          leave();
          await gone;
          await stage.step();
          await send(witness, room, "missed");
          await comeBack(client);
          assert.equal(client.recovered, false);
          assert.notEqual(client.id, id);
        }
      },
    },
  },
];
