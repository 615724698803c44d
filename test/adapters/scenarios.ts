/** What a cluster of two servers must do, whatever carries it: driven by clients alone. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "vitest";
import type { Shown } from "./app.ts";
import { Member } from "./member.ts";

/** Two servers that run `app`, and know of each other. */
export interface Cluster {
  readonly a: string;
  readonly b: string;
}

let rooms = 0;

/** Registers the scenarios as tests. `cluster` is asked when they run. */
export function describeCluster(cluster: () => Cluster): void {
  test("`emit` reaches the clients of both servers, once and in order", async () => {
    const { here, there } = await meet(cluster());
    for (const [index, by] of [here, there].entries()) {
      for (let count = 0; count < 20; count++) void by.io(["emit", "count", index, count]);
      await by.io(["emit", "end"]);
      for (const member of [here, there]) {
        assert.deepEqual(await member.until("end"), Array.from({ length: 20 }, (_, count) => ["count", index, count]));
      }
    }
  });

  test("`broadcast` spares the sender, `local` the other server", async () => {
    const { here, there } = await meet(cluster());
    await here.own(["broadcast"], ["emit", "from one"]);
    await here.io(["local"], ["emit", "for one"]);
    await here.io(["emit", "end"]);
    assert.deepEqual(await here.until("end"), [["for one"]]);
    assert.deepEqual(await there.until("end"), [["from one"]]);
  });

  test("rooms, their union and `except` select on both servers", async () => {
    const { here, there } = await meet(cluster());
    const [red, blue] = [newRoom(), newRoom()];
    await here.own(["join", [red, blue]]);
    await there.own(["join", red]);
    await reach(there, here, red);
    await reach(here, there, red);
    await here.io(["to", red], ["emit", "red"]);
    await here.io(["to", [red, blue]], ["emit", "union"]);
    await here.io(["to", red], ["except", blue], ["emit", "not blue"]);
    await here.io(["emit", "end"]);
    await there.io(["to", blue], ["emit", "blue"]);
    await there.io(["except", there.id], ["emit", "not there"]);
    await there.io(["to", red], ["except", here.id], ["emit", "not here"]);
    await there.io(["emit", "END"]);
    assert.deepEqual(names(await here.until("end", "END")).toSorted(), ["blue", "not there", "red", "union"]);
    assert.deepEqual(names(await there.until("end", "END")).toSorted(), ["not blue", "not here", "red", "union"]);
  });

  test("a socket is reached by its id from the other server", async () => {
    const { here, there } = await meet(cluster());
    await reach(here, there, there.id);
    await here.io(["to", there.id], ["emit", "only you", { deep: [1, null, "ü"] }]);
    await here.io(["to", there.id], ["emit", "end"]);
    assert.deepEqual(await there.until("end"), [["only you", { deep: [1, null, "ü"] }]]);
  });

  test("binary arrives as it was, nested and in any number", async () => {
    const { here, there } = await meet(cluster());
    const value = { bytes: Buffer.from([0, 1, 255]), list: [Buffer.from("ab"), { deep: Buffer.alloc(0) }] };
    for (const by of [here, there]) {
      await by.io(["emit", "binary", value, Buffer.from([7])]);
      for (const member of [here, there]) assert.deepEqual(await member.heard.next(), ["binary", value, Buffer.from([7])]);
    }
  });

  test("a message of 100 kB goes through", async () => {
    const { here, there } = await meet(cluster());
    const text = "ü".repeat(50_000);
    await here.io(["emit", "large", text]);
    assert.deepEqual(await there.heard.next(), ["large", text]);
  });

  test("`fetchSockets` finds the sockets of both servers, with rooms, data and handshake", async () => {
    const { here, there } = await meet(cluster());
    const red = newRoom();
    for (const member of [here, there]) await member.own(["join", red]);
    for (const by of [here, there]) {
      const found = (await by.io(["in", red], ["fetchSockets"])) as Shown[];
      assert.deepEqual(byId(found), byId([shown(here, "here", red), shown(there, "there", red)]));
      assert.deepEqual(ids((await by.io(["local"], ["in", red], ["fetchSockets"])) as Shown[]), [by.id]);
    }
  });

  test("`socketsJoin` and `socketsLeave` act on both servers", async () => {
    const { here, there } = await meet(cluster());
    const [red, blue] = [newRoom(), newRoom()];
    for (const member of [here, there]) await member.own(["join", red]);
    await here.io(["in", red], ["socketsJoin", blue]);
    await eventually(async () => {
      assert.deepEqual(ids((await there.io(["in", blue], ["fetchSockets"])) as Shown[]), [here.id, there.id].toSorted());
    });
    await there.io(["in", here.id], ["socketsLeave", red]);
    await eventually(async () => {
      assert.deepEqual(ids((await there.io(["in", red], ["fetchSockets"])) as Shown[]), [there.id]);
      assert.deepEqual(await here.own(["rooms"]), [blue, here.id].toSorted());
    });
  });

  test("`disconnectSockets` ends sockets of both servers", async () => {
    const { here, there } = await meet(cluster());
    const red = newRoom();
    const guests = await Promise.all([cluster().a, cluster().b].map((url) => Member.join(url)));
    for (const guest of guests) await guest.own(["join", red]);
    const reasons = guests.map(({ socket }) => new Promise((resolve) => socket.once("disconnect", resolve)));
    await here.io(["in", red], ["disconnectSockets"]);
    assert.deepEqual(await Promise.all(reasons), ["io server disconnect", "io server disconnect"]);
    assert.ok(here.socket.connected && there.socket.connected);
  });

  test("`serverSideEmit` reaches the other server alone", async () => {
    const { here, there } = await meet(cluster());
    await here.io(["serverSideEmit", "note", 1, { deep: ["x"] }]);
    const [event, , ...args] = await there.heard.next();
    assert.deepEqual([event, ...args], ["noted", 1, { deep: ["x"] }]);
    await here.io(["emit", "end"]);
    assert.deepEqual(await here.until("end"), []);
  });

  test("`serverSideEmitWithAck` collects the answer of the other server", async () => {
    const { here, there } = await meet(cluster());
    const [one, other] = [await here.io(["serverSideEmitWithAck", "who"]), await there.io(["serverSideEmitWithAck", "who"])] as string[][];
    assert.deepEqual([one?.length, other?.length], [1, 1]);
    assert.notDeepEqual(one, other);
  });

  test("an acknowledged broadcast collects the answers of both servers", async () => {
    const { here, there } = await meet(cluster());
    for (const [index, member] of [here, there].entries()) {
      member.socket.on("ask", (question: number, answer: (value: unknown) => void) => answer([index, question, Buffer.from([index])]));
    }
    for (const by of [here, there]) {
      const answers = (await by.io(["timeout", 3_000], ["emitWithAck", "ask", 42])) as [number, number, Buffer][];
      assert.deepEqual(
        answers.toSorted(([left], [right]) => left - right),
        [[0, 42, Buffer.from([0])], [1, 42, Buffer.from([1])]],
      );
    }
  });

  test("an acknowledged broadcast without a client has no answer to wait for", async () => {
    const { here } = await meet(cluster());
    assert.deepEqual(await here.io(["to", newRoom()], ["timeout", 3_000], ["emitWithAck", "ask"]), []);
  });

  test("an acknowledged broadcast ends in time, with the answers so far", async () => {
    const { here, there } = await meet(cluster());
    here.socket.on("ask", (answer: (value: string) => void) => answer("yes"));
    there.socket.on("ask", () => {});
    for (const by of [here, there]) {
      const { error, responses } = await by.attempt(["timeout", 300], ["emitWithAck", "ask"]);
      assert.deepEqual([error, responses], ["operation has timed out", ["yes"]]);
    }
  });

  test("one socket of the other server answers for itself", async () => {
    const { here, there } = await meet(cluster());
    there.socket.on("ask", (question: string, answer: (value: string) => void) => answer(`${question}!`));
    await reach(here, there, there.id);
    assert.deepEqual(await here.io(["to", there.id], ["timeout", 3_000], ["emitWithAck", "ask", "you"]), ["you!"]);
  });

  test("namespaces do not hear of each other", async () => {
    const { here, there } = await meet(cluster());
    const [near, far] = await Promise.all([cluster().a, cluster().b].map((url) => Member.join(`${url}/other`)));
    assert.ok(near && far);
    await ready(near);
    await near.io(["emit", "other"]);
    await here.io(["emit", "main"]);
    assert.deepEqual(await far.heard.next(), ["other"]);
    assert.deepEqual(await near.heard.next(), ["other"]);
    for (const member of [here, there]) assert.deepEqual(await member.heard.next(), ["main"]);
    assert.equal(((await far.io(["fetchSockets"])) as Shown[]).length, 2);
  });
}

/** One client at each server, when the servers know of each other. */
async function meet({ a, b }: Cluster): Promise<{ readonly here: Member; readonly there: Member }> {
  const [here, there] = await Promise.all([Member.join(a, { auth: { name: "here" } }), Member.join(b, { auth: { name: "there" } })]);
  await ready(here);
  await ready(there);
  return { here, there };
}

/** Settles when the client's server knows of the other ones. */
export function ready(member: Member, servers = 2): Promise<void> {
  return eventually(async () => assert.equal(await member.io(["adapter"], ["serverCount"]), servers));
}

/** Settles when what `by` sends to `room` reaches `member`: a server may still be on its way to say that it has such a room. */
async function reach(by: Member, member: Member, room: string): Promise<void> {
  const probe = `probe ${newRoom()}`;
  await eventually(async () => {
    await by.io(["to", room], ["emit", probe]);
    await sleep(10);
    assert.ok(member.probes.has(probe));
  });
}

/** Waits until `check` passes; its last failure is that of the test. */
export async function eventually(check: () => Promise<void> | void, milliseconds = 5_000): Promise<void> {
  const end = performance.now() + milliseconds;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(20);
    }
  }
}

function newRoom(): string {
  return `room ${++rooms}`;
}

function shown({ id }: Member, name: string, room: string): Shown {
  return { id, rooms: [id, room].toSorted(), data: { given: { name } }, auth: { name } };
}

function byId(sockets: readonly Shown[]): unknown[] {
  return sockets.toSorted((left, right) => (left.id < right.id ? -1 : 1));
}

function ids(sockets: readonly Shown[]): string[] {
  return sockets.map(({ id }) => id).toSorted();
}

function names(events: readonly unknown[][]): unknown[] {
  return events.map(([name]) => name);
}
