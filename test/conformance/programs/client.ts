/**
 * The scenarios in which all is said by released clients, with those clients on the runtime that runs this program.
 *
 * Its last argument is what it is to do, as JSON; it prints what came of it.
 */
import { NodeWebSocket, NodeXHR } from "socket.io-client";
import process from "node:process";
import type { Profile } from "../app.ts";
import { runsOf, type Way, WAYS } from "../feature.ts";
import { features } from "../features.ts";
import type { Host } from "../host.ts";
import { holdUpgrades } from "../hosts/hold-upgrades.ts";
import { latest } from "../libraries.ts";
import { Stage } from "../stage.ts";

export interface Task {
  readonly host: Pick<Host, "name" | "binary" | "lacks">;
  readonly urls: Readonly<Record<Profile, string>>;
}

export interface Outcome {
  readonly passed: readonly string[];
  readonly failed: readonly { readonly name: string; readonly error: string }[];
  /** Scenarios that need more than clients of a server that is there. */
  readonly aside: readonly string[];
}

/** What the client takes by itself there; with its classes for browsers, its build for Node cannot read bytes. */
const transports = { polling: NodeXHR, websocket: NodeWebSocket };

const { host, urls } = JSON.parse(process.argv.at(-1)!) as Task;

const passed: string[] = [];
const failed: { name: string; error: string }[] = [];
const aside: string[] = [];
for (const way of WAYS) await play(way);
// Clients of old versions leave timers behind that would keep the process.
process.stdout.write(JSON.stringify({ passed, failed, aside } satisfies Outcome), () => process.exit());

/** Every scenario that this way has, one after the other. */
async function play(only: Way): Promise<void> {
  for (const feature of features) {
    let asksForMore = false;
    const refuse = async (): Promise<never> => {
      asksForMore = true;
      throw new Error("clients cannot do that");
    };
    const network = { ...transports, fetch: refuse, dial: refuse, holdUpgrades };
    const cast = { host: { ...host, network, start: refuse }, library: latest, manner: "awake" } as const;
    for (const { way, name, scenario } of runsOf(cast, feature)) {
      if (way !== only) continue;
      asksForMore = false;
      const title = `${way}: ${feature.name}: ${name}`;
      const stage = new Stage(cast, way, { url: urls[feature.profile ?? "plain"], stop: refuse, evict: refuse });
      const failure = await scenario(stage).then(() => undefined, (error: Error) => String(error.stack));
      if (asksForMore) aside.push(title);
      else if (failure === undefined) passed.push(title);
      else failed.push({ name: title, error: failure });
      await stage.end();
    }
  }
}
