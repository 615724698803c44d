/** Published vulnerabilities of Socket.IO's own packages: what an attacker sent, and what comes of it here. */
import assert from "node:assert/strict";
import { type Query, target, upgradeHeaders } from "../catalogue/client.ts";
import { assertEnd } from "../catalogue/outcome.ts";
import type { TestServer } from "../catalogue/server.ts";
import { closePayload, encodeFrame, Opcode } from "../catalogue/wire.ts";
import { advisory, cpuTimeOf, SOON_MS } from "./advisory.ts";

const handshake = target({ EIO: "4", transport: "polling" });
const websocket = target({ EIO: "4", transport: "websocket" });
const BYTES = Buffer.of(1, 2, 3);

/** How many sessions there are beside the innocent one. */
function sessions(server: TestServer): number {
  return server.all("open").length - 1;
}

/** A handshake as one text, so that more can follow in the same segment. */
function upgradeRequest(url: string): string {
  const fields = Object.entries({ host: "127.0.0.1", ...upgradeHeaders }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${url} HTTP/1.1\r\n${fields.join("")}\r\n`;
}

advisory("CVE-2017-16031", "ids of sessions and sockets cannot be guessed from others", {}, async (server) => {
  const clients = await Promise.all(Array.from({ length: 64 }, () => server.polling()));
  const joined = await Promise.all(clients.map((client) => client.join()));
  for (const ids of [clients.map(({ sid }) => sid), joined]) {
    assert.equal(new Set(ids).size, 64);
    for (const id of ids) assert.match(id, /^[\w-]{20}$/);
    for (let at = 0; at < 20; at++) {
      const characters = new Set(ids.map((id) => id[at]));
      assert(characters.size >= 20, `position ${at} has only ${[...characters].join("")}`);
    }
  }
  assert.equal(new Set([...clients.map(({ sid }) => sid), ...joined]).size, 128, "a socket's id does not tell the session's");
});

advisory("CVE-2020-28481", "without `cors` no other origin may read an answer", {}, async (server) => {
  for (const method of ["GET", "OPTIONS"]) {
    const headers = { origin: "https://evil.example", "access-control-request-method": "GET" };
    const reply = await server.request(method, handshake, { headers });
    const told = Object.keys(reply.headers).filter((name) => name.startsWith("access-control-"));
    assert.deepEqual(told, []);
  }
});

const onlyGood = { cors: { origin: ["https://good.example"], credentials: true } };

advisory("WS-2020-0443", "special characters in Origin do not make it an allowed one", onlyGood, async (server) => {
  const origins = ["`", " ", "$", "\\", "#", "@", "%00", "."].flatMap((mark) => [
    `https://good.example${mark}evil.example`,
    `https://evil.example${mark}good.example`,
    `https://good.example${mark}`,
  ]).filter((origin) => origin !== "https://good.example ");
  for (const origin of origins) {
    assert.equal((await server.request("GET", handshake, { headers: { origin } })).status, 403, origin);
    const reply = await server.request("GET", websocket, { headers: { ...upgradeHeaders, origin } });
    assert.equal(reply.status, 403, origin);
    assert.equal(reply.headers["access-control-allow-origin"], undefined);
  }
  assert.equal(sessions(server), 0);
});

advisory("CVE-2024-38355", "a packet named \"error\" does no harm when nobody listens for it", {}, async (server) => {
  const client = await server.joinedWebSocket();
  server.socketOf(client).removeAllListeners("error");
  for (const packet of ['42["error"]', '42["error",{"message":"x"}]', '420["error",null]']) await client.send(packet);
  await client.echo();
  assert.equal(server.all("event", client).length, 4);
  await client.send("42[");
  await assertEnd(server, client, "FC");
});

advisory("CVE-2020-36048", "a huge POST is refused before it is read", {}, async (server) => {
  const declared = await server.joinedPolling();
  const refused = await declared.start("POST", {}, { headers: { "content-length": "100000000" }, body: "4" });
  assert.equal((await refused.reply()).status, 413);
  await assertEnd(server, declared, "TE(PAYLOAD_TOO_LARGE)");

  const chunked = await server.joinedPolling();
  const wire = await chunked.start("POST", {}, { headers: { "transfer-encoding": "chunked" } });
  const chunk = `10000\r\n${"4".repeat(65_536)}\r\n`;
  for (let i = 0; i < 16; i++) wire.write(chunk);
  assert.equal((await wire.reply()).status, 413);
  await assertEnd(server, chunked, "TE(PAYLOAD_TOO_LARGE)");
});

advisory("CVE-2020-36049", "a packet of a million characters costs time in proportion", {}, async (server) => {
  const long = "1".repeat(900_000);
  const packets = [`5${long}`, `5${long}-`, `2${long}`, `2/${long}`, `2["${long}`, `2${"[".repeat(900_000)}`];
  for (const packet of packets) {
    const client = await server.joinedWebSocket();
    const took = await cpuTimeOf(async () => {
      await client.send(`4${packet}`);
      await assertEnd(server, client, "FC+err", packet);
    });
    assert(took < SOON_MS, `${packet.slice(0, 5)}… took ${took} ms`);
  }
});

advisory("CVE-2020-36049", "many tiny packets of an old client cost time in proportion", { allowEIO3: true }, async (server) => {
  for (const packet of ["2:40", "1:6", "0:", "1:"]) {
    const { body } = await server.request("GET", target({ EIO: "3", transport: "polling" }));
    const { sid } = JSON.parse(/\{.*?\}/.exec(body)![0]) as { sid: string };
    const url = target({ EIO: "3", transport: "polling", sid });
    const took = await cpuTimeOf(() => server.request("POST", url, { body: packet.repeat(900_000 / packet.length) }));
    assert(took < SOON_MS, `${packet} took ${took} ms`);
  }
});

advisory("CVE-2022-2421", "only an integer in range is the number of an attachment", {}, async (server) => {
  const numbers = ['"splice"', '"constructor"', '"__proto__"', '"length"', "{}", "[0]", "null", "true", "1", "-1", "1e99"];
  for (const num of numbers) {
    const client = await server.joinedWebSocket();
    await client.send(`451-["file",{"_placeholder":true,"num":${num}}]`);
    await client.send(BYTES);
    await assertEnd(server, client, "FC+err(illegal attachments)", num);
    assert.deepEqual(server.all("event", client), []);
  }
});

advisory("CVE-2023-32695", "the name of an event is never an object", {}, async (server) => {
  for (const packet of ['2[{"toString":"foo"}]', '2[{"toString":{}}]', "2[[]]", "2[null]", '51-[{"_placeholder":true,"num":0}]']) {
    const client = await server.joinedWebSocket();
    await client.send(`4${packet}`);
    if (packet.startsWith("5")) await client.send(BYTES);
    await assertEnd(server, client, "FC+err(invalid payload)", packet);
    assert.deepEqual(server.all("event", client), []);
  }
});

advisory("CVE-2022-21676", "a malformed frame in the handshake's own segment ends its connection only", {}, async (server) => {
  const frames = [
    { opcode: Opcode.text, payload: "x", reserved: 7 },
    { opcode: 3, payload: "x" },
    { opcode: Opcode.text, payload: "4", masked: false },
    { opcode: Opcode.close, payload: closePayload(999) },
    { opcode: Opcode.binary, declared: 2n ** 63n },
  ];
  for (const frame of frames) {
    const polling = await server.joinedPolling();
    for (const url of [websocket, polling.target({ transport: "websocket" })]) {
      const wire = await server.dial();
      wire.write(Buffer.concat([Buffer.from(upgradeRequest(url)), encodeFrame(frame)]));
      await wire.ended();
    }
    await polling.echo();
  }
});

advisory("CVE-2022-41940", "a connection that is reset while its upgrade is refused does no harm", {}, async (server) => {
  const refused: readonly Query[] = [{ EIO: "4", transport: "foo" }, { EIO: "4", transport: "websocket", sid: "unknown" }, {}];
  for (const query of refused) {
    for (let i = 0; i < 10; i++) {
      const wire = await server.dial();
      wire.write(upgradeRequest(target(query)));
      if (i % 2 === 0) await new Promise(setImmediate);
      wire.reset();
    }
  }
  assert.equal(sessions(server), 0);
});

advisory("CVE-2023-31125", "a session id with every transport there is not gets an answer", {}, async (server) => {
  const polling = await server.joinedPolling();
  const direct = await server.joinedWebSocket();
  for (const sid of [polling.sid, direct.sid, "unknown", "__proto__", ""]) {
    for (const transport of [undefined, "", "foo", "webtransport", "constructor", "polling"]) {
      const url = target({ EIO: "4", sid, ...(transport !== undefined && { transport }) });
      assert.equal((await server.request("GET", url, { headers: upgradeHeaders })).status, 400, url);
    }
  }
  await polling.echo();
  await direct.echo();
});

advisory("CVE-2026-33151", "attachments are announced in small numbers only", {}, async (server) => {
  for (const count of ["11", "1000000", "9007199254740993"]) {
    const client = await server.joinedWebSocket();
    await client.send(`45${count}-["file"]`);
    await assertEnd(server, client, "FC+err(too many attachments)", count);
  }
  const polite = await server.joinedWebSocket();
  await polite.send('4510-["file"]');
  for (let i = 0; i < 10; i++) await polite.send(BYTES);
  await server.first("event", polite);
});
