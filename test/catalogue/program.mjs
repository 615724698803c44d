/** The catalogue inside Bun or Deno. Prints one line of JSON for each row. */
import process from "node:process";
import { loadRows } from "./rows.ts";
import { runAll } from "./runner.mjs";

await loadRows();
await runAll(JSON.parse(process.argv.at(-1)), (outcome) => process.stdout.write(`${JSON.stringify(outcome)}\n`));
process.exit(0);
