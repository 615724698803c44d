import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Feature } from "../feature.ts";
import { ask, type Identity, type Stage, whoIs } from "../stage.ts";

const tls = join(import.meta.dirname, "../../frameworks");

export const handshake: readonly Feature[] = [
  {
    name: "handshake: headers, query, cookies, address",
    ways: ["polling", "websocket", "upgrade"],
    scenarios: {
      "headers and cookies of the client": async (stage) => {
        const token = stage.carries("é") ? "é" : "e";
        const { headers, xdomain } = await arrive(stage, { "x-token": token, cookie: "a=1; b=two" });
        assert.deepEqual([headers["cookie"], xdomain], ["a=1; b=two", false]);
        assert.equal(headers["host"], new URL(stage.url).host);
        assert.ok(headers["x-token"] !== undefined);
      },
      "the origin of a page": async (stage) => {
        const { headers, xdomain } = await arrive(stage, { origin: "https://page.example" });
        assert.deepEqual([headers["origin"], xdomain], ["https://page.example", true]);
      },
      "query and URL": async (stage) => {
        const client = await stage.join("/", { query: { color: "green & blue", list: "1,2" } });
        await stage.step();
        const { query, url } = await whoIs(client);
        assert.deepEqual([query["color"], query["list"], query["EIO"]], ["green & blue", "1,2", String(stage.library.engineProtocol)]);
        assert.match(url, /^\/socket\.io\/\?/);
        assert.equal(new URL(url, stage.url).searchParams.get("color"), "green & blue");
      },
      "the address of the client": async (stage) => {
        const { address } = await whoIs(await stage.join());
        assert.match(address, /^(::ffff:)?127\.0\.0\.1$/);
      },
      "a plain connection is not secure": async (stage) => {
        assert.equal((await whoIs(await stage.join())).secure, false);
      },
    },
  },
  {
    name: "handshake: `secure` behind TLS",
    needs: ["has a network"],
    ways: ["polling", "websocket", "upgrade"],
    scenarios: {
      "the app knows": async (stage) => {
        const cert = readFileSync(join(tls, "localhost.cert.pem"), "utf8");
        const key = readFileSync(join(tls, "localhost.key.pem"), "utf8");
        const own = await stage.start("plain", { cert, key });
        const client = await own.join();
        assert.equal((await whoIs(client)).secure, true);
        assert.equal(await ask(client, "echo", "safe"), "safe");
      },
    },
  },
  {
    name: "reply headers of the app, also on WebSocket handshakes",
    needs: ["is on its own"],
    scenarios: {
      "those of the handshake, with every cookie": async (stage) => {
        const headers = await handshakeHeaders(stage);
        assert.equal(headers.get("x-served-by"), "the app");
        assert.deepEqual(headers.getSetCookie(), ["first=1", "second=2; Path=/"]);
      },
    },
  },
  {
    name: "reply headers of later polls",
    needs: ["is on its own"],
    ways: ["polling"],
    scenarios: {
      "those that are not for the first reply alone": async (stage) => {
        const session = await stage.raw();
        const { headers, status } = await session.post("40");
        assert.deepEqual([status, headers.get("x-served-by"), headers.getSetCookie()], [200, "the app", []]);
        assert.equal(headers.get("cache-control"), "no-store");
        assert.match(headers.get("content-type")!, /^text\/html/);
        const poll = await session.poll();
        assert.deepEqual([poll.headers.get("x-served-by"), poll.headers.get("cache-control")], ["the app", "no-store"]);
        assert.match(poll.headers.get("content-type")!, /^text\/plain; charset=utf-8$/i);
        await poll.text();
      },
    },
  },
  {
    name: "a cookie for load balancers",
    needs: ["is on its own"],
    profile: "guarded",
    ways: ["polling"],
    scenarios: {
      "carries the session's id": async (stage) => {
        const response = await stage.fetch("?EIO=4&transport=polling");
        const { sid } = JSON.parse((await response.text()).slice(1)) as { sid: string };
        const [cookie, ...others] = response.headers.getSetCookie();
        assert.deepEqual(cookie!.split("; ").toSorted(), ["HttpOnly", "Path=/", "SameSite=Strict", `route=${sid}`]);
        assert.deepEqual(others, ["first=1", "second=2; Path=/"]);
      },
    },
  },
  {
    name: "compression of polling replies",
    needs: ["is on its own"],
    ways: ["polling"],
    scenarios: {
      "from 1,024 bytes, when the client takes it": async (stage) => {
        const session = await stage.raw();
        await session.connect();
        const text = "0123456789".repeat(500);
        await session.send(`42["echo","${text}"]`);
        const response = await stage.fetch(session.query(), { headers: { "accept-encoding": "gzip" } });
        assert.equal(response.headers.get("content-encoding"), "gzip");
        // A ping may come along.
        const packets = (await response.text()).split("\u001E").filter((packet) => packet !== "2");
        assert.deepEqual(packets, [`42["echo","${text}"]`]);
      },
    },
  },
  {
    name: "sub-protocol of a WebSocket",
    needs: ["is on its own"],
    ways: ["websocket"],
    scenarios: {
      "the first that the client offers": async (stage) => {
        const { protocol } = await stage.dial("?EIO=4&transport=websocket", { protocols: ["one", "two"] });
        assert.equal(protocol, "one");
      },
    },
  },
  {
    name: "the browser's client at `/socket.io/socket.io.js`",
    needs: ["serves the client", "is on its own"],
    ways: ["polling"],
    scenarios: {
      "is served": async (stage) => {
        const response = await stage.fetch("socket.io.js");
        assert.deepEqual([response.status, response.headers.get("content-type")], [200, "application/javascript; charset=utf-8"]);
        assert.match(await response.text(), /Socket\.IO v4/);
      },
    },
  },
];

async function arrive(stage: Stage, extraHeaders: Record<string, string>): Promise<Identity> {
  const client = await stage.join("/", { extraHeaders });
  await stage.step();
  return whoIs(client);
}

async function handshakeHeaders(stage: Stage): Promise<Headers> {
  if (stage.way === "websocket") return (await stage.dial("?EIO=4&transport=websocket")).headers;
  const response = await stage.fetch("?EIO=4&transport=polling");
  await response.text();
  return response.headers;
}
