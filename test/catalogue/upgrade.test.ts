/** Bad input while a polling session moves to a WebSocket. */
import assert from "node:assert/strict";
import { target, upgradeHeaders, WebSocketClient } from "./client.ts";
import { row } from "./row.ts";

const CLOSED = { code: "none", reason: "" } as const;

row("U01", {}, async (server) => {
  const polling = await server.joinedPolling();
  const poll = await server.arrival(() => polling.start("GET"));
  const client = await polling.startUpgrade();
  assert.equal((await poll.reply()).body, "6");
  await client.send("5");
  server.socketOf(polling).emit("news", 1);
  assert.equal(await client.packet(), '42["news",1]');
  await client.echo();
});

row("U02", {}, async (server) => {
  const polling = await server.joinedPolling();
  for (const frames of [["2"], ['42["a"]'], ["2probe", '42["a"]', "5"]]) {
    const client = await polling.probe();
    for (const frame of frames) await client.send(frame);
    assert.deepEqual(await client.closing(), CLOSED, String(frames));
    await polling.echo();
  }
  assert.deepEqual(server.all("event", polling).map(({ args }) => args[0]), ["echo", "echo", "echo"]);
});

row("U03", {}, async (server) => {
  const polling = await server.joinedPolling();
  const client = await polling.probe();
  await client.send("5");
  assert.deepEqual(await client.closing(), CLOSED);
  await polling.echo();
});

row("U04", {}, async (server) => {
  const polling = await server.joinedPolling();
  const first = await polling.startUpgrade();
  const second = await polling.probe();
  assert.deepEqual(await second.closing(), CLOSED);
  await first.send("5");
  await first.echo();
});

row("U05", {}, async (server) => {
  const polling = await server.joinedPolling();
  const first = await polling.upgrade();
  await first.echo();
  const second = await polling.probe();
  assert.deepEqual(await second.closing(), CLOSED);
  await first.echo();
});

row("U06", { upgradeTimeout: 1000 }, async (server) => {
  const polling = await server.joinedPolling();
  const silent = await polling.probe();
  await silent.closing();
  await polling.echo();

  const halfway = await polling.startUpgrade();
  await halfway.closing();
  await polling.echo();
});

row("U07", {}, async (server) => {
  const polling = await server.joinedPolling();
  const client = await polling.startUpgrade();
  client.raw.wire.reset();
  await polling.echo();
});

row("U08", {}, async (server) => {
  const polling = await server.joinedPolling();
  const queries = [{ EIO: "3", transport: "websocket" }, { transport: "websocket" }];
  for (const [index, query] of queries.entries()) {
    const url = target({ ...query, sid: polling.sid });
    const { status, body } = await server.request("GET", url, { headers: upgradeHeaders });
    assert.deepEqual([status, body], [400, "Bad request"]);
    const { code, context } = await server.nth(index + 1, "refused");
    assert.deepEqual([code, (context as { name: string }).name], [3, "PROTOCOL_MISMATCH"]);
  }
  await polling.echo();
});

row("U09", {}, async (server) => {
  const owner = await server.joinedWebSocket();
  const wire = await server.dial();
  wire.request("GET", target({ EIO: "4", transport: "websocket", sid: owner.sid }), { headers: upgradeHeaders });
  const { status } = await wire.reply();
  if (status === 101) {
    const thief = new WebSocketClient(wire);
    await thief.send("2probe");
    const first = await thief.incoming();
    assert(first === "dropped" || first.kind === "close", "no answer to the probe");
  } else {
    assert.equal(status, 400);
  }
  await owner.echo();
});

row("U10", {}, async (server) => {
  const polling = await server.joinedPolling();
  const client = await polling.startUpgrade();
  const poll = await server.arrival(() => polling.start("GET"));
  await client.send("5");
  assert.equal((await poll.reply()).body, "6");
  await client.echo();
});

row("U11", {}, async (server) => {
  const polling = await server.joinedPolling();
  const client = await polling.startUpgrade();
  const body = '42["polling"]';
  const parts = { headers: { "content-length": String(body.length) }, body: body.slice(0, 5) };
  const post = await server.arrival(() => polling.start("POST", {}, parts));
  await client.send("5");
  await client.send('42["websocket"]');
  post.write(body.slice(5));
  assert.equal((await post.reply()).status, 200);
  await client.echo();
  const events = server.all("event", polling).map(({ args }) => String(args[0]));
  assert.deepEqual(events.sort(), ["echo", "polling", "websocket"]);
});
