import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "#test";
import { type RoomEvents, Rooms } from "../../src/adapter/rooms.ts";

type Told = [event: keyof RoomEvents, room: string, id?: string];

function recorded(also: (rooms: Rooms, told: Told) => void = () => {}): { readonly rooms: Rooms; readonly told: Told[] } {
  const told: Told[] = [];
  const rooms = new Rooms((event, room, id) => {
    const entry: Told = id === undefined ? [event, room] : [event, room, id];
    told.push(entry);
    also(rooms, entry);
  });
  return { rooms, told };
}

/** The two maps mirror each other, and hold no empty room. */
function assertInverse({ members, sids }: Rooms): void {
  const pairs = (map: ReadonlyMap<string, ReadonlySet<string>>): [string, string][] =>
    [...map].flatMap(([key, values]) => [...values].map((value): [string, string] => [key, value]));
  const joined = new Set(pairs(sids).map(([id, room]) => JSON.stringify([id, room])));
  const peopled = new Set(pairs(members).map(([room, id]) => JSON.stringify([id, room])));
  assert.deepEqual(joined, peopled);
  for (const [room, ids] of members) assert.ok(ids.size > 0, `${room} is empty`);
}

const name = fc.constantFrom("a", "b", "c", "d");
const names = fc.array(name, { maxLength: 3 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("add" as const), id: name, room: name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove" as const), id: name, room: name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("removeAll" as const), id: name, room: name }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function perform(rooms: Rooms, { kind, id, room }: Step): void {
  if (kind === "add") rooms.add(id, [room]);
  else if (kind === "remove") rooms.remove(id, room);
  else rooms.removeAll(id);
}

/** What one step changes, told in the simplest way there is. */
class Model {
  readonly pairs = new Set<string>();

  perform({ kind, id, room }: Step): void {
    if (kind === "add") this.pairs.add(`${id} ${room}`);
    else if (kind === "remove") this.pairs.delete(`${id} ${room}`);
    else for (const pair of this.pairs) if (pair.startsWith(`${id} `)) this.pairs.delete(pair);
  }

  select(wanted: readonly string[], except: readonly string[]): Set<string> {
    const inAny = (id: string, rooms: readonly string[]): boolean => rooms.some((room) => this.pairs.has(`${id} ${room}`));
    const ids = [...new Set([...this.pairs].map((pair) => pair.split(" ")[0]!))];
    return new Set(ids.filter((id) => (wanted.length === 0 || inAny(id, wanted)) && !inAny(id, except)));
  }
}

describe("Rooms", () => {
  test("keeps its two maps the inverse of each other, whatever happens (I9)", () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { rooms } = recorded();
      const model = new Model();
      for (const each of steps) {
        perform(rooms, each);
        model.perform(each);
        assertInverse(rooms);
      }
      const pairs = [...rooms.sids].flatMap(([id, joined]) => [...joined].map((room) => `${id} ${room}`));
      assert.deepEqual(new Set(pairs), model.pairs);
    }));
  });

  test("tells of each change, so that who listens knows as much (ADP-1)", () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { rooms, told } = recorded();
      for (const each of steps) perform(rooms, each);
      const heard = new Map<string, Set<string>>();
      for (const [event, room, id] of told) {
        if (event === "create-room") assert.ok(!heard.has(room) && heard.set(room, new Set()));
        if (event === "join-room") assert.ok(!heard.get(room)!.has(id!) && heard.get(room)!.add(id!));
        if (event === "leave-room") assert.ok(heard.get(room)!.delete(id!));
        if (event === "delete-room") assert.ok(heard.get(room)!.size === 0 && heard.delete(room));
      }
      assert.deepEqual(heard, rooms.members);
    }));
  });

  test("selects the union of rooms without those excepted, each id once (BCO-2)", () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), names, names, (steps, wanted, except) => {
      const { rooms } = recorded();
      const model = new Model();
      for (const each of steps) {
        perform(rooms, each);
        model.perform(each);
      }
      // Who has left all rooms but is still known counts as somebody when no room is asked for.
      for (const [id, joined] of rooms.sids) if (joined.size === 0) rooms.removeAll(id);
      const visited: string[] = [];
      rooms.forEach({ rooms: new Set(wanted), except: new Set(except) }, (id) => void visited.push(id));
      assert.equal(new Set(visited).size, visited.length);
      assert.deepEqual(new Set(visited), model.select([...new Set(wanted)], except));
    }));
  });

  test("stays in order when its listeners change it while they are told (I27)", () => {
    fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 10 }), fc.array(step, { maxLength: 10 }), (steps, replies) => {
      const left = [...replies];
      const { rooms } = recorded((self) => {
        const reply = left.shift();
        if (reply !== undefined) perform(self, reply);
      });
      for (const each of steps) perform(rooms, each);
      assertInverse(rooms);
    }), { numRuns: 500 });
  });

  test("tells in this order: create, join, leave, delete (ADP-1)", () => {
    const { rooms, told } = recorded();
    rooms.add("1", ["red"]);
    rooms.add("2", ["red"]);
    rooms.add("2", ["red"]);
    rooms.remove("1", "red");
    rooms.remove("1", "red");
    rooms.removeAll("2");
    rooms.removeAll("2");
    assert.deepEqual(told, [
      ["create-room", "red"],
      ["join-room", "red", "1"],
      ["join-room", "red", "2"],
      ["leave-room", "red", "1"],
      ["leave-room", "red", "2"],
      ["delete-room", "red"],
    ]);
  });

  test("has put a socket's own room in sids when create-room is told (6.1)", () => {
    const seen: boolean[] = [];
    const { rooms } = recorded((self, [event, room]) => {
      if (event === "create-room") seen.push(self.sids.has(room), self.sids.get(room)!.has(room));
    });
    rooms.add("1", ["1"]);
    assert.deepEqual(seen, [true, true]);
  });

  test("leaves the set of a socket that has left empty, whoever takes its room over (6.1)", () => {
    const { rooms } = recorded((self, [event, room]) => {
      if (event === "leave-room") self.add("2", [room]);
    });
    rooms.add("1", ["1"]);
    const held = rooms.sids.get("1")!;
    rooms.removeAll("1");
    assert.deepEqual([[...held], [...rooms.members.get("1")!]], [[], ["2"]]);
  });

  test("visits a snapshot: who comes or goes because of a visit changes nothing (G6)", () => {
    for (const wanted of [[], ["red"], ["red", "blue"]]) {
      const { rooms } = recorded();
      for (const id of ["1", "2", "3"]) rooms.add(id, ["red"]);
      const visited: string[] = [];
      rooms.forEach({ rooms: new Set(wanted) }, (id) => {
        visited.push(id);
        rooms.removeAll("2");
        rooms.add("4", ["red"]);
      });
      assert.deepEqual(visited, ["1", "2", "3"]);
    }
  });
});
