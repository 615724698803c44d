import { Line } from "../network/line.ts";
import type { Site } from "../network/site.ts";
import { Random } from "../random.ts";
import type { ClientPlan } from "../scenario.ts";
import type { World } from "../world.ts";
import type { Client } from "./client.ts";
import { ReleasedClient } from "./released-client.ts";
import { SocketClient } from "./socket-client.ts";

/** What all clients of a run share. */
export interface Place {
  readonly world: World;
  readonly seed: number;
  readonly site: Site;
  nextItem(): number;
}

/** A client as it is planned, on a line of its own, and on its way to the server. */
export function createClient(number: number, plan: ClientPlan, place: Place): Client {
  const line = new Line(place.world, new Random(place.seed, `line ${number}`), plan.quality);
  line.retriesPosts = plan.retriesPosts;
  line.stripsUpgrades = plan.stripsUpgrades;
  line.idleCut = plan.idleCut ?? Infinity;
  const client = plan.released === true ? new ReleasedClient(number, line, plan.manners, place) : createModel(number, line, plan, place);
  client.greetings = plan.greetings;
  for (const nsp of plan.wants) client.wants.add(nsp);
  client.connect();
  return client;
}

function createModel(number: number, line: Line, { manners, hostile }: ClientPlan, { site, nextItem }: Place): SocketClient {
  const client = new SocketClient(number, line, site, manners, nextItem);
  client.isHostile = hostile;
  return client;
}
