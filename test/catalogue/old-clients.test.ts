/** Bad input from clients of Engine.IO 3. */
import assert from "node:assert/strict";
import { assertEnd } from "./outcome.ts";
import { row } from "./row.ts";
import type { TestServer } from "./server.ts";
import type { HttpReply } from "./wire.ts";

const old = { allowEIO3: true };

/** A polling session of revision 3, which is in the namespace `/` without asking. */
class OldPolling {
  readonly sid: string;
  readonly #server: TestServer;

  private constructor(server: TestServer, sid: string) {
    this.#server = server;
    this.sid = sid;
  }

  static async join(server: TestServer): Promise<OldPolling> {
    const { body } = await server.request("GET", "/socket.io/?EIO=3&transport=polling&b64=1");
    const open = /^(\d+):0(.*)$/.exec(body) ?? assert.fail(body);
    assert.equal(Number(open[1]), open[2]!.length + 1);
    const client = new OldPolling(server, (JSON.parse(open[2]!) as { sid: string }).sid);
    assert.equal((await client.get()).body, "2:40");
    await server.first("connection", client);
    return client;
  }

  get(): Promise<HttpReply> {
    return this.#server.request("GET", this.#target());
  }

  post(body: string | Uint8Array): Promise<HttpReply> {
    const type = typeof body === "string" ? "text/plain;charset=UTF-8" : "application/octet-stream";
    return this.#server.request("POST", this.#target(), { headers: { "content-type": type }, body });
  }

  async echo(): Promise<void> {
    const event = '42["echo",1]';
    assert.equal((await this.post(`${event.length}:${event}`)).body, "ok");
    assert.equal((await this.get()).body, `${event.length}:${event}`);
  }

  #target(): string {
    return `/socket.io/?EIO=3&transport=polling&b64=1&sid=${this.sid}`;
  }
}

const text = (packet: string): string => `${packet.length}:${packet}`;
const bytes = (...parts: (number | string)[]): Buffer => {
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.of(part))));
};

const event = '42["a"]';

for (const { id, bodies } of [
  { id: "E01", bodies: ["9999999:4a", "-1:4a", "a:4a", ":4a", "1", `8:${event}`, "", "1:7", "2:6x3:4"] },
  { id: "E06", bodies: [bytes("junk"), bytes(2, 1, 255, "2"), bytes(0, 48, 49, 255, "2"), bytes(0, ...Array<number>(400).fill(1), 255, "2"), bytes(0, 255, "2")] },
  { id: "E07", bodies: [bytes(), bytes(0), bytes(0, 7), bytes(0, 7, 255), bytes(0, 7, 255, event.slice(1)), bytes(1, 2, 255, 4)] },
] as const) {
  row(id, old, async (server) => {
    for (const body of bodies) {
      const client = await OldPolling.join(server);
      assert.deepEqual([(await client.post(body)).status], [400], JSON.stringify(body));
      await assertEnd(server, client, "PE", body);
      assert.deepEqual(server.all("event", client), []);
    }
  });
}

row("E02", old, async (server) => {
  const client = await OldPolling.join(server);
  assert.equal((await client.post(`5:${event}`)).body, "ok");
  assert.match((await client.get()).body, /1:1$/);
  await assertEnd(server, client, "FC+err(invalid payload)");
});

row("E03", old, async (server) => {
  const client = await OldPolling.join(server);
  assert.equal((await client.post("0:")).body, "ok");
  assert.equal((await client.post(`0:${text(event)}0:`)).body, "ok");
  assert.deepEqual((await server.first("event", client)).args, ["a"]);
  await client.echo();
});

row("E04", old, async (server) => {
  const client = await OldPolling.join(server);
  assert.equal((await client.post(text("40"))).body, "ok");
  assert.equal((await client.post(text("40/?token=x"))).body, "ok");
  await client.echo();
  assert.equal(server.all("connection", client).length, 1);
});

row("E05", old, async (server) => {
  const client = await OldPolling.join(server);
  for (const ping of ["2", "2probe"]) {
    assert.equal((await client.post(text(ping))).body, "ok");
    assert.equal((await client.get()).body, "1:3");
  }
  assert.equal((await client.post(text("3"))).body, "ok");
  await assertEnd(server, client, "TE(invalid heartbeat direction)");
});

row("E08", old, async (server) => {
  const client = await OldPolling.join(server);
  assert.equal((await client.post(text("40//[a/"))).body, "ok");
  assert.match((await client.get()).body, /1:1$/);
  await assertEnd(server, client, "FC+err(Invalid URL)");
});

row("H38", old, async (server) => {
  for (const index of ["abc", "", "1a", "-1", "__proto__"]) {
    const { status, body } = await server.request("GET", `/socket.io/?EIO=3&transport=polling&j=${index}`);
    assert.deepEqual([status, body], [400, '{"code":3,"message":"Bad request"}'], index);
  }
  const { status } = await server.request("GET", "/socket.io/?EIO=3&transport=polling&j=0&j=1");
  assert.equal(status, 400);
});

row("H37", old, async (server) => {
  const old3 = await server.request("GET", "/socket.io/?EIO=3&transport=polling&j=0");
  assert(old3.body.startsWith('___eio[0]("'), old3.body);
  const new4 = await server.request("GET", "/socket.io/?EIO=4&transport=polling&j=0");
  assert.deepEqual([new4.status, new4.headers["content-type"]], [200, "text/plain; charset=UTF-8"]);
  assert(new4.body.startsWith('0{"sid"'), new4.body);
});
