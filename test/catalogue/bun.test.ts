import { differences } from "./differences.ts";
import { runIn } from "./elsewhere.ts";
import { describeReplay } from "./replayed.ts";

describeReplay("Bun", differences.bun, (differing) => runIn("bun", differing));
