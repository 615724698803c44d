/** `npm run fuzz -- [--seconds N] [--seed S] [--target NAME]`: fuzzes for a while, and keeps what fails in the corpus. */
import { parseArgs } from "node:util";
import { fuzz, keep, targets } from "./targets.ts";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "60" }, seed: { type: "string", default: "1" }, target: { type: "string" } },
});
const names = values.target === undefined ? Object.keys(targets) : [values.target];
const end = Date.now() + Number(values.seconds) * 1_000;
let seed = Number(values.seed);
let failures = 0;

for (; Date.now() < end && failures === 0; seed++) {
  for (const name of names) {
    const runs = name === "surface" ? 200 : 1_000;
    const found = await fuzz(name, { seed, runs });
    if (found === undefined) continue;
    failures += 1;
    console.log(`${name}, seed ${seed}: ${String(found.error)}\nkept in ${keep({ target: name, input: found.input })}`);
  }
}
console.log(`${seed - Number(values.seed)} rounds, ${failures} failures`);
process.exit(failures === 0 ? 0 : 1);
