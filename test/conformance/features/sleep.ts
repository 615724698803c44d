import assert from "node:assert/strict";
import type { Feature } from "../feature.ts";
import { ask, bytesOf, hear, next, untilEnd, whoIs } from "../stage.ts";

export const sleep: readonly Feature[] = [
  {
    name: "clients outlive the server's memory",
    profile: "quiet",
    needs: ["sleeps"],
    ways: ["websocket"],
    scenarios: {
      "a socket that wakes has recovered all that it was": async (stage) => {
        const client = await stage.join("/guarded", { auth: { token: "right" }, query: { color: "green" } });
        const room = stage.unique("room");
        await ask(client, "join", room);
        await ask(client, "remember", { when: new Date(0), bytes: Buffer.from([1, 2]) });
        const before = await whoIs(client);
        await stage.sleep();
        const after = await whoIs(client);
        assert.deepEqual({ ...after, data: 0 }, { ...before, data: 0, recovered: true });
        const { seen, value } = after.data as { seen: unknown; value: { bytes: unknown; when: unknown } };
        assert.deepEqual([seen, bytesOf(value.bytes), value.when], [["first", "second"], [1, 2], "1970-01-01T00:00:00.000Z"]);
      },
      "a broadcast reaches a whole room, though only one has spoken": async (stage) => {
        const rooms = [stage.unique("room"), stage.unique("room")];
        const clients = await stage.joinAll(...Array.from({ length: 20 }, (_, n) => String(n)));
        for (const [n, client] of clients.entries()) await ask(client, "join", rooms[n % 2]!);
        const heard = clients.map(hear);
        await stage.sleep();
        clients[0]!.emit("broadcast", { from: "server", to: [rooms[0]] }, "news");
        await stage.sleep();
        clients[1]!.emit("broadcast", { from: "server", to: rooms }, "end");
        const got = await Promise.all(heard.map(untilEnd));
        assert.deepEqual(got, clients.map((_, n) => (n % 2 === 0 ? ["news"] : [])));
      },
      "data past 16 KiB is kept as well": async (stage) => {
        const client = await stage.join();
        const text = "0123456789".repeat(10_000);
        await ask(client, "remember", text);
        await stage.sleep();
        assert.equal((await whoIs(client)).data["value"], text);
      },
      "several namespaces of one connection wake together": async (stage) => {
        const root = await stage.join();
        const others = ["/chat", "/room-7"].map((name) => root.io.socket(name));
        await Promise.all(others.map((other) => next(other, "connect")));
        const idsOnServer = (): Promise<string[]> => Promise.all([root, ...others].map(async (client) => (await whoIs(client)).id));
        const ids = await idsOnServer();
        await stage.sleep();
        assert.deepEqual(await idsOnServer(), ids);
      },
    },
  },
  {
    name: "polling sessions outlive the server's memory between two polls",
    profile: "quiet",
    needs: ["sleeps", "is on its own"],
    ways: ["polling"],
    scenarios: {
      "with what was queued for them": async (stage) => {
        const session = await stage.raw();
        await session.connect();
        await session.send('42["echo","before"]');
        await stage.sleep();
        assert.equal(await session.next(), '42["echo","before"]');
        await stage.sleep();
        await session.send('420["echo","after"]');
        assert.equal(await session.next(), '430["after"]');
      },
    },
  },
];
