import assert from "node:assert/strict";
import { leave } from "../../interop/library.ts";
import type { Feature } from "../feature.ts";
import { within } from "../patience.ts";
import { ask, bytesOf, connected, hear, untilEnd, whoIs } from "../stage.ts";

export const namespaces: readonly Feature[] = [
  {
    name: "namespaces on one connection",
    scenarios: {
      "two share a connection and nothing else": async (stage) => {
        const root = await stage.join();
        const chat = root.io.socket("/chat", { auth: { who: "me" } });
        await connected(chat);
        await stage.step();
        const [rootSocket, chatSocket] = [await whoIs(root), await whoIs(chat)];
        assert.notEqual(chatSocket.id, rootSocket.id);
        assert.deepEqual(chatSocket.auth, { who: "me" });
        const heard = [root, chat].map(hear);
        const say = async (client: typeof root, to: string, event: string): Promise<void> => {
          client.emit("broadcast", { from: "server", to: [to] }, event);
          await stage.step();
        };
        await say(root, rootSocket.id, "root");
        await say(chat, chatSocket.id, "chat");
        await say(root, rootSocket.id, "end");
        await say(chat, chatSocket.id, "end");
        assert.deepEqual(await Promise.all(heard.map(untilEnd)), [["root"], ["chat"]]);
        chat.disconnect();
        await stage.step();
        assert.equal(await ask(root, "echo", "still here"), "still here");
      },
      "a namespace has the client's auth and query": async (stage) => {
        const isOld = stage.library.engineProtocol === 3;
        const auth = { token: isOld ? "a &b=c" : ["t"] };
        const chat = await stage.join("/chat", { auth, query: { color: "green" } });
        await stage.step();
        const found = await whoIs(chat);
        // Clients before version 3 say both in one query.
        assert.deepEqual(found.auth, isOld ? { ...auth, color: "green" } : auth);
        assert.deepEqual([found.query["color"], found.namespace], ["green", "/chat"]);
      },
      "bytes reach the namespace that they are for": async (stage) => {
        const chat = await stage.join("/chat");
        await stage.step();
        assert.deepEqual(bytesOf(await ask(chat, "echo", Buffer.from([1, 2]))), [1, 2]);
      },
      "one that does not exist is refused": async (stage) => {
        assert.deepEqual(await stage.refusal(stage.client("/nowhere")), { message: "Invalid namespace" });
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
        assert.deepEqual(await stage.refusal(stage.client("/room-x")), { message: "Invalid namespace" });
      },
      "a function decides by name and auth": async (stage) => {
        const client = await stage.join("/team", { auth: { token: "right" } });
        await stage.step();
        assert.equal((await whoIs(client)).namespace, "/team");
        const other = stage.client("/other-team", { auth: { token: "right" } });
        assert.deepEqual(await stage.refusal(other), { message: "Invalid namespace" });
      },
    },
  },
  {
    name: "middlewares of namespaces, `auth`, refusals with data",
    scenarios: {
      "a refusal tells its message and its data": async (stage) => {
        const data = { code: 7, hint: ["later"] };
        // Clients before version 3 get one of the two.
        const expected = stage.library.engineProtocol === 3 ? { data } : { message: "wrong token", data };
        assert.deepEqual(await stage.refusal(stage.client("/guarded", { auth: { token: "wrong" } })), expected);
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
        await stage.refusal(client);
        await stage.step();
        client.auth = { token: "right" };
        await within("the end of its connection", leave(client));
        client.connect();
        await connected(client);
      },
    },
  },
];
