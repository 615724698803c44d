/** The tests by their names. */
import { attacks } from "./tests/attacks.mjs";
import { broadcasts } from "./tests/broadcasts.mjs";
import { churn } from "./tests/churn.mjs";
import { drain } from "./tests/drain.mjs";
import { evictions } from "./tests/evictions.mjs";
import { herd } from "./tests/herd.mjs";
import { idlePolling, idleWebSockets } from "./tests/idle.mjs";
import { objects } from "./tests/objects.mjs";
import { killedNodes, lostRedis } from "./tests/nodes.mjs";
import { stoppedClients } from "./tests/stopped-clients.mjs";
import { stoppedServer } from "./tests/stopped-server.mjs";
import { upgrades } from "./tests/upgrades.mjs";

export const tests = {
  L1: idleWebSockets,
  L2: idlePolling,
  L3: churn,
  L4: broadcasts,
  L5: upgrades,
  L6: attacks,
  L7: stoppedClients,
  L8: stoppedServer,
  L9: killedNodes,
  L10: lostRedis,
  L11: herd,
  L12: drain,
  L14: objects,
  evictions,
};
