import type { DrainOptions } from "../../src/index.ts";
import { type Random, weights } from "./random.ts";

/** How an emission asks for an answer. */
export type AckForm = "none" | "callback" | "timed" | "promise" | "timed promise";

/** What the app does: in a step of the scenario, or inside a listener because a client's message says so. */
export type Act =
  | { readonly do: "nothing" | "throw" | "reject" | "answer twice" | "answer never" }
  | { readonly do: "emit"; readonly pad: number; readonly blobs: number; readonly volatile: boolean; readonly ack: AckForm; readonly ms: number }
  | {
      readonly do: "broadcast";
      readonly from: "namespace" | "socket";
      readonly rooms: readonly string[];
      readonly except: readonly string[];
      readonly pad: number;
      readonly volatile: boolean;
      readonly ack: AckForm;
      readonly ms: number;
    }
  | { readonly do: "join" | "leave"; readonly room: string }
  | { readonly do: "join all" | "leave all"; readonly rooms: readonly string[]; readonly room: string }
  | { readonly do: "disconnect"; readonly close: boolean }
  | { readonly do: "disconnect all"; readonly rooms: readonly string[]; readonly close: boolean }
  | { readonly do: "hang up" }
  | { readonly do: "later"; readonly ms: number; readonly what: Act }
  | { readonly do: "close server"; readonly drain?: DrainOptions };

const rooms = ["r1", "r2", "r3"];

const kinds = weights({
  nothing: 30,
  emit: 30,
  broadcast: 18,
  join: 14,
  leave: 6,
  "join all": 2,
  "leave all": 2,
  disconnect: 3,
  "disconnect all": 1,
  "hang up": 1,
  throw: 4,
  reject: 3,
  "answer twice": 4,
  "answer never": 4,
  later: 6,
});

export function drawAct(random: Random): Act {
  const kind = random.weighed(kinds);
  switch (kind) {
    case "emit":
      return { do: kind, pad: drawPad(random), blobs: random.chance(0.2) ? random.between(1, 3) : 0, ...drawWay(random) };
    case "broadcast": {
      const from = random.pick(["namespace", "socket"] as const);
      return { do: kind, from, rooms: some(random), except: random.chance(0.3) ? some(random) : [], pad: drawPad(random), ...drawWay(random) };
    }
    case "join":
    case "leave":
      return { do: kind, room: random.pick(rooms) };
    case "join all":
    case "leave all":
      return { do: kind, rooms: some(random), room: random.pick(rooms) };
    case "disconnect":
      return { do: kind, close: random.chance(0.3) };
    case "disconnect all":
      return { do: kind, rooms: [random.pick(rooms)], close: random.chance(0.3) };
    case "later":
      return { do: kind, ms: random.between(1, 600), what: drawAct(random) };
    default:
      return { do: kind };
  }
}

function drawWay(random: Random): { volatile: boolean; ack: AckForm; ms: number } {
  const ack = random.chance(0.4) ? random.pick(["callback", "timed", "promise", "timed promise"] as const) : "none";
  return { volatile: random.chance(0.15), ack, ms: random.between(20, 1500) };
}

/** Mostly little, sometimes enough to run into limits of bytes. */
export function drawPad(random: Random): number {
  return random.chance(0.15) ? random.between(100, 700) : random.between(0, 20);
}

function some(random: Random): string[] {
  return rooms.filter(() => random.chance(0.4));
}
