/** Clients of Engine.IO 3: released ones, and what is on their wire. */
import assert from "node:assert/strict";
import type { Socket as Client } from "socket.io-client";
import type { ClientLibrary } from "../../interop/library.ts";
import { OLD_CLIENTS } from "../../interop/old-clients.ts";
import type { Feature, Scenario, Way } from "../feature.ts";
import type { Frame } from "../host.ts";
import { within } from "../patience.ts";
import { ask, bytesOf, connected, hear, type Identity, next, type Stage } from "../stage.ts";

const transportsOf: Readonly<Record<Way, readonly string[]>> = {
  polling: ["polling"],
  websocket: ["websocket"],
  upgrade: ["polling", "websocket"],
};

/** A client of this library that is connected, on its last transport. */
async function join(stage: Stage, { io }: ClientLibrary, namespace = "/", query: Record<string, string> = {}): Promise<Client> {
  const { url, way } = stage;
  const transports = [...transportsOf[way]];
  const client = io(url + namespace, { transports, forceNew: true, reconnection: false, query });
  stage.whenOver(() => void client.disconnect());
  const upgraded = way === "upgrade" ? next(client.io.engine, "upgrade") : undefined;
  const refused = next(client, "error").then(([reason]) => Promise.reject(Object.assign(new Error("refused"), { reason })));
  await Promise.all([Promise.race([next(client, "connect"), refused]), upgraded]);
  return client;
}

/** The server's answer: old clients know no promises. */
function inquire<Answer>(client: Client, event: string, ...args: unknown[]): Promise<Answer> {
  return within(`the answer to "${event}"`, new Promise((resolve) => client.emit(event, ...args, resolve)));
}

/** What every old client can. */
function basics(library: ClientLibrary): Record<string, Scenario> {
  const { version } = library;
  return {
    [`${version} connects and is understood`]: async (stage) => {
      const client = await join(stage, library);
      await stage.step();
      const { id, transport, namespace } = await inquire<Identity>(client, "who am I");
      assert.deepEqual([id, transport, namespace], [client.id, transportsOf[stage.way].at(-1), "/"]);
    },
    [`${version} sends and gets text and bytes`]: async (stage) => {
      const client = await join(stage, library);
      await stage.step();
      const echoed = next<[string, { deep: [Buffer] }, Buffer]>(client, "echo");
      client.emit("echo", "text", { deep: [Buffer.from([0, 255])] }, Buffer.from([7]));
      const [text, { deep: [first] }, second] = await echoed;
      assert.deepEqual([text, bytesOf(first), bytesOf(second)], ["text", [0, 255], [7]]);
      await stage.step();
      assert.deepEqual(bytesOf(await inquire(client, "echo", Buffer.from([1, 2, 3]))), [1, 2, 3]);
    },
    [`${version} answers the server`]: async (stage) => {
      const client = await join(stage, library);
      client.on("sum", (a: number, b: number, answer: (sum: number) => void) => answer(a + b));
      assert.deepEqual(await inquire(client, "ask me", "sum", [1, 2]), { value: 3 });
    },
    [`${version} joins a namespace with its query, or is told why not`]: async (stage) => {
      const client = await join(stage, library, "/guarded", { token: "right" });
      await stage.step();
      const { id, auth } = await inquire<Identity>(client, "who am I");
      assert.deepEqual([id, auth], [`/guarded#${client.io.engine.id}`, { token: "right" }]);
      await assert.rejects(join(stage, library, "/guarded", { token: "wrong" }), { reason: { code: 7, hint: ["later"] } });
      await assert.rejects(join(stage, library, "/nowhere"), { reason: "Invalid namespace" });
    },
  };
}

const [current, ...older] = OLD_CLIENTS as [ClientLibrary, ...ClientLibrary[]];

const more: Record<string, Scenario> = {
  "a room of old and new clients hears the same, in the same order": async (stage) => {
    const room = stage.unique("room");
    const old = await join(stage, current);
    const young = stage.client();
    await connected(young);
    await Promise.all([inquire(old, "join", room), ask(young, "join", room)]);
    await stage.step();
    const heard = [hear(old), hear(young)];
    for (let n = 0; n < 3; n++) young.emit("broadcast", { from: "server", to: [room] }, "said", n, "é \u{1f600}", Buffer.from([n]));
    for (const events of heard) {
      for (let n = 0; n < 3; n++) {
        const [event, number, text, bytes] = await within("an event", events.next());
        assert.deepEqual([event, number, text, bytesOf(bytes)], ["said", n, "é \u{1f600}", [n]]);
      }
    }
  },
  "five hundred numbers come back in order": async (stage) => {
    const client = stage.way === "upgrade" ? current.io(stage.url, { forceNew: true, reconnection: false }) : await join(stage, current);
    stage.whenOver(() => void client.disconnect());
    const heard = hear(client);
    for (let n = 0; n < 500; n++) client.emit("echo", n);
    const numbers: unknown[] = [];
    while (numbers.length < 500) numbers.push((await within("an echo", heard.next()))[1]);
    assert.deepEqual(numbers, Array.from({ length: 500 }, (_, n) => n));
  },
  "the client's pings are answered": async (stage) => {
    const client = await join(stage, current);
    await stage.step();
    await next(client.io.engine, "pong");
    await stage.step();
    await next(client.io.engine, "pong");
    assert.equal(client.connected, true);
  },
  "the server ends it, and it knows why": async (stage) => {
    const client = await join(stage, current);
    const ended = next(client, "disconnect");
    client.emit("disconnect me", true);
    assert.deepEqual((await ended)[0], "io server disconnect");
  },
  "what is emitted before a close still arrives": async (stage) => {
    const client = await join(stage, current);
    const heard = hear(client);
    const ended = next(client, "disconnect");
    client.emit("last words", "good");
    assert.deepEqual(await within("last words", heard.next()), ["last words", "good"]);
    assert.deepEqual((await ended)[0], "io server disconnect");
  },
};

/** Packets of text, of a session that is open and in the main namespace. */
async function openPolling(stage: Stage, form: string): Promise<string> {
  const opened = await (await stage.fetch(`?EIO=3&transport=polling${form}`)).text();
  const sid = /sid\\?":\\?"([A-Za-z0-9_-]{20})/.exec(opened)?.[1];
  assert.ok(sid, `expected an open packet, got ${opened}`);
  return `?EIO=3&transport=polling${form}&sid=${sid}`;
}

async function post(stage: Stage, query: string, body: string | Uint8Array<ArrayBuffer>, type: string): Promise<string> {
  const init = { method: "POST", body, headers: { "content-type": type } };
  return (await stage.fetch(query, init)).text();
}

const attachment = '451-["echo",{"_placeholder":true,"num":0}]';

const wire: Record<string, Scenario> = {
  "payloads of text carry bytes as base64": async (stage) => {
    const query = await openPolling(stage, "&b64=1");
    const joined = await stage.fetch(query);
    assert.deepEqual([joined.headers.get("content-type"), await joined.text()], ["text/plain; charset=UTF-8", "2:40"]);
    assert.equal(await post(stage, query, `${attachment.length}:${attachment}6:b4AQL/`, "text/plain;charset=UTF-8"), "ok");
    assert.equal(await (await stage.fetch(query)).text(), `${attachment.length}:${attachment}6:b4AQL/`);
  },
  "payloads of bytes carry them as they are": async (stage) => {
    const query = await openPolling(stage, "");
    await (await stage.fetch(query)).text();
    const payload = Buffer.concat([
      Buffer.from([0, 4, 2, 255]), Buffer.from(attachment),
      Buffer.from([1, 4, 255, 4, 1, 2, 255]),
    ]);
    assert.equal(await post(stage, query, payload, "application/octet-stream"), "ok");
    const reply = await stage.fetch(query);
    assert.equal(reply.headers.get("content-type"), "application/octet-stream");
    assert.deepEqual(bytesOf(await reply.arrayBuffer()), [...payload]);
  },
  "JSONP: scripts down, forms up": async (stage) => {
    const query = await openPolling(stage, "&j=12");
    const joined = await stage.fetch(query);
    assert.deepEqual([joined.headers.get("content-type"), await joined.text()], ["text/javascript; charset=UTF-8", '___eio[12]("2:40");']);
    const event = '42["echo","line\\none, \u2028 & more"]';
    const form = `d=${encodeURIComponent(`${event.length}:${event.replace("\\n", "\\\\n")}`)}`;
    assert.equal(await post(stage, query, form, "application/x-www-form-urlencoded"), "ok");
    const script = await (await stage.fetch(query)).text();
    assert.ok(!script.includes("\u2028"));
    const expression = script.replace(/^___eio\[12\]\(/, "").replace(/\);$/, "");
    assert.equal(JSON.parse(expression), `${event.length}:${event}`);
  },
  "JSONP from a page of another host is refused when it brings cookies": async (stage) => {
    const knock = async (headers: Record<string, string>): Promise<number> => {
      const reply = await stage.fetch("?EIO=3&transport=polling&j=0", { headers });
      await reply.text();
      return reply.status;
    };
    const referer = "https://evil.example/";
    assert.deepEqual([await knock({ referer, cookie: "a=1" }), await knock({ referer }), await knock({ cookie: "a=1" })], [403, 200, 200]);
  },
  "JSONP with an index that is none is refused": async (stage) => {
    for (const index of ["abc", "", "1;alert(1)"]) {
      const reply = await stage.fetch(`?EIO=3&transport=polling&j=${encodeURIComponent(index)}`);
      assert.deepEqual([reply.status, await reply.json()], [400, { code: 3, message: "Bad request" }]);
    }
  },
};

const frames: Record<string, Scenario> = {
  "frames of text and bytes, and pings": async (stage) => {
    const socket = await stage.dial("?EIO=3&transport=websocket");
    const frame = (): Promise<Frame> => within("a frame", socket.frames.next());
    assert.match(String(await frame()), /^0\{"sid":"[A-Za-z0-9_-]{20}","upgrades":\[\],"pingInterval":/);
    assert.equal(await frame(), "40");
    await stage.step();
    socket.send("2");
    assert.equal(await frame(), "3");
    await stage.step();
    socket.send(attachment);
    socket.send(Uint8Array.of(4, 1, 2));
    assert.equal(await frame(), attachment);
    assert.deepEqual(bytesOf(await frame()), [4, 1, 2]);
  },
};

const silence: Record<string, Scenario> = {
  "events alone do not keep it open": async (stage) => {
    const socket = await stage.dial("?EIO=3&transport=websocket");
    // So often that whenever a deadline is looked at, one has come just before.
    const asking = setInterval(() => socket.send('42["echo"]'), 4);
    stage.whenOver(() => clearInterval(asking));
    await within("the end", socket.closed);
  },
};

export const oldClients: readonly Feature[] = [
  {
    name: `socket.io-client ${current.version}`,
    ways: ["polling", "websocket", "upgrade"],
    profile: "old",
    needs: ["has a network", "is on its own"],
    scenarios: { ...basics(current), ...more },
  },
  {
    name: `socket.io-client ${older.map(({ version }) => version).join(" and ")}`,
    ways: ["polling", "websocket", "upgrade"],
    profile: "old",
    needs: ["has a network", "is on its own"],
    scenarios: Object.assign({}, ...older.map(basics)) as Record<string, Scenario>,
  },
  { name: "Engine.IO 3 over polling, JSONP included", ways: ["polling"], needs: ["is on its own"], profile: "old", scenarios: wire },
  { name: "Engine.IO 3 over WebSocket", ways: ["websocket"], needs: ["is on its own"], profile: "old", scenarios: frames },
  { name: "clients of Engine.IO 3 that do not ping are closed", ways: ["websocket"], needs: ["is on its own"], profile: "brisk", scenarios: silence },
];
