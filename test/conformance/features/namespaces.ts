import assert from "node:assert/strict";
import type { Feature } from "../feature.ts";
import { ask, bytesOf, connected, hear, next, untilEnd, whoIs } from "../stage.ts";

type Refusal = [Error & { data?: unknown }];

export const namespaces: readonly Feature[] = [
  {
    name: "namespaces on one connection",
    scenarios: {
      "two share a connection and nothing else": async (stage) => {
        const root = await stage.join();
        const chat = root.io.socket("/chat", { auth: { who: "me" } });
        await connected(chat);
        await stage.step();
        assert.notEqual(chat.id, root.id);
        assert.deepEqual((await whoIs(chat)).auth, { who: "me" });
        const heard = [root, chat].map(hear);
        const say = async (client: typeof root, event: string): Promise<void> => {
          client.emit("broadcast", { from: "server", to: [client.id] }, event);
          await stage.step();
        };
        await say(root, "root");
        await say(chat, "chat");
        await say(root, "end");
        await say(chat, "end");
        assert.deepEqual(await Promise.all(heard.map(untilEnd)), [["root"], ["chat"]]);
        chat.disconnect();
        await stage.step();
        assert.equal(await ask(root, "echo", "still here"), "still here");
      },
      "bytes reach the namespace that they are for": async (stage) => {
        const chat = await stage.join("/chat");
        await stage.step();
        assert.deepEqual(bytesOf(await ask(chat, "echo", Buffer.from([1, 2]))), [1, 2]);
      },
      "one that does not exist is refused": async (stage) => {
        const [error] = await next<Refusal>(stage.client("/nowhere"), "connect_error");
        assert.equal(error.message, "Invalid namespace");
      },
    },
  },
  {
    name: "dynamic namespaces",
    scenarios: {
      "a pattern makes them as they are asked for": async (stage) => {
        for (const name of ["/room-1", "/room-22"]) {
          const client = await stage.join(name);
          await stage.step();
          assert.equal((await whoIs(client)).namespace, name);
        }
        const [error] = await next<Refusal>(stage.client("/room-x"), "connect_error");
        assert.equal(error.message, "Invalid namespace");
      },
      "a function decides by name and auth": async (stage) => {
        const client = await stage.join("/team", { auth: { token: "right" } });
        await stage.step();
        assert.equal((await whoIs(client)).namespace, "/team");
        const [error] = await next<Refusal>(stage.client("/other-team", { auth: { token: "right" } }), "connect_error");
        assert.equal(error.message, "Invalid namespace");
      },
    },
  },
  {
    name: "middlewares of namespaces, `auth`, refusals with data",
    scenarios: {
      "a refusal tells its message and its data": async (stage) => {
        const [error] = await next<Refusal>(stage.client("/guarded", { auth: { token: "wrong" } }), "connect_error");
        assert.deepEqual([error.message, error.data], ["wrong token", { code: 7, hint: ["later"] }]);
      },
      "middlewares run in order, once": async (stage) => {
        const client = await stage.join("/guarded", { auth: { token: "right" } });
        await stage.step();
        assert.deepEqual((await whoIs(client)).data, { seen: ["first", "second"] });
        await stage.step();
        assert.deepEqual((await whoIs(client)).data, { seen: ["first", "second"] });
      },
      "a client that was refused is let in with the right auth": async (stage) => {
        const client = stage.client("/guarded", { auth: { token: "wrong" } });
        await next(client, "connect_error");
        await stage.step();
        client.auth = { token: "right" };
        client.disconnect().connect();
        await connected(client);
      },
    },
  },
];
