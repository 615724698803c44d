/** The suite with earlier clients: released versions before the latest. */
import type { Run } from "./feature.ts";
import type { Host } from "./host.ts";
import { earlier } from "./libraries.ts";
import { play } from "./suite.ts";

const everyWay = process.env["CONFORMANCE_WAYS"] === "all";

/** Each client takes one way, or, with `CONFORMANCE_WAYS=all` in the environment, every one. */
export function defineEarlierClients(host: Host): void {
  const seed = [...host.name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
  for (const [index, library] of earlier.entries()) {
    const cast = { host, library, manner: "awake" } as const;
    let turn = seed + index;
    play(`${host.name}, client ${library.version}`, cast, (runs) => (everyWay ? runs : takeTurns(runs, (turn += 1))));
  }
}

/** Of each scenario one way; the next scenario has the next. */
function takeTurns(runs: readonly Run[], turn: number): readonly Run[] {
  const names = [...new Set(runs.map(({ name }) => name))];
  return names.map((name, index) => {
    const possible = runs.filter((run) => run.name === name);
    return possible[(turn + index) % possible.length]!;
  });
}
