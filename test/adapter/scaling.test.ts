/** What a step costs does not grow with who is not concerned: counted, not timed. */
import assert from "node:assert/strict";
import { test } from "#test";
import { Losses } from "../../src/adapter/recovery-losses.ts";
import { Tracks } from "../../src/adapter/recovery-tracks.ts";
import { MemoryServer } from "../memory/server.ts";
import { crowd } from "../server/client.ts";

/** Steps that `work` makes on maps and sets. */
function count(work: () => void): number {
  let steps = 0;
  const restore = [Map, Set].flatMap(({ prototype }) => {
    const methods = prototype as unknown as Record<PropertyKey, (...args: unknown[]) => unknown>;
    return ["get", "set", "add", "has", "delete", "values", "keys", Symbol.iterator].flatMap((name) => {
      const original = methods[name];
      if (original === undefined) return [];
      methods[name] = function counted(this: unknown, ...args: unknown[]) {
        steps += name === "values" || name === "keys" || name === Symbol.iterator ? (this as Set<unknown>).size : 1;
        return original.apply(this, args);
      };
      return [() => (methods[name] = original)];
    });
  });
  try {
    work();
  } finally {
    for (const each of restore) each();
  }
  return steps;
}

/** The steps of `work` in a namespace of so many sockets, all of them in so many rooms. */
async function stepsAmong(size: number, rooms: number, work: (io: MemoryServer, id: string) => void): Promise<number> {
  const io = new MemoryServer({ limits: { maxRoomsPerSocket: 1_000_000 } });
  await crowd(io, size);
  const sockets = [...io.of("/").sockets.values()];
  for (const socket of sockets) void socket.join(Array.from({ length: rooms }, (_, at) => `room ${at}`));
  for (const socket of sockets.slice(0, 5)) void socket.join("five");
  const steps = count(() => work(io, sockets[0]!.id));
  assert(steps > 0);
  return steps;
}

const steps: Record<string, (io: MemoryServer, id: string) => void> = {
  "a socket joins a room": (io, id) => io.of("/").sockets.get(id)?.join("one more"),
  "a socket leaves a room": (io, id) => io.of("/").sockets.get(id)?.leave("room 0"),
  "a room of five is told something": (io) => io.to("five").emit("event"),
  "one socket is told something": (io, id) => io.to(id).emit("event"),
};

for (const [what, work] of Object.entries(steps)) {
  test(`${what}: as many steps among 100 sockets with 100 rooms as among ten with ten`, async () => {
    assert.equal(await stepsAmong(100, 100, work), await stepsAmong(10, 10, work));
  });
}

test("everyone is told something: as many steps for each of 100 as for each of ten", async () => {
  const each = async (size: number): Promise<number> => (await stepsAmong(size, 1, (io) => io.emit("event"))) / size;
  const [many, few] = [await each(100), await each(10)];
  assert(many <= few, `${many} steps among 100, ${few} among ten`);
});

/** How often a past stay is looked at to tell which of `events` events a socket got that was in their room for every other one. */
function looksAmong(events: number): number {
  const tracks = new Tracks(Infinity, new Losses());
  const track = tracks.add("socket");
  track.since = 0;
  let looks = 0;
  for (let from = 0; from < events; from += 2) {
    tracks.addPast({ track, room: "room", from, get until() { return (looks += 1), from + 1; } });
  }
  for (let seq = 1; seq <= events; seq++) assert.equal(track.got(seq, { rooms: ["room"], except: [] }), seq % 2 === 1);
  return looks;
}

test("what a socket missed that kept joining and leaving: hardly more looks for each event among 4000 than among 1000", () => {
  const [many, few] = [looksAmong(4000), looksAmong(1000)];
  assert(many < 4 * 1.5 * few, `${many} looks for 4000 events, ${few} for 1000`);
});
