/** Bad input in the bodies of polling requests. */
import assert from "node:assert/strict";
import { assertEnd } from "./outcome.ts";
import { row } from "./row.ts";
import type { HttpReply } from "./wire.ts";

const RECORD_SEPARATOR = "\x1e";

/** Bodies that each end a session of their own. */
interface FatalBodies {
  readonly id: Parameters<typeof row>[0];
  readonly bodies: readonly (string | Uint8Array)[];
  readonly reply: readonly [status: number, body: string] | readonly [status: number];
  readonly outcome: string;
}

const fatalBodies: readonly FatalBodies[] = [
  { id: "P01", bodies: [""], reply: [400], outcome: "PE" },
  { id: "P02", bodies: ["x", "7", "9", "a", " ", "\0", "BAQID"], reply: [400], outcome: "PE" },
  { id: "P05", bodies: ["1"], reply: [200, "ok"], outcome: "TC" },
  { id: "P07", bodies: ["2", "2probe"], reply: [200, "ok"], outcome: "TE(invalid heartbeat direction)" },
  { id: "P11", bodies: [Buffer.from('42["a\xff"]', "latin1")], reply: [400], outcome: "PE" },
];

for (const { id, bodies, reply, outcome } of fatalBodies) {
  row(id, {}, async (server) => {
    for (const body of bodies) {
      const client = await server.joinedPolling();
      assertReply(await client.post(body), reply, body);
      await assertEnd(server, client, outcome, body);
      assert.deepEqual(server.all("event", client), []);
    }
  });
}

row("P08", { pingInterval: 100 }, async (server) => {
  const client = await server.joinedPolling();
  const poll = client.get();
  let reply = await client.post("3probe");
  while (reply.body === "ok") reply = await Promise.race([poll, client.post("3")]);
  assert.equal(reply.body, "2");
});

row("P09", {}, async (server) => {
  const client = await server.joinedPolling();
  for (const body of ["0{}", "5", "6"]) assertReply(await client.post(body), [200, "ok"], body);
  await client.echo();
});

row("P03", {}, async (server) => {
  const fresh = await server.polling();
  assertReply(await fresh.post(`40${RECORD_SEPARATOR}`), [400]);
  await assertEnd(server, fresh, "PE");

  const joined = await server.joinedPolling();
  assertReply(await joined.post(`42["a"]${RECORD_SEPARATOR}`), [400]);
  await assertEnd(server, joined, "PE");
  assert.deepEqual(server.all("event", joined).map(({ args }) => args), [["a"]]);
});

row("P04", {}, async (server) => {
  const client = await server.polling();
  assertReply(await client.post(`${RECORD_SEPARATOR}40`), [400]);
  await assertEnd(server, client, "PE");
  assert.deepEqual(server.all("connection", client), []);
});

row("P06", {}, async (server) => {
  const client = await server.polling();
  assertReply(await client.post(`1${RECORD_SEPARATOR}40`), [200, "ok"]);
  await assertEnd(server, client, "TC");
  assert.deepEqual(server.all("connection", client), []);
});

row("P10", {}, async (server) => {
  for (const body of ["b!!!!", "bAA", "bAAA=A", "bAQ ID"]) {
    const client = await server.joinedPolling();
    assertReply(await client.post(body), [400], body);
    await assertEnd(server, client, "PE", body);
  }
  // Nothing after the "b" is how clients send an empty attachment.
  const client = await server.joinedPolling();
  await client.send(['451-["empty",{"_placeholder":true,"num":0}]', "b"].join(RECORD_SEPARATOR));
  assert.deepEqual((await server.first("event", client)).args, ["empty", Buffer.alloc(0)]);
  await client.echo();
});

row("P12", {}, async (server) => {
  const [client, other] = [await server.joinedPolling(), await server.joinedWebSocket()];
  server.socketOf(client).on("first", () => void other.send('42["meanwhile"]'));
  const packets = ['42["first"]', ...new Array<string>(499_980).fill("6"), '42["last"]'];
  await client.send(packets.join(RECORD_SEPARATOR));
  const events = server.entries.flatMap((entry) => (entry.kind === "event" ? entry.args : []));
  assert.deepEqual(events, ["first", "meanwhile", "last"]);
  await client.echo();
});

row("P13", {}, async (server) => {
  const client = await server.polling();
  await client.send(`40${RECORD_SEPARATOR}42["a"]`);
  await client.get();
  await assertEnd(server, client, "FC");
  assert.deepEqual(server.all("event", client), []);
});

row("P14", { limits: { maxPacketsPerTurn: 1 } }, async (server) => {
  const client = await server.joinedPolling();
  const packets = ['42["first"]', ...new Array<string>(1_000).fill("6"), '42["last"]'];
  const body = packets.join(RECORD_SEPARATOR);
  const post = await client.start("POST", { t: "again" }, { body });
  // The body has come, the reply has not been written: it is never delivered.
  await server.first("event", client);
  post.reset();
  await server.nth(2, "event", client);

  assertReply(await client.post(body, { t: "again" }), [200, "ok"]);
  await client.echo();
  assert.deepEqual(server.all("event", client).map(({ args }) => args[0]), ["first", "last", "echo"]);
});

row("P15", {}, async (server) => {
  const client = await server.joinedPolling();
  const body = '42["polling"]';
  const post = await server.arrival(() => {
    return client.start("POST", {}, { headers: { "content-length": String(body.length) }, body: body.slice(0, 5) });
  });
  const ws = await client.upgrade();
  post.write(body.slice(5));
  assertReply(await post.reply(), [200, "ok"]);
  await ws.echo();
  assert.deepEqual(server.all("event", client).map(({ args }) => args[0]), ["polling", "echo"]);
});

function assertReply({ status, body }: HttpReply, expected: FatalBodies["reply"], input?: string | Uint8Array): void {
  assert.deepEqual([status, body].slice(0, expected.length), expected, JSON.stringify(input));
}
