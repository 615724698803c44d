/** The tests by their names. */
import { attacks } from "./tests/attacks.mjs";
import { broadcasts } from "./tests/broadcasts.mjs";
import { churn } from "./tests/churn.mjs";
import { drain } from "./tests/drain.mjs";
import { evictions } from "./tests/evictions.mjs";
import { herd } from "./tests/herd.mjs";
import { idlePolling, idleWebSockets } from "./tests/idle.mjs";
import { mixed } from "./tests/mixed.mjs";
import { objects } from "./tests/objects.mjs";
import { killedNodes, lostRedis } from "./tests/nodes.mjs";
import { stoppedClients } from "./tests/stopped-clients.mjs";
import { stoppedServer } from "./tests/stopped-server.mjs";
import { upgrades } from "./tests/upgrades.mjs";

/** Each with the seconds after which it has failed: several times what it takes on a machine of two cores. What `--minutes` asks for comes on top. */
export const tests = {
  L1: { play: idleWebSockets, seconds: 120 },
  L2: { play: idlePolling, seconds: 120 },
  L3: { play: churn, seconds: 120 },
  L4: { play: broadcasts, seconds: 120 },
  L5: { play: upgrades, seconds: 120 },
  L6: { play: attacks, seconds: 300 },
  L7: { play: stoppedClients, seconds: 120 },
  L8: { play: stoppedServer, seconds: 120 },
  L9: { play: killedNodes, seconds: 120 },
  L10: { play: lostRedis, seconds: 120 },
  L11: { play: herd, seconds: 120 },
  L12: { play: drain, seconds: 120 },
  L13: { play: mixed, seconds: 120 },
  L14: { play: objects, seconds: 120 },
  evictions: { play: evictions, seconds: 7200 },
};

/** What `all` stands for: evictions have a server of their own, and take their time. */
export const all = Object.keys(tests).filter((name) => name !== "evictions");
