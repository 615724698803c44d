import type { DrainOptions, Limits } from "../../src/index.ts";
import { drawAct, drawPad } from "./acts.ts";
import { type EngineManners, goodManners } from "./clients/engine-client.ts";
import { drawAttack } from "./clients/grammar.ts";
import { type Message, ordinary } from "./clients/client.ts";
import { middlewareChoices } from "./middleware.ts";
import { Random, type Weights, weights } from "./random.ts";
import { type ClientPlan, type FaultKind, type Scenario, type SimulatedOptions, type Step, faultKinds } from "./scenario.ts";

const namespaces = ["/", "/", "/a", "/b", "/d1", "/d2"];

/** How probable it is that a run has what bugs of returns and of the released client need. */
interface Odds {
  readonly released: number;
  readonly recovery: number;
  readonly skipMiddlewares: number;
}

const odds: Readonly<Record<Draw, Odds>> = {
  // The released client is slow.
  ordinary: { released: 1 / 200, recovery: 0.35, skipMiddlewares: 0.7 },
  returns: { released: 1 / 2, recovery: 0.8, skipMiddlewares: 0.5 },
};

/** What seeds become: a bit of everything, or mostly returns of released clients. */
export type Draw = "ordinary" | "returns";

export function isDraw(name: string): name is Draw {
  return Object.hasOwn(odds, name);
}

/** The scenario of a seed: always the same one. */
export function drawScenario(seed: number, draw: Draw = "ordinary"): Scenario {
  const { released: releasedOdds, ...recovery } = odds[draw];
  const random = new Random(seed, "scenario");
  const faults = faultKinds.filter(() => random.chance(0.5));
  const old = new Random(seed, "old clients");
  const allowEIO3 = old.chance(0.2);
  const options = { ...drawSlowConsumer(new Random(seed, "slow consumer"), drawOptions(new Random(seed, "options"), faults, recovery)), ...(allowEIO3 && { allowEIO3 }) };
  const drawn = Array.from({ length: random.between(1, 4) }, () => drawClient(random, faults, options));
  const known = drawn.map((plan) => (allowEIO3 && old.chance(0.6) ? makeOld(old, plan, options) : plan));
  const released = new Random(seed, "released client");
  const clients = released.chance(releasedOdds) ? known.map((plan) => (released.chance(0.7) ? makeReleased(plan) : plan)) : known;
  const count = random.pick([60, 100, 200, 400]);
  const kinds = weighSteps(faults);
  const steps = Array.from({ length: count }, () => drawStep(random, kinds, clients));
  const warmUp = random.pick([0, 5, 200]);
  const end = new Random(seed, "end");
  return { seed, options, platform: drawPlatform(random, faults), faults, clients, warmUp, steps, ...(end.chance(0.25) && { restart: drawDrain(end) }) };
}

function drawPlatform(random: Random, faults: readonly FaultKind[]): Scenario["platform"] {
  // What is kept over a sleep is in terms of the wall clock: one that jumps meanwhile cannot be told from one that went on.
  const sleeps = faults.includes("eviction") && !faults.includes("clock jump");
  return { opensLater: random.chance(0.2), sharesFrames: random.chance(0.3), sleeps };
}

// ---- the server

/** Smallest value that ordinary use needs, and the unit that is added once, twice or three times. */
const tiny: Readonly<Partial<Record<keyof Limits, readonly [base: number, unit: number]>>> = {
  maxArguments: [3, 1],
  maxDepth: [3, 1],
  maxAttachments: [0, 1],
  maxReassemblyBytes: [0, 3],
  reassemblyTimeout: [0, 400],
  maxNamespaceLength: [2, 1],
  maxNamespacesPerConnection: [0, 1],
  maxRefusalsPerConnection: [0, 1],
  maxDynamicNamespaces: [0, 1],
  maxRoomsPerSocket: [0, 1],
  maxPendingAcks: [0, 1],
  highWaterMark: [0, 100],
  maxBufferedBytes: [300, 300],
  maxTotalBufferedBytes: [1000, 600],
  maxPacketsPerTurn: [0, 1],
  bodyTimeout: [300, 300],
  middlewareTimeout: [200, 200],
  maxUnauthenticated: [0, 1],
  maxRecoveryPackets: [0, 1],
  maxRecoveryBytes: [0, 200],
  maxRecoverySessions: [0, 1],
};

function drawOptions(random: Random, faults: readonly FaultKind[], { recovery, skipMiddlewares }: Omit<Odds, "released">): SimulatedOptions {
  const limits: Partial<Record<keyof Limits, number>> = {};
  for (const [name, [base, unit]] of Object.entries(tiny)) {
    // A middleware that hangs must be over before the run is.
    const isNeeded = name === "middlewareTimeout" && faults.includes("odd middleware");
    if (isNeeded || random.chance(0.15)) limits[name as keyof Limits] = base + unit * random.between(1, 3);
  }
  const isQuick = random.chance(0.5);
  return {
    pingInterval: isQuick ? random.between(400, 1500) : 25_000,
    pingTimeout: isQuick ? random.between(300, 1000) : 20_000,
    upgradeTimeout: random.pick([200, 500, 10_000]),
    connectTimeout: random.pick([500, 1500, 45_000]),
    maxHttpBufferSize: random.chance(0.2) ? 400 + 200 * random.between(1, 3) : 1e6,
    cleanupEmptyChildNamespaces: random.chance(0.5),
    handlerErrors: random.chance(0.15) ? "disconnect" : "contain",
    ...(random.chance(recovery) && { connectionStateRecovery: drawRecovery(random, skipMiddlewares) }),
    limits,
  };
}

/** Where events are dropped, they are dropped often; and nobody comes back for what was dropped. */
function drawSlowConsumer(random: Random, options: SimulatedOptions): SimulatedOptions {
  if (random.chance(0.8)) return options;
  const { connectionStateRecovery: _, ...others } = options;
  const lowest = { highWaterMark: 100 * random.between(1, 3), maxBufferedBytes: 300 + 300 * random.between(1, 3) };
  return { ...others, slowConsumer: random.pick(["drop-oldest", "drop-newest"]), limits: { ...lowest, ...(options.limits as Partial<Limits>) } };
}

function drawRecovery(random: Random, skipMiddlewares: number): { maxDisconnectionDuration: number; skipMiddlewares: boolean } {
  return { maxDisconnectionDuration: random.pick([300, 2000, 20_000]), skipMiddlewares: random.chance(skipMiddlewares) };
}

// ---- clients

function drawClient(random: Random, faults: readonly FaultKind[], { limits = {} }: SimulatedOptions): ClientPlan {
  const has = (kind: FaultKind, probability: number): boolean => faults.includes(kind) && random.chance(probability);
  const wants = new Set(Array.from({ length: random.between(1, 3) }, () => random.pick(namespaces)));
  const isSloppy = has("sloppy client", 0.3);
  return {
    manners: isSloppy ? drawSloppy(random) : { ...goodManners, ...drawTransport(random), pauses: !has("sloppy client", 0.4) },
    hostile: has("hostile client", 0.4),
    quality: { latency: has("slow line", 0.4) ? [5, 400] : [1, random.pick([1, 5, 30])], window: random.pick([0, 200, 65_536]) },
    greetings: random.pick([0, 0, 1, 3]),
    wants: [...wants].slice(0, mostNamespaces(limits)),
    retriesPosts: has("repeated POST", 0.7),
    stripsUpgrades: has("stripped upgrade", 0.3),
    idleCut: has("idle cut", 0.4) ? random.pick([50, 300, 2000]) : null,
  };
}

/** Speaks Engine.IO 3, and is in `/` whether it wants or not. */
function makeOld(random: Random, plan: ClientPlan, { limits = {} }: SimulatedOptions): ClientPlan {
  const wants = new Set(["/", ...plan.wants]);
  return { ...plan, manners: { ...plan.manners, revision3: random.pick(["bytes", "text"]) }, wants: [...wants].slice(0, mostNamespaces(limits)) };
}

/** It keeps to the protocol of today, whatever was planned. */
function makeReleased({ manners: { transport, upgrades }, ...plan }: ClientPlan): ClientPlan {
  return { ...plan, manners: { ...goodManners, transport, upgrades }, hostile: false, released: true };
}

function mostNamespaces(limits: Partial<Limits> | "hardened"): number {
  return (limits as Partial<Limits>).maxNamespacesPerConnection ?? 3;
}

function drawTransport(random: Random): Pick<EngineManners, "transport" | "upgrades"> {
  return random.pick([
    { transport: "polling", upgrades: true },
    { transport: "polling", upgrades: true },
    { transport: "polling", upgrades: false },
    { transport: "websocket", upgrades: false },
  ] as const);
}

function drawSloppy(random: Random): EngineManners {
  return {
    ...drawTransport(random),
    pauses: random.chance(0.5),
    takesTurns: random.chance(0.7),
    stamps: random.chance(0.5),
    pongs: random.chance(0.8),
  };
}

// ---- steps

const ordinaryWeights = { say: 450, app: 300, join: 50, "leave namespace": 30, come: 70, go: 20, heal: 50 };

const faultWeights: Readonly<Record<string, number>> = {
  reset: 40,
  finish: 30,
  vanish: 20,
  stall: 30,
  pause: 50,
  "clock jump": 20,
  restart: 4,
  eviction: 30,
  "close server": 8,
  "hostile client": 140,
  "odd middleware": 50,
  "odd farewell": 30,
  "odd answers": 30,
};

function weighSteps(faults: readonly FaultKind[]): Weights<string> {
  const each: Record<string, number> = { ...ordinaryWeights };
  for (const fault of faults) each[fault] = faultWeights[fault] ?? 0;
  return weights(each);
}

function drawStep(random: Random, kinds: Weights<string>, clients: readonly ClientPlan[]): Step {
  const after = random.chance(0.04) ? random.between(500, 4000) : random.chance(0.5) ? 0 : random.between(1, 60);
  return { after, ...drawWhat(random, random.weighed(kinds), clients) } as Step;
}

function drawWhat(random: Random, kind: string, clients: readonly ClientPlan[]): object {
  const client = random.below(clients.length);
  switch (kind) {
    case "say":
      return { do: "say", client, message: drawMessage(random) };
    case "app":
      return { do: "app", act: drawAct(random), choice: random.below(100) };
    case "join":
    case "leave namespace":
      return { do: kind, client, nsp: random.pick(namespaces) };
    case "hostile client": {
      const hostile = clients.findIndex((plan) => plan.hostile);
      if (hostile === -1) return { do: "say", client, message: drawMessage(random) };
      return { do: "attack", client: hostile, input: drawAttack(random) };
    }
    case "odd middleware":
      return { do: "auth", client, auth: { ...ordinary, middleware: random.pick(middlewareChoices) } };
    case "odd farewell":
      return { do: "auth", client, auth: { ...ordinary, farewell: random.pick(["throw", "join", "disconnect", "emit", "broadcast"]) } };
    case "odd answers":
      return { do: "answers", client, answers: random.pick(["now", "later", "twice", "never"]) };
    default:
      return drawFault(random, kind, client);
  }
}

function drawFault(random: Random, kind: string, client: number): object {
  switch (kind) {
    case "reset":
    case "finish":
    case "vanish": {
      const cut = ({ reset: "reset", finish: "finished", vanish: "vanished" } as const)[kind];
      return { do: "cut", client, cut, ...(random.chance(0.7) && { which: random.below(5) }) };
    }
    case "stall":
      return { do: "stall", client, direction: random.pick(["up", "down"]) };
    case "pause":
      return { do: "pause", ms: random.pick([30, 300, 500, 700, 900, 900, 1200, 5000, 60_000]) };
    case "clock jump":
      return { do: "clock jump", ms: random.pick([-86_400_000, -5000, 5000, 86_400_000]) };
    case "eviction":
      return { do: "evict" };
    case "close server": {
      const close = { do: kind, ...(random.chance(0.6) && { drain: drawDrain(random) }) };
      return random.chance(0.5) ? close : { do: "say", client, message: { ...drawMessage(random), act: close } };
    }
    default: // come, go, heal, restart
      return { do: kind, client };
  }
}

function drawDrain(random: Random): DrainOptions {
  return { drain: random.pick([0, 200, 5000]), spread: random.pick([0, 300, 3000]), force: random.pick([300, 2000, 10_000]) };
}

function drawMessage(random: Random): Message {
  return {
    nsp: random.pick(namespaces),
    act: drawAct(random),
    pad: drawPad(random),
    blobs: random.chance(0.15) ? random.between(1, 2) : 0,
    ack: random.chance(0.4),
  };
}
